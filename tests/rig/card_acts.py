"""What people with cards do, as calls of use-cases. The authorities are those of `tree`, the time is NOON."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography import x509
from flask import Flask
from sqlalchemy import select

from portal.domain.actor import Circumstance
from portal.domain.audit import AuditEvent, EventType
from portal.domain.card_challenge import CardChallenge, CardPurpose
from portal.domain.certificate import CardHolder, CardProfile, PresentedCertificate
from portal.domain.certificate_binding import CertificateBinding
from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem
from portal.proofs.card.challenge import read_challenge
from portal.proofs.card.crl import take_crl
from portal.proofs.card.demo_authority import make_crl
from portal.proofs.card.gate import CardAnswer
from portal.store.database import read
from portal.usecases.card.bind_certificate import bind_certificate
from portal.usecases.card.prove_card import SignedChallenge, ask_card
from portal.usecases.card.sign_in_with_card import sign_in_with_card
from portal.usecases.card.trust_authorities import trusted
from portal.usecases.entry.sign_in import SignedIn
from tests.rig.acts import HWMS, acting, letters_to, more_rows, row_counts
from tests.rig.authority import NOON, Tree
from tests.rig.card_answers import Card, pkcs1, pkcs7
from tests.rig.people import Person, circumstance
from tests.rig.refusals import refusal_of

BROWSER: Final = "the secret of a browser"
NUMBER: Final = "AB12345678901234"


@pytest.fixture(scope="session")
def tree_authorities(tree: Tree, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that an operator keeps, for `AUTHORITIES_PATH`."""
    return tree.write(tmp_path_factory.mktemp("kept-authorities"))


@pytest.fixture
def tree_app(make_app: Callable[..., Flask], tree_authorities: Path) -> Flask:
    """A portal that trusts `tree`, its lists taken in at NOON."""
    from portal.usecases.card.trust_authorities import refresh_revocation_lists

    demonstration: dict[str, Any] = {"PORTAL_DEMO": True, "PUBLIC_ORIGIN": "http://127.0.0.1:8000"}
    app = make_app(AUTHORITIES_PATH=str(tree_authorities), **demonstration)
    refresh_revocation_lists(app.extensions["portal-settings"], NOON)
    return app


@pytest.fixture
def ready_cards(monkeypatch: pytest.MonkeyPatch, demonstration_cards: Path) -> Callable[..., None]:
    """The demonstration's folder is copied instead of made: keys are slow. Returns what copies it."""
    from portal.usecases.card import trust_authorities

    def copied(folder: Path, _: datetime) -> None:
        for part in ("cards", "authorities"):
            shutil.copytree(demonstration_cards / part, folder / part, dirs_exist_ok=True)

    monkeypatch.setattr(trust_authorities, "write_demonstration", copied)
    return copied


def sign(card: Card, challenge: str, bare: bool = False, number: str | None = NUMBER) -> SignedChallenge:
    """What the page sends when the card has signed this challenge."""
    content = challenge.encode()
    return sent(challenge, pkcs1(card, content) if bare else pkcs7(card, content, card_number=number))


def sent(challenge: str, answer: CardAnswer) -> SignedChallenge:
    """An answer as the page's form holds it."""
    signature, certificate = (
        base64.b64encode(part or b"").decode() for part in (answer.signature, answer.certificate)
    )
    return SignedChallenge(challenge, answer.shape, signature, certificate)


def asked(
    card: Card,
    purpose: CardPurpose,
    at: Circumstance,
    browser: str = BROWSER,
    system: InformationSystem = HWMS,
    **how: Any,
) -> SignedChallenge:
    """A challenge, and the card's signature on it."""
    return sign(card, ask_card(system, purpose, browser, at), **how)


def enter(card: Card, at: Circumstance, system: InformationSystem = HWMS, **how: Any) -> SignedIn:
    """Sign in with a card."""
    signed = asked(card, CardPurpose.SIGN_IN, at, system=system, **how)
    opened = sign_in_with_card(system, signed, BROWSER, at)
    assert isinstance(opened, SignedIn)
    return opened


