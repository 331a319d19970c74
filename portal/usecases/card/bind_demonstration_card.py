"""A demonstration card bound to its account, through the same checks that any card goes through."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from portal.domain.account import Account
from portal.domain.actor import Actor, Circumstance
from portal.domain.card_challenge import CardPurpose
from portal.domain.permission import ROLES
from portal.domain.system import InformationSystem
from portal.store.certificate_bindings import bindings_of
from portal.store.database import read
from portal.usecases.card.bind_certificate import bind_certificate
from portal.usecases.card.prove_card import SignedChallenge, ask_card

BROWSER = "the demonstration"


def bind_demonstration_card(
    system: InformationSystem, account: Account, card: Path, at: Circumstance
) -> None:
    """Let the card of this folder sign a challenge and bind it, as its holder would from 自然人憑證管理.

    Does nothing where it is bound already.
    """
    certificate = x509.load_pem_x509_certificate((card / "certificate.pem").read_bytes())
    fingerprint = certificate.fingerprint(hashes.SHA256()).hex()
    if fingerprint in {bound.fingerprint for bound in bindings_of(read(), account.id)}:
        return
    holder = Actor(
        account_id=account.id,
        public_id=account.public_id,
        system=account.system,
        kind=account.kind,
        name=account.name,
        holder_name=account.holder_name,
        unit_id=account.unit_id,
        unit_path=account.unit_path,
        permissions=ROLES[None],
        every_system=False,
        session_hash="",
        session_started_at=at.now,
    )
    at = replace(at, actor=holder)
    challenge = ask_card(system, CardPurpose.BIND, BROWSER, at)
    bind_certificate(system, _signed(card, challenge), BROWSER, at)


def _signed(card: Path, challenge: str) -> SignedChallenge:
    key = serialization.load_pem_private_key((card / "key.pem").read_bytes(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("demonstration cards hold RSA keys")
    signature = key.sign(challenge.encode(), padding.PKCS1v15(), hashes.SHA256())
    certificate = x509.load_pem_x509_certificate((card / "certificate.pem").read_bytes())
    parts = (signature, certificate.public_bytes(serialization.Encoding.DER))
    return SignedChallenge(challenge, "pkcs1", *(base64.b64encode(part).decode() for part in parts))
