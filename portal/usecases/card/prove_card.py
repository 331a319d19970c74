"""Proving oneself with a certificate card: what it is asked to sign, and the look at what it signed."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy.orm import Session

from portal.domain.actor import Circumstance
from portal.domain.audit import EventType
from portal.domain.card_challenge import CHALLENGE_LIFE, CardChallenge, CardPurpose
from portal.domain.certificate import CardRefusal, PresentedCertificate, refusal
from portal.domain.counter import (
    CARD_FAILURES,
    CARD_FAILURES_BY_ACCOUNT,
    CARD_FAILURES_BY_ADDRESS,
    CHALLENGES_BY_ADDRESS,
    Limit,
)
from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem
from portal.proofs.card.challenge import make_challenge, read_challenge
from portal.proofs.card.gate import read_answer
from portal.proofs.card.verify import fingerprint_of, judge, open_signed
from portal.store.audit_events import record
from portal.store.card_challenges import challenge_by_nonce, keep_challenge, use_challenge
from portal.store.counters import counter_key, left, take
from portal.store.database import read, write
from portal.usecases.card.trust_authorities import trusted

CLOSED: Final = (
    "憑證卡片未通過的次數太多，請 15 分鐘後再試。卡片沒有因此鎖住，已經綁定的憑證也不受影響；"
    "仍然無法使用時，請洽系統服務台。"
)


@dataclass(frozen=True)
class SignedChallenge:
    """What the page sends, as it came: the text that was asked, and the component's answer in base64."""

    challenge: str
    shape: str
    signature: str
    certificate: str = ""


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

    The challenge is used up before the answer is looked at. Every refusal is written to the audit
    trail with its own code; the person sees one sentence that says what to do.
    """
    told: dict[str, str] = {}
    try:
        return _read(system, purpose, signed, browser, at, told)
    except Refusal as refused:
        with write() as session:
            turn_away(session, system, refused, told, at, counts=purpose is not CardPurpose.CHECK)
        raise


def turn_away(
    session: Session,
    system: InformationSystem,
    refused: Refusal,
    told: dict[str, str],
    at: Circumstance,
    target: str = "",
    counts: bool = True,
) -> None:
    """Write down that a card was refused, and count it against the card and whoever held it.

    What nobody could check is nobody's failure. `told`: what is known of the proof so far.
    """
    closed = refused.code == "card-closed"
    kind = EventType.SIGN_IN_CLOSED if closed else EventType.CARD_REFUSED
    record(session, kind, at, target=target or system.key, outcome="refused", code=refused.code, **told)
    if counts and not closed and not (refused.code or "").startswith("status-"):
        for limit, key in _counters(system, told, at):
            take(session, limit, key, at.now)


def _read(
    system: InformationSystem,
    purpose: CardPurpose,
    signed: SignedChallenge,
    browser: str,
    at: Circumstance,
    told: dict[str, str],
) -> PresentedCertificate:
    """As `read_card`; puts into `told` what is known of the proof, step by step."""
    counted = purpose is not CardPurpose.CHECK
    if counted:
        _demand_open(system, told, at)
    _spend(system, purpose, signed.challenge, browser, at, told)
    answer = read_answer(signed.shape, signed.signature, signed.certificate)
    opened = open_signed(answer, signed.challenge.encode())
    told["card"] = fingerprint_of(opened.certificate)  # it signed: from here on the card answers for itself
    if counted:
        _demand_open(system, told, at)
    trust = trusted(at.settings)
    certificate = judge(opened, trust.authorities, trust.revocation, at.now)
    told["holder"] = certificate.holder.name
    if certificate.holder.profile.value not in system.card.profiles:
        raise refusal(CardRefusal.CARD_KIND)
    return replace(certificate, challenge=told["challenge"])


def _demand_open(system: InformationSystem, told: dict[str, str], at: Circumstance) -> None:
    """Nothing is guessed with a card, so a few in parallel may slip between this look and the count."""
    session = read()
    closed = any(left(session, limit, key, at.now) == 0 for limit, key in _counters(system, told, at))
    session.rollback()
    if closed:
        raise Refusal(CLOSED, status=429, code="card-closed")


def _counters(
    system: InformationSystem, told: dict[str, str], at: Circumstance
) -> Iterator[tuple[Limit, str]]:
    """Who is signed in counts by account, anybody else by address; a card by itself once it has signed."""
    if at.actor:
        yield CARD_FAILURES_BY_ACCOUNT, counter_key(CARD_FAILURES_BY_ACCOUNT, at.actor.public_id)
    else:
        yield CARD_FAILURES_BY_ADDRESS, counter_key(CARD_FAILURES_BY_ADDRESS, at.address)
    if "card" in told:
        yield CARD_FAILURES, counter_key(CARD_FAILURES, system.key, told["card"])


def check_card(
    system: InformationSystem, signed: SignedChallenge, browser: str, at: Circumstance
) -> PresentedCertificate:
    """讀卡環境檢測: the whole look at a card, for nothing but to show that it works; raises `Refusal`."""
    certificate = read_card(system, CardPurpose.CHECK, signed, browser, at)
    with write() as session:
        record(session, EventType.CARD_CHECKED, at, target=system.key, **certificate.told)
    return certificate


def _spend(
    system: InformationSystem,
    purpose: CardPurpose,
    text: str,
    browser: str,
    at: Circumstance,
    told: dict[str, str],
) -> None:
    asked = read_challenge(text)
    with write() as session:
        kept = challenge_by_nonce(session, asked.nonce)
        if kept is None or kept.text != text:
            raise refusal(CardRefusal.CHALLENGE_MALFORMED)
        told["challenge"] = kept.nonce
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
