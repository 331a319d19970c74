"""登入 and 登出, and who a browser belongs to."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.domain.account import Account, AccountState
from portal.domain.actor import Actor, Circumstance
from portal.domain.audit import EventType
from portal.domain.counter import SIGN_IN_FAILURES, SIGN_IN_FAILURES_BY_ADDRESS
from portal.domain.credential import PasswordCredential
from portal.domain.login_session import SEEN_STEP, still_open
from portal.domain.normalisation import plain
from portal.domain.permission import ROLES, WITH_REVIEWING_ROLE, Permission
from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem
from portal.store.accounts import account_by_name, locked, note_sign_in
from portal.store.audit_events import record
from portal.store.counters import counter_key, forget, give_back, take
from portal.store.credentials import current_password, nobodys_hash, password_matches
from portal.store.database import read, write
from portal.store.grants import seats_of
from portal.store.login_sessions import end_session, open_session, session_holder, touch_session
from portal.store.sealed import seal
from portal.usecases.read_systems import systems
from portal.usecases.review.activate_account import outstanding, signature
from portal.usecases.suspend_account import suspend_if_dormant

WRONG = "帳號或密碼不正確。請確認大小寫，忘記密碼時可點選「忘記密碼？」重新設定。"
CLOSED = "連續登入失敗 5 次，請 15 分鐘後再試；忘記密碼時可點選「忘記密碼？」重新設定。"
_MISSING = {"review": "機關管理員啟用", "email-link": "信箱認證（請點選驗證信中的連結）"}


@dataclass(frozen=True)
class SignedIn:
    """A fresh session: `token` and `device` go into the browser's cookies and are kept nowhere else."""

    token: str
    device: str
    reviews: bool


@dataclass(frozen=True)
class PasswordProved:
    """Half of a sign-in: `ticket` goes into the browser's cookie and opens nothing but the second proof."""

    ticket: str


def sign_in(
    system: InformationSystem, name: str, password: str, device: str, at: Circumstance
) -> SignedIn | PasswordProved:
    """Open a session for the right password; raises `Refusal`, alike for known and unknown accounts.

    The attempt is counted before the password is looked at, so that parallel guesses stay within
    the limit. A browser that signed in before (`device`) has a counter of its own: others who guess
    cannot lock its owner out. Who reviews others gets no session yet where the system asks for a second
    proof (`second_proof.py` goes on from here).
    """
    if "password" not in system.sign_in:
        raise Refusal("本系統不使用密碼登入，請用憑證卡片登入。", code="sign-in-no-password")
    name = plain(name).lower()[:80]
    known = device_value(system.key, name, at) if name else ""
    own_device = bool(device) and hmac.compare_digest(device.encode(), known.encode())
    key = counter_key(SIGN_IN_FAILURES, system.key, name, device if own_device else "")
    by_address = counter_key(SIGN_IN_FAILURES_BY_ADDRESS, at.address)
    with write() as session:
        counted = take(session, SIGN_IN_FAILURES, key, at.now)
        if not own_device:
            counted = take(session, SIGN_IN_FAILURES_BY_ADDRESS, by_address, at.now) and counted
        if not counted:
            record(session, EventType.SIGN_IN_CLOSED, at, actor=f"{system.key}/{name}", outcome="refused")
    if not counted:
        raise Refusal(CLOSED, status=429, code="sign-in-closed")

    session = read()
    account = account_by_name(session, system.key, name)
    credential = current_password(session, account.id if account else 0)
    account_id = account.id if account else None
    hashed = credential.hash if credential else nobodys_hash(at.settings.bcrypt_cost)
    session.rollback()
    right = password_matches(password[:1000], hashed, at.settings.pepper)

    refusal: Refusal | None = Refusal(WRONG, code="sign-in-wrong")
    with write() as session:
        account = locked(session, account_id) if right and account_id is not None else None
        proved = _still_current(session, account, hashed)
        if account is not None and proved is not None:
            forget(session, key)
            if not own_device:
                give_back(session, by_address)
            suspend_if_dormant(session, system, account, at)
            refusal = why_not(session, system, account)
            if refusal is None and needs_second_proof(session, system, account):
                record(session, EventType.SECOND_PROOF_ASKED, at, actor=f"{system.key}/{name}")
                return PasswordProved(_ticket(account, proved, at))
            if refusal is None:
                return signed_in_as(session, system, account, at)
        code = refusal.code if refusal else None
        record(
            session, EventType.SIGN_IN_FAILED, at, actor=f"{system.key}/{name}", outcome="refused", code=code
        )
    raise refusal or AssertionError("neither signed in nor refused")


