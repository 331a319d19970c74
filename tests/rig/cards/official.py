"""A double of the official component, written from its description alone: it shares no code with the bridge.

It answers at `/popupForm`, `/pkcs11info` and `/sign` as sections 1.2 to 1.6 of the protocol say: any page may open the
popup (unless `allowed` names some), the page's PIN is used as it comes, form bodies are decoded as Node.js does it.
What the description leaves open (words of messages, order of fields) is the double's own.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from asn1crypto import cms, core, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from tests.rig.cards.issued import Issued
from tests.rig.cards.official_popup import POPUP

VERSION = "1.3.4.103328"
HASHES = {"SHA256": hashes.SHA256(), "SHA384": hashes.SHA384(), "SHA512": hashes.SHA512()}


@dataclass
class OfficialCard:
    """A card in one of the double's readers."""

    signing: Issued | None
    encryption: Issued | None = None
    pin: str = "123456"
    number: str = "TP00000000000001"
    tries_left: int = 3


@dataclass
class Official:
    """The double's state: readers by name, each with a card, "unknown token", or None."""

    url: str = ""
    readers: dict[str, OfficialCard | str | None] = field(default_factory=dict)
    allowed: tuple[str, ...] | None = None
    requests: list[str] = field(default_factory=list)

    def info(self, with_certificates: bool) -> dict[str, Any]:
        if not self.readers:
            return {"func": "pkcs11info", "ret_code": 0x76100003, "last_error": 0, "serverVersion": VERSION}
        return {
            "func": "pkcs11info", "ret_code": 0, "last_error": 0, "serverVersion": VERSION, "version": VERSION,
            "libraryVersion": "1.3", "libraryDescription": "HiCOS PKCS#11", "cryptokiVersion": "2.20",
            "slots": [
                {"slotID": number, "slotDescription": name, "flags": 7, "hardwareVersion": "1.0",
                 "firmwareVersion": "1.0", "manufacturerID": "",
                 "token": _token(card, with_certificates) if isinstance(card, OfficialCard) else card}
                for number, (name, card) in enumerate(self.readers.items())
            ],
        }  # fmt: skip

    def sign(self, package: dict[str, str]) -> dict[str, Any]:
        ret_code, last_error, found = self._sign(package)
        told = {"func": "sign", "ret_code": ret_code, "last_error": last_error, "message": "", "message2": ""}
        return {**told, "version": VERSION, **found}

    def _sign(self, package: dict[str, str]) -> tuple[int, int, dict[str, str]]:
        if not self.readers:
            return 0x76100003, 0, {}
        wanted = package.get("slotDescription")
        card = self.readers.get(wanted) if wanted else next(filter(None, self.readers.values()), None)
        if not isinstance(card, OfficialCard):
            return (0x76100005 if card else 0x76000006), 0, {}
        if not package.get("pin"):
            return 0x76000998, 0, {}
        if wrong := _login(card, package["pin"]):
            return 0x76100006, wrong, {}
        if card.signing is None:
            return 0x7610000C, 0, {}
        algorithm = package.get("hashAlgorithm") or "SHA256"
        tbs = package.get("tbs", "").encode()
        if package.get("tbsEncoding") == "base64":
            tbs = base64.b64decode(tbs)
        if package.get("signatureType") == "PKCS1":
            signature = _raw(card.signing, tbs, algorithm)
        else:
            signature = _cms(card, card.signing, tbs, algorithm, package)
        return 0, 0, {
            "signature": base64.b64encode(signature).decode(),
            "certb64": base64.b64encode(card.signing.der).decode(),
            "cardSN": card.number,
        }  # fmt: skip


