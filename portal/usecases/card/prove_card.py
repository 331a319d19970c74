"""Proving oneself with a certificate card: what it is asked to sign, and the look at what it signed."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from portal.domain.actor import Circumstance
from portal.domain.audit import EventType
from portal.domain.card_challenge import CHALLENGE_LIFE, CardChallenge, CardPurpose
from portal.domain.certificate import CardRefusal, PresentedCertificate, refusal
from portal.domain.counter import CHALLENGES_BY_ADDRESS
from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem
from portal.proofs.card.challenge import make_challenge, read_challenge
from portal.proofs.card.gate import CardAnswer
from portal.proofs.card.verify import verify
from portal.store.audit_events import record
from portal.store.card_challenges import challenge_by_nonce, keep_challenge, use_challenge
from portal.store.counters import counter_key, take
from portal.store.database import write
from portal.usecases.card.trust_authorities import trusted


@dataclass(frozen=True)
class SignedChallenge:
    """What the page sends: the text that was asked, and the component's answer to it."""

    challenge: str
    answer: CardAnswer


def ask_card(system: InformationSystem, purpose: CardPurpose, browser: str, at: Circumstance) -> str:
    """A challenge for one signature, good for two minutes, in this browser (`browser`: its secret) only."""
    nonce = secrets.token_urlsafe(32)
    account_id = at.actor.account_id if at.actor else None
    account = at.actor.public_id if at.actor else None
    expires = at.now + CHALLENGE_LIFE
    text = make_challenge(
        at.settings.public_origin, purpose.value, browser_hash(browser), account, nonce, expires
    )
    by_address = counter_key(CHALLENGES_BY_ADDRESS, at.address)
    with write() as session:
        if not take(session, CHALLENGES_BY_ADDRESS, by_address, at.now):
            raise Refusal("這個網路位址的讀卡次數太多，請幾分鐘後再試。", status=429, code="card-challenges")
        keep_challenge(
            session,
            CardChallenge(
                nonce=nonce,
                text=text,
                purpose=purpose,
                system=system.key,
                session_hash=browser_hash(browser),
                account_id=account_id,
                expires_at=expires,
            ),
        )
    return text


def read_card(
    system: InformationSystem, purpose: CardPurpose, signed: SignedChallenge, browser: str, at: Circumstance
) -> PresentedCertificate:
    """The certificate whose card signed our challenge just now; raises `Refusal`.

    The challenge is used up before the signature is looked at. Every refusal is written to the audit
    trail with its own code; the person sees one sentence that says what to do.
    """
    try:
        _spend(system, purpose, signed.challenge, browser, at)
        trust = trusted(at.settings)
        certificate = verify(
            signed.answer, signed.challenge.encode(), trust.authorities, trust.revocation, at.now
        )
        if certificate.holder.profile.value not in system.card.profiles:
            raise refusal(CardRefusal.CARD_KIND)
    except Refusal as refused:
        with write() as session:
            record(
                session, EventType.CARD_REFUSED, at, target=system.key, outcome="refused", code=refused.code
            )
        raise
    return certificate


def check_card(
    system: InformationSystem, signed: SignedChallenge, browser: str, at: Circumstance
) -> PresentedCertificate:
    """讀卡環境檢測: the whole look at a card, for nothing but to show that it works; raises `Refusal`."""
    certificate = read_card(system, CardPurpose.CHECK, signed, browser, at)
    with write() as session:
        record(session, EventType.CARD_CHECKED, at, target=system.key, card=certificate.fingerprint)
    return certificate


def _spend(
    system: InformationSystem, purpose: CardPurpose, text: str, browser: str, at: Circumstance
) -> None:
    asked = read_challenge(text)
    with write() as session:
        kept = challenge_by_nonce(session, asked.nonce)
        if kept is None or kept.text != text:
            raise refusal(CardRefusal.CHALLENGE_MALFORMED)
        if kept.session_hash != browser_hash(browser):
            raise refusal(CardRefusal.CHALLENGE_OTHER_SESSION)
        if kept.purpose is not purpose or kept.system != system.key:
            raise refusal(CardRefusal.CHALLENGE_OTHER_PURPOSE)
        if kept.account_id != (at.actor.account_id if at.actor else None):
            raise refusal(CardRefusal.CHALLENGE_OTHER_ACCOUNT)
        spent = not use_challenge(session, kept.nonce, at.now)
        late = kept.expires_at <= at.now
    if spent:
        raise refusal(CardRefusal.CHALLENGE_SPENT)
    if late:
        raise refusal(CardRefusal.CHALLENGE_EXPIRED)


def browser_hash(browser: str) -> str:
    """How the database knows a browser: by a digest of its secret."""
    return hashlib.sha256(b"card browser " + browser.encode()).hexdigest()