def _ticket(account: Account, proved: PasswordCredential, at: Circumstance) -> str:
    """Whose password was proved, which one and when; sealed, so that nobody reads or makes one."""
    text = f"{account.id} {proved.id} {int(at.now.timestamp())}"
    return seal(at.settings.key("half-way"), text).decode()


def signed_in_as(
    session: Session, system: InformationSystem, account: Account, at: Circumstance, **how: str
) -> SignedIn:
    """A fresh session for an account that has proved everything asked for."""
    token = open_for(session, account, at, **how)
    return SignedIn(token, device_value(system.key, account.name, at), reviews(session, system, account))


def needs_second_proof(session: Session, system: InformationSystem, account: Account) -> bool:
    """Whether a password alone does not open this account."""
    return bool(system.second_proof) and reviews(session, system, account)


def _still_current(session: Session, account: Account | None, hashed: str) -> PasswordCredential | None:
    """The password compared with, if it is the account's even now and was not replaced meanwhile."""
    credential = current_password(session, account.id) if account else None
    return credential if credential is not None and credential.hash == hashed else None


def open_for(session: Session, account: Account, at: Circumstance, **how: str) -> str:
    """A fresh session for an active account; `how` tells the audit trail of a card and its holder."""
    token = open_session(session, account.id, at.now, at.address)
    note_sign_in(session, account, at.now)
    record(session, EventType.SIGNED_IN, at, actor=signature(account), target=signature(account), **how)
    return token


def reviews(session: Session, system: InformationSystem, account: Account) -> bool:
    """Whether the holder reviews others: by the kind of their account, or by a permission's role."""
    kind = system.account_kind_of(account.kind)
    return bool(kind and kind.reviews) or bool(_seats(session, system, account.id))


def _seats(session: Session, system: InformationSystem, account_id: int) -> tuple[tuple[str, str], ...]:
    """Asked of the database only where roles review; so one more look-up there, and none elsewhere."""
    if system.review.per != "request":
        return ()
    return seats_of(session, account_id, system.reviewing_roles())


def why_not(session: Session, system: InformationSystem, account: Account) -> Refusal | None:
    """Why an account whose holder is known may not be used now; None if it may."""
    match account.state:
        case AccountState.ACTIVE:
            return None
        case AccountState.PENDING:
            steps = "、".join(_MISSING[condition] for condition in outstanding(session, system, account))
            return Refusal(f"您的帳號還沒有開通，尚待完成：{steps}。", code="sign-in-pending")
        case AccountState.SUSPENDED:
            return Refusal(
                system.messages.get("suspended", "您的帳號已停用，請洽機關管理員。"), code="sign-in-suspended"
            )
        case AccountState.ENDED:
            return Refusal(WRONG, code="sign-in-ended")


def device_value(system: str, name: str, at: Circumstance) -> str:
    """What a browser keeps to be known again for one account: a keyed digest, no personal data."""
    return hmac.new(at.settings.key("device"), f"{system}\0{name}".encode(), "sha256").hexdigest()


def actor_of(token: str, at: Circumstance, background: bool = False) -> Actor | None:
    """Whose session this is, if it is still open; `background` requests do not prolong it."""
    row = session_holder(read(), token)
    if row is None or not still_open(row.started_at, row.seen_at, at.now):
        return None
    if not background and at.now - row.seen_at > SEEN_STEP:
        with write() as session:
            touch_session(session, row.token_hash, at.now)
    system = systems().get(row.system)
    kind = system.account_kind_of(row.kind) if system else None
    by_kind = kind.reviews if kind else None
    seats = _seats(read(), system, row.id) if system else ()
    return Actor(
        account_id=row.id,
        public_id=row.public_id,
        system=row.system,
        kind=row.kind,
        name=row.name,
        holder_name=row.holder_name,
        unit_id=row.unit_id,
        unit_path=row.unit_path,
        permissions=ROLES[by_kind] | WITH_REVIEWING_ROLE if seats else ROLES[by_kind],
        every_system=by_kind == "every-system",
        session_hash=row.token_hash,
        session_started_at=row.started_at,
        seats=seats,
    )


def sign_out(at: Circumstance) -> None:
    """End the actor's session."""
    actor = at.require_actor()
    with write() as session:
        end_session(session, actor.session_hash, at.now)
        record(session, EventType.SIGNED_OUT, at, target=actor.signature)


def extend_session(at: Circumstance) -> None:
    """Note that the holder wants to go on working."""
    with write() as session:
        touch_session(session, at.require_actor().session_hash, at.now)


def may_administer(actor: Actor) -> bool:
    """Whether the actor belongs into the administration pages."""
    return not actor.permissions.isdisjoint({Permission.REVIEW_ACCOUNTS, Permission.REVIEW_REQUESTS})
