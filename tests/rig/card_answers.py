"""What a reader component gives back, built by hand, so that every part of it can be made wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from portal.proofs.card.demo_authority import Key, tlv
from portal.proofs.card.gate import CardAnswer

CARD_NUMBER, NONCE = "2.16.886.1.100.2.204", "1.2.840.113549.1.9.25.3"


@dataclass(frozen=True)
class Card:
    """A key and its certificate."""

    key: Key
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        """The certificate."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    def sign(self, data: bytes, digest: str = "sha256") -> bytes:
        """What the card's chip does."""
        algorithm: Any = getattr(hashes, digest.upper())()
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(data, padding.PKCS1v15(), algorithm)
        return self.key.sign(data, ec.ECDSA(algorithm))


Attributes = list[tuple[str, list[Any]]]
"""Kind and values of signed attributes."""


def pkcs7(
    card: Card,
    content: bytes,
    *,
    digest: str = "sha256",
    at: datetime | None = None,
    card_number: str | None = "AB12345678901234",
    attributes: Callable[[Attributes], Attributes] = lambda told: told,
    change: Callable[[cms.SignedData], None] = lambda _: None,
    change_signer: Callable[[cms.SignerInfo], None] = lambda _: None,
    signer: Card | None = None,
) -> CardAnswer:
    """The official component's answer. `attributes` changes what is signed; the others change what is not.

    `signer` is another card whose key signs in the name of `card`.
    """
    info = _signer_info(signer or card, card, content, digest, at, card_number, attributes)
    change_signer(info)
    signed = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [{"algorithm": digest}],
            "encap_content_info": {"content_type": "data", "content": content},
            "certificates": [asn1_x509.Certificate.load(card.der)],
            "signer_infos": [info],
        }
    )
    change(signed)
    return CardAnswer("pkcs7", cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump())


def _signer_info(
    signer: Card,
    card: Card,
    content: bytes,
    digest: str,
    at: datetime | None,
    card_number: str | None,
    attributes: Callable[[Attributes], Attributes],
) -> cms.SignerInfo:
    told: Attributes = [
        ("content_type", ["data"]),
        ("message_digest", [hashlib.new(digest, content).digest()]),
    ]
    if at is not None:
        told.append(("signing_time", [cms.Time(name="utc_time", value=at)]))
    if card_number is not None:
        told.append((CARD_NUMBER, [core.PrintableString(card_number)]))
        told.append((NONCE, [core.OctetString(b"a nonce")]))
    info: dict[str, Any] = {
        "version": "v1",
        "sid": {
            "issuer_and_serial_number": {
                "issuer": asn1_x509.Name.load(card.certificate.issuer.public_bytes()),
                "serial_number": card.certificate.serial_number,
            }
        },
        "digest_algorithm": algos.DigestAlgorithm({"algorithm": digest}),
    }
    if isinstance(signer.key, rsa.RSAPrivateKey):
        info["signature_algorithm"] = {"algorithm": "rsassa_pkcs1v15"}
    else:
        info["signature_algorithm"] = {"algorithm": f"{digest}_ecdsa"}
    kinds = attributes(told)
    if kinds:
        signed = tlv(0x31, b"".join(sorted(_attribute(kind, values) for kind, values in kinds)))
        info["signed_attrs"] = cms.CMSAttributes.load(signed)
        info["signature"] = signer.sign(signed, digest)
    else:
        info["signature"] = signer.sign(content, digest)
    return cms.SignerInfo(info)


def _attribute(kind: str, values: list[Any]) -> bytes:
    if kind[0].isdigit():
        told = b"".join(value.dump() for value in values)
        return tlv(0x30, bytes(core.ObjectIdentifier(kind).dump()) + tlv(0x31, told))
    return bytes(cms.CMSAttribute({"type": kind, "values": values}).dump())


def pkcs1(card: Card, content: bytes, digest: str = "sha256") -> CardAnswer:
    """A health card's answer: a bare signature, the certificate beside it."""
    return CardAnswer("pkcs1", card.sign(content, digest), card.der)
