"""忘記密碼 (manual 1, four steps), 變更密碼, and the first password of an invited administrator."""

from __future__ import annotations

from sqlalchemy.orm import Session

from portal.domain.account import Account, AccountState
from portal.domain.actor import Circumstance
from portal.domain.answers import read_email
from portal.domain.audit import EventType
from portal.domain.counter import SIGN_IN_FAILURES
from portal.domain.normalisation import email_key, plain
from portal.domain.one_time_token import OneTimeToken, TokenPurpose
from portal.domain.password_policy import check_password
from portal.domain.refusal import NotFound, Refusal
from portal.domain.system import InformationSystem
from portal.mail import credential_letters
from portal.store.accounts import account_by_name, accounts_at, locked
from portal.store.applications import give_proof
from portal.store.audit_events import record
from portal.store.counters import counter_key, forget, take
from portal.store.credentials import (
    current_password,
    hash_password,
    password_matches,
    recent_hashes,
    set_password,
)
from portal.store.database import read, write
from portal.store.login_sessions import end_sessions_of
from portal.store.one_time_tokens import issue_token, use_token
from portal.usecases.apply.prove_email import PROOF, BadLink, working_token
from portal.usecases.post_letter import may_write_again, post_letter
from portal.usecases.review.activate_account import activate_if_complete, signature

USED_BEFORE = "不能使用最近用過的密碼，請換一個新的密碼。"


def ask_reset(system: InformationSystem, typed: str, at: Circumstance) -> None:
    """Steps 2 and 3: the letter with 忘記密碼服務連結.

    An unknown address gets the same answer for the same work: its letter is written and withheld.
    Raises `Refusal` at `email` for what is no address.
    """
    if "password" not in system.sign_in:
        raise NotFound
    if not typed.strip():
        raise Refusal("請輸入申請帳號所填寫的電子信箱，此欄位不可留空。", field="email")
    address = read_email(typed)
    key = email_key(address)
    with write() as session:
        allowed = may_write_again(session, key, at)
        accounts = accounts_at(session, system.key, key)
        if allowed:
            token = issue_token(session, TokenPurpose.RESET_PASSWORD, system.key, key, None, at.now)
        if allowed and accounts:
            names = [account.name for account in accounts]
            post_letter(
                session, credential_letters.reset_password(system, accounts[0].email, names, token), at
            )
        elif allowed:
            post_letter(session, credential_letters.nothing_known(system, key, token), at, withheld=True)
        record(session, EventType.PASSWORD_RESET_ASKED, at, target=system.key)


def reset_password(system: InformationSystem, link: str, name: str, password: str, at: Circumstance) -> None:
    """Step 4: the new password for one account of the address the link went to.

    Ends all sessions of the account, signs nobody in and tells the holder. Raises `Refusal`.
    """
    session = read()
    token = working_token(session, link, TokenPurpose.RESET_PASSWORD, at)
    account = _account_of(session, system, token, name)
    hashed = _accepted_hash(session, system, account, password, at)
    account_id = account.id
    with write() as session:
        account = locked(session, account_id)
        token = working_token(session, link, TokenPurpose.RESET_PASSWORD, at)
        if not use_token(session, token, at.now):
            raise BadLink("used", "這個連結已經使用過了。", token.purpose, token.system)
        _change(session, system, account, hashed, at)


def accept_invitation(system: InformationSystem, link: str, password: str, at: Circumstance) -> str:
    """The first password of an invited account, which is active from then on; returns its name."""
    session = read()
    token = working_token(session, link, TokenPurpose.ACCEPT_INVITATION, at)
    account_id = token.account_id or 0
    hashed = _accepted_hash(session, system, session.get_one(Account, account_id), password, at)
    with write() as session:
        token = working_token(session, link, TokenPurpose.ACCEPT_INVITATION, at)
        account = locked(session, account_id)
        if token.system != system.key or not use_token(session, token, at.now):
            raise BadLink("used", "這個連結已經使用過了。", token.purpose, token.system)
        set_password(session, account.id, hashed, at.now)
        if give_proof(session, account, PROOF, at.now):
            record(session, EventType.EMAIL_PROVED, at, actor=signature(account), target=signature(account))
        record(session, EventType.PASSWORD_CHANGED, at, actor=signature(account), target=signature(account))
        activate_if_complete(session, system, account, at)
        return account.name


def change_password(system: InformationSystem, current: str, password: str, at: Circumstance) -> None:
    """變更密碼 when signed in; other sessions end, this one stays. Raises `Refusal` at the field."""
    actor = at.require_actor()
    key = counter_key(SIGN_IN_FAILURES, "change-password", actor.signature)
    with write() as session:
        allowed = take(session, SIGN_IN_FAILURES, key, at.now)
    if not allowed:
        raise Refusal("目前的密碼連續輸入錯誤 5 次，請 15 分鐘後再試。", field="current", status=429)
    session = read()
    credential = current_password(session, actor.account_id)
    if credential is None or not password_matches(current[:1000], credential.hash, at.settings.pepper):
        raise Refusal("目前的密碼不正確。", field="current")
    with write() as session:
        forget(session, key)
    session = read()
    hashed = _accepted_hash(session, system, session.get_one(Account, actor.account_id), password, at)
    with write() as session:
        _change(session, system, locked(session, actor.account_id), hashed, at, actor.session_hash)


def _account_of(session: Session, system: InformationSystem, token: OneTimeToken, name: str) -> Account:
    account = account_by_name(session, system.key, plain(name).lower())
    same = account and account.email_key == token.email_key and account.state is not AccountState.ENDED
    if account is None or not same or token.system != system.key:
        raise Refusal("這個帳號不屬於收到信件的信箱，請輸入信件中所列的帳號。", field="name")
    return account


def _accepted_hash(
    session: Session, system: InformationSystem, account: Account, password: str, at: Circumstance
) -> str:
    """The hash of an acceptable new password; slow, so outside of any writing transaction."""
    own = [system.key, system.short, account.name, account.email, account.holder_name, account.phone or ""]
    check_password(password, system.password, words=own)
    hashes = recent_hashes(session, account.id, system.password.history)
    session.rollback()  # hashing takes a while; no transaction waits for it
    for old in hashes:
        if password_matches(password, old, at.settings.pepper):
            raise Refusal(USED_BEFORE, field="password")
    return hash_password(password, at.settings.pepper, at.settings.bcrypt_cost)


def _change(
    session: Session,
    system: InformationSystem,
    account: Account,
    hashed: str,
    at: Circumstance,
    keep_session: str | None = None,
) -> None:
    set_password(session, account.id, hashed, at.now)
    end_sessions_of(session, account.id, at.now, keep_session)
    forget(session, counter_key(SIGN_IN_FAILURES, system.key, account.name, ""))
    record(session, EventType.PASSWORD_CHANGED, at, actor=signature(account), target=signature(account))
    post_letter(session, credential_letters.password_changed(system, account, at.now), at, account)
