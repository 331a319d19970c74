"""第二項驗證 of those who review others: between the password and the session stands a code, or a card.

A bound card signs in by itself (possession and PIN), so this page only points to it. Where a card is bound
and no authenticator set, a password does not suffice to set one: else whoever has the password would.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cryptography.fernet import InvalidToken
from sqlalchemy.orm import Session

from portal.domain.account import Account
from portal.domain.actor import Circumstance
from portal.domain.audit import EventType
from portal.domain.authenticator import HALF_WAY_LIFE, SETTING_UP_LIFE, Authenticator
from portal.domain.counter import SECOND_PROOF_FAILURES, SECOND_PROOF_LETTERS
from portal.domain.refusal import Overtaken, Refusal
from portal.domain.system import InformationSystem
from portal.mail import credential_letters
from portal.proofs.one_time_code import TOLERANCE, code_at, matching_step, step_of
from portal.store.accounts import locked
from portal.store.audit_events import record
from portal.store.authenticators import authenticator_of, use_step
from portal.store.certificate_bindings import bindings_of
from portal.store.counters import counter_key, forget, left, take
from portal.store.credentials import current_password
from portal.store.database import read, write
from portal.store.sealed import unseal
from portal.usecases.entry.set_authenticator import Candidate, code_typed, put_authenticator, secret_of
from portal.usecases.entry.sign_in import SignedIn, signed_in_as, why_not
from portal.usecases.post_letter import post_letter
from portal.usecases.review.activate_account import signature
from portal.usecases.suspend_account import suspend_if_dormant

WRONG: Final = "驗證碼不正確。請輸入驗證器現在顯示的 6 個數字；一直不正確時，請檢查手機的時間是否設為自動。"
USED: Final = "這組驗證碼已經使用過了，請等驗證器換下一組（最多 30 秒）再輸入。"
CLOSED: Final = "驗證碼連續輸入錯誤 5 次，請 15 分鐘後再試。如果不是您本人輸入的，請立即變更密碼。"
OVER: Final = "登入逾時，或密碼已經變更。為了保護您的帳號，請重新輸入帳號和密碼。"


class SignInOver(Refusal):
    """逾時: the proved password counts no more; sign-in begins anew."""

    def __init__(self) -> None:
        super().__init__(OVER, status=403, code="half-way-over")


@dataclass(frozen=True)
class WaysOn:
    """What the holder of a proved password can show now. `demo_code`: for the demonstration's page alone."""

    account_name: str
    has_authenticator: bool
    has_card: bool
    demo_code: str | None

    @property
    def begins(self) -> bool:
        """Whether nothing is there yet, so that an authenticator is set up first."""
        return not self.has_authenticator and not self.has_card


def ways_on(system: InformationSystem, ticket: str, at: Circumstance) -> WaysOn:
    """For the page after the password; raises `SignInOver`."""
    session = read()
    account = session.get_one(Account, _proved(session, system, ticket, at))
    authenticator = authenticator_of(session, account.id)
    shown = _demo_code(authenticator, at) if authenticator and at.settings.portal_demo else None
    return WaysOn(account.name, authenticator is not None, _has_card(session, system, account), shown)


def confirm_code(system: InformationSystem, ticket: str, typed: str, at: Circumstance) -> SignedIn:
    """Open the session for a code that was not used before; raises `Refusal`, or `SignInOver`.

    The attempt is counted before the code is looked at, as with passwords.
    """
    account_id = _proved(read(), system, ticket, at)
    code = code_typed(typed)
    key = counter_key(SECOND_PROOF_FAILURES, str(account_id))
    with write() as session:
        counted = take(session, SECOND_PROOF_FAILURES, key, at.now)
        if not counted:
            name = signature(session.get_one(Account, account_id))
            record(session, EventType.SIGN_IN_CLOSED, at, actor=name, outcome="refused", code="second-proof")
    if not counted:
        raise Refusal(CLOSED, status=429, code="second-proof-closed")
    with write() as session:
        account = locked(session, account_id)
        _proved(session, system, ticket, at)  # the password may have been changed while we waited
        authenticator = authenticator_of(session, account_id)
        if authenticator is None:
            raise SignInOver
        refusal = _wrong_code(session, authenticator, code, at)
        if refusal is None:
            forget(session, key)
            suspend_if_dormant(session, system, account, at)
            refusal = why_not(session, system, account)
        if refusal is None:
            return signed_in_as(session, system, account, at, second="authenticator")
        why, name = refusal.code, signature(account)
        record(session, EventType.SECOND_PROOF_FAILED, at, actor=name, outcome="refused", code=why)
        if not left(session, SECOND_PROOF_FAILURES, key, at.now):
            _warn(session, system, account, at)
    raise refusal


