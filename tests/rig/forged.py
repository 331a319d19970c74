"""Certificates no builder would make: taken apart, changed, put together and signed again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from portal.proofs.card.demo_authority import SignedBy
from tests.rig.card_answers import Card


class RawCard(Card):
    """A card whose certificate is given as bytes, which no library need be able to read."""

    def __init__(self, key: Any, der: bytes, like: Card) -> None:
        super().__init__(key, like.certificate)
        object.__setattr__(self, "_der", der)

    @property
    def der(self) -> bytes:
        return self._der  # type: ignore[attr-defined, no-any-return]


def forged(card: Card, issuer: SignedBy, change: Callable[[Any], None], *, sha1: bool = False) -> Card:
    """`card` with its tbsCertificate changed and signed again by `issuer`."""
    certificate = asn1_x509.Certificate.load(card.der)
    body = certificate["tbs_certificate"]
    change(body)
    if sha1:
        body["signature"] = {"algorithm": "sha1_rsa"}
        certificate["signature_algorithm"] = {"algorithm": "sha1_rsa"}
    assert isinstance(issuer.key, rsa.RSAPrivateKey)
    digest = hashes.SHA1() if sha1 else hashes.SHA256()
    certificate["signature_value"] = issuer.key.sign(body.dump(), padding.PKCS1v15(), digest)
    return RawCard(card.key, certificate.dump(), card)
