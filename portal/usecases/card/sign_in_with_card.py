"""登入 with a certificate card: a bound one opens its account, a first one waits for a mailed code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from portal.domain.account import Account, AccountState
from portal.domain.actor import Circumstance
from portal.domain.application import ApplicationState
from portal.domain.card_challenge import CardPurpose
from portal.domain.certificate import PresentedCertificate
from portal.domain.certificate_binding import CertificateBinding
from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem
from portal.store.accounts import locked
from portal.store.applications import open_application
from portal.store.certificate_bindings import binding_of, bindings_of, note_use, renewed_from
from portal.store.database import write
from portal.store.login_sessions import note_certificate
from portal.usecases.card.claim_card import NO_NUMBER, claim_card, confirm_claim, fitting_accounts
from portal.usecases.card.prove_card import SignedChallenge, read_card, turn_away
from portal.usecases.entry.sign_in import SignedIn, device_value, open_for, reviews, why_not
from portal.usecases.suspend_account import suspend_if_dormant

NOT_BOUND: Final = (
    "這張卡片還沒有綁定本系統的帳號。請先用帳號和密碼登入，再到「我的帳號」的憑證管理加入這張卡片。"
)
RENEWED: Final = (
    "這張卡片的憑證和您先前綁定的不同（可能是換發或展期後的新憑證）。請先用其他方式登入，再到「我的帳號」的"
    "憑證管理加入這張卡片。"
)


@dataclass(frozen=True)
class CodeMailed:
    """The card fits somebody in use, and no more than that: the code in their mailbox has to confirm it."""

    claim_id: str


def sign_in_with_card(
    system: InformationSystem, signed: SignedChallenge, browser: str, at: Circumstance
) -> SignedIn | CodeMailed:
    """Open a session for the holder of a bound certificate; raises `Refusal`.

    Who it is comes from the verified certificate alone, never from what the page says beside it. Where
    a first card is bound by a mailed code, one that fits is not refused: its claim waits for the code.
    """
    certificate = read_card(system, CardPurpose.SIGN_IN, signed, browser, at)
    with write() as session:
        account, binding = _opened_by(session, system, certificate)
        if account is None or binding is None:
            answer: SignedIn | CodeMailed | Refusal = _not_bound(session, system, certificate, browser, at)
        else:
            answer = _opened(session, system, account, binding, at, **certificate.told)
        if isinstance(answer, Refusal):
            turn_away(session, system, answer, certificate.told, at)
    if isinstance(answer, Refusal):
        raise answer
    return answer


def sign_in_with_code(
    system: InformationSystem, claim_id: str, typed: str, browser: str, at: Circumstance
) -> SignedIn:
    """輸入驗證碼 after a first card: the card is bound and opens its account; raises `Refusal`."""
    account_id = confirm_claim(system, claim_id, typed, browser, at).id
    with write() as session:
        account = locked(session, account_id)
        binding = bindings_of(session, account_id)[-1]
        told = {"card": binding.fingerprint, "holder": binding.holder_name}
        answer = _opened(session, system, account, binding, at, **told)
    if isinstance(answer, Refusal):
        raise answer
    return answer


def _opened(
    session: Session,
    system: InformationSystem,
    account: Account,
    binding: CertificateBinding,
    at: Circumstance,
    **told: str,
) -> SignedIn | Refusal:
    suspend_if_dormant(session, system, account, at)
    refusal = _why_not(session, system, account)
    if refusal:
        return refusal
    note_use(session, binding, at.now)
    token = open_for(session, account, at, **told)
    note_certificate(session, token, binding.id)
    return SignedIn(token, device_value(system.key, account.name, at), reviews(session, system, account))


def _not_bound(
    session: Session,
    system: InformationSystem,
    certificate: PresentedCertificate,
    browser: str,
    at: Circumstance,
) -> CodeMailed | Refusal:
    unknown = system.messages.get("unknown", NOT_BOUND)
    if system.card.first_by != "mailed-code":
        if renewed_from(session, system.key, certificate):
            return Refusal(RENEWED, code="card-renewed")
        return Refusal(unknown, code="card-not-bound")
    if certificate.holder.last_four is None:
        return Refusal(NO_NUMBER, code="card-no-number")
    fitting = [locked(session, one.id) for one in fitting_accounts(session, system, certificate)]
    for account in fitting:
        suspend_if_dormant(session, system, account, at)
    in_use = [account for account in fitting if account.state is AccountState.ACTIVE]
    if in_use:
        claim = claim_card(session, system, certificate, in_use, browser, at)
        return claim if isinstance(claim, Refusal) else CodeMailed(claim)
    refusals = (_why_not(session, system, account) for account in fitting)
    return next(filter(None, refusals), Refusal(unknown, code="card-not-bound"))


def _why_not(session: Session, system: InformationSystem, account: Account) -> Refusal | None:
    """Why the account may not be used now; somebody whose application waits need not send another."""
    refusal = why_not(session, system, account)
    if refusal is None or "unknown" not in system.messages:
        return refusal
    application = open_application(session, account.id)
    returned = application is not None and application.state is ApplicationState.RETURNED
    if account.state is AccountState.PENDING:
        return Refusal(system.messages["unknown"], code="card-returned" if returned else "card-waiting")
    if application is not None:
        return Refusal(refusal.sentence, code="suspended-returned" if returned else "suspended-waiting")
    return refusal


def _opened_by(
    session: Session, system: InformationSystem, certificate: PresentedCertificate
) -> tuple[Account, CertificateBinding] | tuple[None, None]:
    """The account, locked, and its binding as it is now: it may have been unbound while we waited for the lock."""
    binding = binding_of(session, system.key, certificate)
    if binding is None:
        return None, None
    account = locked(session, binding.account_id)
    return (account, binding) if binding_of(session, system.key, certificate) is binding else (None, None)
