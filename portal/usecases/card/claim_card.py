"""First card of an account (manual 5): name and last digits find candidates, a mailed code says which is meant."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy.orm import Session

from portal.domain.account import Account, AccountState
from portal.domain.actor import Circumstance
from portal.domain.application import answers_now
from portal.domain.audit import EventType
from portal.domain.card_claim import (
    CODES_BY_CLAIM,
    CardClaim,
    certificate_of,
    certificate_text,
    fits,
    new_claim_id,
    read_code,
)
from portal.domain.certificate import PresentedCertificate
from portal.domain.counter import CODES_BY_ACCOUNT, CODES_BY_ADDRESS, CODES_BY_ADDRESSEE
from portal.domain.normalisation import email_key
from portal.domain.one_time_token import OneTimeToken, TokenPurpose, code_text
from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem
from portal.mail import credential_letters
from portal.store.accounts import accounts_ending_in, locked
from portal.store.applications import open_application
from portal.store.audit_events import record
from portal.store.card_claims import claims_of, close_claim
from portal.store.counters import counter_key, left, take
from portal.store.database import read, write
from portal.store.one_time_tokens import issue_token, token_by_id, use_token
from portal.store.sealed import seal, unseal
from portal.usecases.card.bind_certificate import bind_to
from portal.usecases.card.prove_card import browser_hash, turn_away
from portal.usecases.card.trust_authorities import trusted
from portal.usecases.post_letter import post_letter
from portal.usecases.review.activate_account import signature

NOT_A_CODE: Final = "驗證碼是信中的 8 個數字，請對照信件再輸入一次。"
OVER: Final = (
    "這組驗證碼已經失效（超過 15 分鐘、已使用過，或後來又寄出新的驗證碼），請重新插卡，從頭再做一次。"
)
WORN_OUT: Final = "驗證碼輸入錯誤 5 次，為了保護帳號，這次的驗證已經結束，請重新插卡，從頭再做一次。"
TOO_MANY_LETTERS: Final = "驗證碼一小時最多寄 3 次，請先查看信箱（包括垃圾信件匣），或稍後再試。"
NO_NUMBER: Final = (
    "這張卡片沒有登載身分證號末四碼，無法和申請資料核對，不能作為第一張卡片。請改用自然人憑證；"
    "沒有自然人憑證時，請洽系統諮詢窗口。"
)


class ClaimOver(Refusal):
    """驗證結束: no code of this claim counts any more; the way on is a new signature of the card."""

    def __init__(self, sentence: str = OVER) -> None:
        super().__init__(sentence, status=410, code="claim-over")


def fitting_accounts(
    session: Session, system: InformationSystem, certificate: PresentedCertificate
) -> list[Account]:
    """Accounts that the card fits and that have not ended, oldest first."""
    last_four = certificate.holder.last_four
    found = accounts_ending_in(session, system.key, last_four) if last_four else []
    return [account for account in found if fits(account, certificate)]


def claim_card(
    session: Session,
    system: InformationSystem,
    certificate: PresentedCertificate,
    candidates: Iterable[Account],
    browser: str,
    at: Circumstance,
    claim_id: str = "",
) -> str | Refusal:
    """Mail each candidate a code of their own; returns the claim's id, for this browser alone.

    Namesakes are possible: whose code comes back, theirs is the card. A newer claim on an account makes
    the codes before it worthless. `claim_id` continues a claim, with the tries that are left of it.
    """
    claim_id = claim_id or new_claim_id()
    sealed = seal(at.settings.key("card-claims"), certificate_text(certificate))
    mailed = False
    for account in candidates:
        address = _address(session, account)
        if not _may_mail_code(session, account, address, at):
            continue
        token = issue_token(
            session, TokenPurpose.BIND_CARD, system.key, email_key(address), account.id, at.now
        )
        session.add(
            CardClaim(
                id=claim_id,
                token_id=token.id,
                account_id=account.id,
                system=system.key,
                browser_hash=browser_hash(browser),
                sealed_certificate=sealed,
                expires_at=token.expires_at,
            )
        )
        record(session, EventType.CARD_CLAIMED, at, target=signature(account), **certificate.told)
        post_letter(session, credential_letters.card_code(system, address, account, token), at, account)
        mailed = True
    return claim_id if mailed else Refusal(TOO_MANY_LETTERS, status=429, code="claim-letters")


def look_at_claim(system: InformationSystem, claim_id: str, browser: str, at: Circumstance) -> None:
    """Whether there is a code to wait for; raises `ClaimOver`."""
    if not _live(read(), system, claim_id, browser, at):
        raise ClaimOver


def mail_code_again(system: InformationSystem, claim_id: str, browser: str, at: Circumstance) -> None:
    """重寄驗證碼: new codes to the same people; those before are worth nothing. Raises `Refusal`."""
    with write() as session:
        live = _live(session, system, claim_id, browser, at)
        if not live:
            raise ClaimOver
        certificate = _certificate(live[0][0], at)
        accounts = [session.get_one(Account, row.account_id) for row, _ in live]
        again = claim_card(session, system, certificate, accounts, browser, at, claim_id)
    if isinstance(again, Refusal):
        raise again


def confirm_claim(
    system: InformationSystem, claim_id: str, typed: str, browser: str, at: Circumstance
) -> Account:
    """輸入驗證碼: bind the card to the account whose code this is, and tell its holder. Raises `Refusal`.

    A try is counted before the code is looked at, so that parallel guesses stay within the limit. The
    card may have been revoked since it signed, so its authority is asked again, before the account is locked.
    """
    code = read_code(typed)
    if not code:
        raise Refusal(NOT_A_CODE, field="code")
    _ask_again(system, claim_id, browser, at)
    key = counter_key(CODES_BY_CLAIM, claim_id)
    with write() as session:
        counted = take(session, CODES_BY_CLAIM, key, at.now)
        live = _live(session, system, claim_id, browser, at)
        meant = _meant(live, code, at) if counted else None
        refusal: Refusal | None = None if live else ClaimOver()
        if live and meant is None:
            refusal = _wrong(session, system, live[0][0], left(session, CODES_BY_CLAIM, key, at.now), at)
        elif meant is not None:
            account = locked(session, meant[0].account_id)
            refusal = _bind(session, system, account, *meant, at)
    if refusal:
        raise refusal
    return account


def _ask_again(system: InformationSystem, claim_id: str, browser: str, at: Circumstance) -> None:
    """Raise `Refusal` for a card that is not good any more; while nobody can tell, the claim goes on waiting."""
    session = read()
    live = _live(session, system, claim_id, browser, at)
    certificate = _certificate(live[0][0], at) if live else None
    session.rollback()
    if certificate is None:
        return
    try:
        trusted(at.settings).check_again(certificate, at.now)
    except Refusal as refused:
        unchecked = (refused.code or "").startswith("status-")
        with write() as session:
            turn_away(session, system, refused, certificate.told, at)
            if not unchecked:
                close_claim(session, claim_id, at.now)
        raise Refusal(
            refused.sentence, status=refused.status, field="code" if unchecked else None, code=refused.code
        ) from None


def _bind(
    session: Session,
    system: InformationSystem,
    account: Account,
    claim: CardClaim,
    token: OneTimeToken,
    at: Circumstance,
) -> Refusal | None:
    certificate = _certificate(claim, at)
    over = account.state is AccountState.ENDED or certificate.not_after <= at.now
    over = over or not fits(account, certificate)  # an update may have changed the name meanwhile
    if not use_token(session, token, at.now) or over:
        return ClaimOver()
    close_claim(session, claim.id, at.now)
    return bind_to(session, system, account, certificate, at)


def _wrong(
    session: Session, system: InformationSystem, claim: CardClaim, tries: int, at: Circumstance
) -> Refusal:
    told = {"code": "code-wrong", **_certificate(claim, at).told}
    record(session, EventType.CARD_REFUSED, at, target=system.key, outcome="refused", **told)
    if tries > 0:
        sentence = f"驗證碼不正確，還可以再試 {tries} 次。請輸入最新一封信中的驗證碼。"
        return Refusal(sentence, field="code", code="code-wrong")
    close_claim(session, claim.id, at.now)
    return ClaimOver(WORN_OUT)


def _live(
    session: Session, system: InformationSystem, claim_id: str, browser: str, at: Circumstance
) -> list[tuple[CardClaim, OneTimeToken]]:
    """Rows whose code still counts, in this browser."""
    found = []
    for row in claims_of(session, claim_id, system.key, browser_hash(browser)):
        token = token_by_id(session, row.token_id)
        if row.used_at or row.expires_at <= at.now or token is None:
            continue
        if token.used_at is None and token.superseded_at is None:
            found.append((row, token))
    return found


def _meant(
    live: Sequence[tuple[CardClaim, OneTimeToken]], code: str, at: Circumstance
) -> tuple[CardClaim, OneTimeToken] | None:
    """The row whose code this is; every row is compared, and two with the same code mean nobody."""
    key = at.settings.key("one-time-token")
    same = [one for one in live if hmac.compare_digest(code_text(key, one[1].id), code)]
    return same[0] if len(same) == 1 else None


def _may_mail_code(session: Session, account: Account, address: str, at: Circumstance) -> bool:
    """Whether another code may be mailed; what one account has used up does not count for its mailbox."""
    return (
        take(session, CODES_BY_ACCOUNT, counter_key(CODES_BY_ACCOUNT, str(account.id)), at.now)
        and take(session, CODES_BY_ADDRESSEE, counter_key(CODES_BY_ADDRESSEE, email_key(address)), at.now)
        and take(session, CODES_BY_ADDRESS, counter_key(CODES_BY_ADDRESS, at.address), at.now)
    )


def _address(session: Session, account: Account) -> str:
    """主要電子信箱: the open application's while that counts, else the account's."""
    application = open_application(session, account.id)
    return str(answers_now(account, application)["email"]) if application else account.email


def _certificate(claim: CardClaim, at: Circumstance) -> PresentedCertificate:
    return certificate_of(unseal(at.settings.key("card-claims"), claim.sealed_certificate))