@contextmanager
def running_official() -> Iterator[Official]:
    """The double on a free port of this process."""
    state = Official()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            if address.path == "/popupForm":
                self._tell(POPUP.replace("@allowed@", json.dumps(state.allowed)), "text/html; charset=utf-8")
            elif address.path == "/pkcs11info":
                self._tell(json.dumps(state.info("withcert=true" in address.query)), "application/json")
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            state.requests.append(body)
            if urlsplit(self.path).path == "/sign":
                package = json.loads(parse_qs(body, keep_blank_values=True)["tbsPackage"][0])
                self._tell(json.dumps(state.sign(package)), "application/json")
            else:
                self.do_GET()

        def _tell(self, text: str, kind: str) -> None:
            octets = text.encode()
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(octets)))
            self.end_headers()
            self.wfile.write(octets)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://localhost:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield state
        server.shutdown()


def _login(card: OfficialCard, pin: str) -> int:
    """0, or the return value of the module (protocol 1.6)."""
    if card.tries_left == 0:
        return 0xA4
    if not 4 <= len(pin.encode()) <= 16:
        return 0xA2
    card.tries_left = 3 if pin == card.pin else card.tries_left - 1
    return 0 if pin == card.pin else {2: -2147483646, 1: -2147483647, 0: 0xA4}[card.tries_left]


def _token(card: OfficialCard, with_certificates: bool) -> dict[str, Any]:
    held = {"cert1": card.signing, "cert2": card.encryption} if with_certificates else {}
    return {
        "serialNumber": card.number, "label": "MOICA", "model": "", "ulMinPinLen": 4, "ulMaxPinLen": 16, "keys": [],
        "certs": [_certificate(label, issued) for label, issued in held.items() if issued],
    }  # fmt: skip


def _certificate(label: str, issued: Issued) -> dict[str, Any]:
    certificate = issued.certificate
    after = certificate.not_valid_after_utc
    return {
        "certb64": base64.b64encode(issued.der).decode(), "id": label, "label": label,
        "sn": f"{certificate.serial_number:X}", "subjectDN": certificate.subject.rfc4514_string(),
        "subjectCN": "王小明", "issuerDN": certificate.issuer.rfc4514_string(),
        "notAfter": f"{after:%y%m%d%H%M%SZ}", "notAfterT": int(after.timestamp()),
        "usage": "digitalSignature" if label == "cert1" else "keyEncipherment|dataEncipherment",
    }  # fmt: skip


def _raw(issued: Issued, data: bytes, algorithm: str) -> bytes:
    if isinstance(issued.key, rsa.RSAPrivateKey):
        return issued.key.sign(data, padding.PKCS1v15(), HASHES[algorithm])
    return issued.key.sign(data, ec.ECDSA(HASHES[algorithm]))


def _cms(card: OfficialCard, issued: Issued, tbs: bytes, algorithm: str, package: dict[str, str]) -> bytes:
    name, parsed = algorithm.lower(), x509.Certificate.load(issued.der)
    attributes: list[dict[str, Any]] = [
        {"type": "content_type", "values": ["data"]},
        {
            "type": "signing_time",
            "values": [cms.Time({"utc_time": datetime.now(UTC).replace(microsecond=0)})],
        },
        {"type": "message_digest", "values": [hashlib.new(name, tbs).digest()]},
    ]
    if package.get("withCardSN") == "true":
        attributes.append(
            {"type": "2.16.886.1.100.2.204", "values": [core.Any(core.UTF8String(card.number))]}
        )
    if nonce := package.get("nonce"):
        octets = core.OctetString(bytes.fromhex(nonce))
        attributes.append({"type": "1.2.840.113549.1.9.25.3", "values": [core.Any(octets)]})
    signed = cms.CMSAttributes(attributes)
    signer = {
        "version": "v1",
        "sid": cms.SignerIdentifier(
            "issuer_and_serial_number", {"issuer": parsed.issuer, "serial_number": parsed.serial_number}
        ),
        "digest_algorithm": {"algorithm": name},
        "signed_attrs": signed,
        "signature_algorithm": {"algorithm": "rsassa_pkcs1v15"},
        "signature": _raw(issued, signed.dump(), algorithm),
    }
    content = {
        "version": "v1",
        "digest_algorithms": [{"algorithm": name}],
        "encap_content_info": {"content_type": "data", "content": tbs},
        "certificates": [parsed],
        "signer_infos": [signer],
    }
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": content}).dump())
