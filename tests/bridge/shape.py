"""Reads what a component signed, and insists on the shape of protocol 1.5."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

from asn1crypto import cms
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import load_der_x509_certificate

HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}


@dataclass(frozen=True)
class Opened:
    """A signature that holds."""

    content: bytes
    certificate: bytes
    hash_name: str
    attributes: dict[str, Any]


def opened(answer: dict[str, Any]) -> Opened:
    """Everything about a PKCS7 answer, verified."""
    assert answer["ret_code"] == 0, answer
    text = base64.b64decode(answer["signature"], validate=True)
    info = cms.ContentInfo.load(text, strict=True)
    assert info["content_type"].native == "signed_data"
    signed = info["content"]
    (signer,), (enclosed,) = signed["signer_infos"], signed["certificates"]
    certificate = enclosed.chosen
    assert base64.b64decode(answer["certb64"]) == certificate.dump(), "only the leaf, and the one beside it"
    sid = signer["sid"]
    assert sid.name == "issuer_and_serial_number"
    assert sid.chosen["issuer"] == certificate.issuer
    assert sid.chosen["serial_number"].native == certificate.serial_number
    attributes = signer["signed_attrs"]
    told = {each["type"].dotted: each["values"] for each in attributes}
    assert len(told) == len(attributes)
    hash_name = signer["digest_algorithm"]["algorithm"].native
    content = signed["encap_content_info"]["content"].native
    named = {each["type"].native: each["values"][0].native for each in attributes}
    assert named["content_type"] == "data"
    assert named["message_digest"] == hashlib.new(hash_name, content).digest()
    assert "signing_time" in named
    check(answer["certb64"], signer["signature"].native, attributes.untag().dump(), hash_name)
    return Opened(content, certificate.dump(), hash_name, told)


def check(certb64: str, signature: bytes, data: bytes, hash_name: str = "sha256") -> None:
    """Raises `InvalidSignature`."""
    public = load_der_x509_certificate(base64.b64decode(certb64)).public_key()
    if isinstance(public, rsa.RSAPublicKey):
        public.verify(signature, data, padding.PKCS1v15(), HASHES[hash_name])
    else:
        assert isinstance(public, ec.EllipticCurvePublicKey)
        public.verify(signature, data, ec.ECDSA(HASHES[hash_name]))