def candidate_owner(system: InformationSystem, ticket: str, at: Circumstance) -> Account:
    """Whose first authenticator is being set up; raises `SignInOver`, or `Overtaken` where one is there."""
    session = read()
    account = session.get_one(Account, _proved(session, system, ticket, at))
    _insist_on_first(session, system, account)
    return account


def set_first_authenticator(
    system: InformationSystem, ticket: str, candidate: Candidate, typed: str, at: Circumstance
) -> SignedIn:
    """設定驗證器 on the way in: its first right code sets it and opens the session; tells the holder.

    Raises `Refusal`, `SignInOver`, or `Overtaken`.
    """
    account_id = _proved(read(), system, ticket, at)
    with write() as session:
        account = locked(session, account_id)
        _proved(session, system, ticket, at)
        _insist_on_first(session, system, account)
        refusal = why_not(session, system, account)
        if refusal is None:
            put_authenticator(session, system, account, candidate, typed, at)
            return signed_in_as(session, system, account, at, second="authenticator")
    raise refusal


def _proved(session: Session, system: InformationSystem, ticket: str, at: Circumstance) -> int:
    """The account whose present password was proved a few minutes ago; raises `SignInOver`."""
    try:
        account_id, credential_id, moment = map(
            int, unseal(at.settings.key("half-way"), ticket.encode()).split()
        )
    except (InvalidToken, ValueError):
        raise SignInOver from None
    account = session.get(Account, account_id)
    credential = current_password(session, account_id)
    setting_up = authenticator_of(session, account_id) is None
    life = SETTING_UP_LIFE if setting_up else HALF_WAY_LIFE
    late = at.now - datetime.fromtimestamp(moment, UTC) >= life
    if late or account is None or account.system != system.key:
        raise SignInOver
    if credential is None or credential.id != credential_id:
        raise SignInOver
    return account_id


def _wrong_code(
    session: Session, authenticator: Authenticator, code: str, at: Circumstance
) -> Refusal | None:
    step = matching_step(secret_of(authenticator, at), code, at.now)
    if step is None:
        return Refusal(WRONG, field="code", code="second-proof-wrong")
    if not use_step(session, authenticator.account_id, step):
        return Refusal(USED, field="code", code="second-proof-used")
    return None


def _warn(session: Session, system: InformationSystem, account: Account, at: Circumstance) -> None:
    """Tell the holder, once an hour: whoever guesses codes knows the password."""
    if take(session, SECOND_PROOF_LETTERS, counter_key(SECOND_PROOF_LETTERS, str(account.id)), at.now):
        post_letter(session, credential_letters.second_proof_closed(system, account, at.now), at, account)


def _insist_on_first(session: Session, system: InformationSystem, account: Account) -> None:
    if authenticator_of(session, account.id) or _has_card(session, system, account):
        raise Overtaken("這個帳號已經有第二項驗證，請用驗證器的驗證碼或憑證卡片登入。")


def _has_card(session: Session, system: InformationSystem, account: Account) -> bool:
    """An expired card counts as well: a password alone does not take its place."""
    return "card" in system.second_proof and bool(bindings_of(session, account.id))


def _demo_code(authenticator: Authenticator, at: Circumstance) -> str:
    """The next code that works, so that a demonstration need not wait for half a minute."""
    present = step_of(at.now)
    step = min(max(present, authenticator.last_used_step + 1), present + TOLERANCE)
    return code_at(secret_of(authenticator, at), step)
