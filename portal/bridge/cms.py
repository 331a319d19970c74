"""The signature as the official component shapes it (protocol 1.5): CMS SignedData, content attached, leaf only."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from asn1crypto import algos, cms, core

from portal.bridge.certificates import Certificate

CARD_NUMBER: Final = "2.16.886.1.100.2.204"
NONCE: Final = "1.2.840.113549.1.9.25.3"


@dataclass(frozen=True, slots=True)
class SignedParts:
    """What goes under the signature; `card_number` and `nonce` only when the page asked for them."""

    content: bytes
    signing_time: datetime
    hash_name: str = "sha256"
    card_number: str | None = None
    nonce: bytes | None = None


def signed_data(parts: SignedParts, certificate: Certificate, sign: Callable[[bytes], bytes]) -> bytes:
    """DER of the whole; `sign` signs the bytes it is given with the certificate's key and `parts.hash_name`."""
    attributes = _attributes(parts)
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number",
                {"issuer": certificate.parsed.issuer, "serial_number": certificate.parsed.serial_number},
            ),
            "digest_algorithm": {"algorithm": parts.hash_name},
            "signed_attrs": attributes,
            "signature_algorithm": _signature_algorithm(certificate, parts.hash_name),
            "signature": sign(attributes.dump()),
        }
    )
    content = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [{"algorithm": parts.hash_name}],
            "encap_content_info": {"content_type": "data", "content": parts.content},
            "certificates": [certificate.parsed],
            "signer_infos": [signer],
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": content}).dump())


def _attributes(parts: SignedParts) -> Any:
    digest = hashlib.new(parts.hash_name, parts.content).digest()
    moment = cms.Time({"utc_time": parts.signing_time.replace(microsecond=0)})
    found: list[Any] = [
        {"type": "content_type", "values": ["data"]},
        {"type": "signing_time", "values": [moment]},
        {"type": "message_digest", "values": [digest]},
    ]
    if parts.card_number is not None:
        found.append({"type": CARD_NUMBER, "values": [core.Any(core.UTF8String(parts.card_number))]})
    if parts.nonce is not None:
        found.append({"type": NONCE, "values": [core.Any(core.OctetString(parts.nonce))]})
    return cms.CMSAttributes(found)


def _signature_algorithm(certificate: Certificate, hash_name: str) -> Any:
    if certificate.public_key_kind == "ec":
        return algos.SignedDigestAlgorithm({"algorithm": f"{hash_name}_ecdsa"})
    return algos.SignedDigestAlgorithm({"algorithm": "rsassa_pkcs1v15", "parameters": core.Null()})