def add(card: Card, at: Circumstance, system: InformationSystem = HWMS, **how: Any) -> PresentedCertificate:
    """Add a card to the account of whoever acts."""
    return bind_certificate(system, asked(card, CardPurpose.BIND, at, system=system, **how), BROWSER, at)


def add_for(app: Flask, person: Person, card: Card, now: datetime = NOON) -> Circumstance:
    """Somebody signs in with the password and adds a card; returns their circumstance."""
    at = acting(app, person, now)
    add(card, at)
    return at


def later(app: Flask, at: Circumstance, now: datetime) -> Circumstance:
    """The same person in the same session at another time."""
    return circumstance(app, now, actor=at.actor)


def events(kind: EventType) -> list[AuditEvent]:
    """What was written down of a kind, oldest first."""
    session = read()
    session.rollback()
    return list(session.scalars(select(AuditEvent).where(AuditEvent.type == kind).order_by(AuditEvent.id)))


def kept(challenge: str) -> CardChallenge:
    """The row behind a challenge, as it is now."""
    session = read()
    session.rollback()
    return session.get_one(CardChallenge, read_challenge(challenge).nonce, populate_existing=True)


def all_bindings() -> list[CertificateBinding]:
    """Every binding there ever was, as it is now."""
    session = read()
    session.rollback()
    query = select(CertificateBinding).order_by(CertificateBinding.id)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def presented(serial: str = "7b", key: str = "a" * 64, **holder: Any) -> PresentedCertificate:
    """A certificate as the verifier tells of it, for tests of what comes after."""
    usual: dict[str, Any] = {
        "profile": CardProfile.MOICA,
        "name": "王小明",
        "last_four": "6789",
        "subject_serial": "1234567890123456",
        "ubn": None,
        "subject_class": None,
        "rank": None,
    }
    return PresentedCertificate(
        issuer_key_id="f" * 40,
        serial=serial,
        fingerprint=serial.rjust(64, "0"),
        spki_hash=key,
        not_before=NOON,
        not_after=NOON.replace(year=NOON.year + 5),
        card_number=NUMBER,
        holder=CardHolder(**{**usual, **holder}),
        status_source="crl",
    )


def revoke(app: Flask, tree: Tree, card: Card, on_hold: bool = False) -> None:
    """Its authority takes a card back, and the portal's lists know it at once."""
    settings = app.extensions["portal-settings"]
    issuer = trusted(settings).authorities.issuer_of(tree.moica.key_id)
    assert issuer
    reason = x509.ReasonFlags.certificate_hold if on_hold else x509.ReasonFlags.key_compromise
    crl = make_crl(tree.moica, {card.certificate.serial_number: reason}, NOON, number=2)
    assert take_crl(crl, issuer, settings.instance / "revocation", NOON)[1] == "kept"


def unbindings_told(address: str) -> tuple[int, int]:
    """How many cards were unbound because an account ended, and how many letters say so to this address."""
    reasons = [event.details["reason"] for event in events(EventType.CERTIFICATE_UNBOUND)]
    told = [letter.context["account_ended"] for letter in letters_to(address, "certificate-unbound")]
    return reasons.count("account-ended"), told.count(True)


def turned_away(card: Card, at: Circumstance, system: InformationSystem = HWMS) -> Refusal:
    """The refusal; it is written down once, with its code, and opens nothing."""
    signed = asked(card, CardPurpose.SIGN_IN, at, system=system)
    before, told = row_counts(), len(events(EventType.CARD_REFUSED))
    refusal = refusal_of(sign_in_with_card, system, signed, BROWSER, at)
    added = more_rows(before)
    assert added.pop("counter", 0) <= 2, "of the card, and of the address"
    assert added == {"audit_event": 1}
    event = events(EventType.CARD_REFUSED)[told]
    assert (event.details["code"], event.outcome, event.target) == (refusal.code, "refused", system.key)
    assert refusal.code
    assert refusal.code not in refusal.sentence
    return refusal
