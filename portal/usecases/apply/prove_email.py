"""Mail 認證: proving the address by the mailed link, and sending that letter again (manual 1 step 4)."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.domain.account import Account, AccountState
from portal.domain.actor import Circumstance
from portal.domain.answers import read_email
from portal.domain.application import ApplicationState
from portal.domain.audit import EventType
from portal.domain.counter import LETTERS_BY_ADDRESS
from portal.domain.grant import GrantState
from portal.domain.normalisation import email_key
from portal.domain.one_time_token import OneTimeToken, TokenPurpose, read_token
from portal.domain.proof import ProofState
from portal.domain.refusal import NotFound, Overtaken, Refusal
from portal.domain.system import InformationSystem
from portal.mail import credential_letters
from portal.store.accounts import accounts_at, change_state, locked
from portal.store.applications import (
    application_by_public_id,
    change_application,
    give_proof,
    latest_application,
    proofs_of,
)
from portal.store.audit_events import record
from portal.store.database import read, write
from portal.store.grants import end_grants
from portal.store.one_time_tokens import issue_token, token_by_id, use_token
from portal.usecases.apply.apply_for_account import send_verification
from portal.usecases.post_letter import letters_limited, may_write_again, post_letter
from portal.usecases.review.activate_account import activate_if_complete, outstanding, signature

PROOF = "email-link"
ADDRESS_LIMITED = "認證信一小時最多重寄 3 次，請先查看信箱（包括垃圾信件匣），稍後再試。"
NETWORK_LIMITED = (
    "您所在的網路這一小時內要求寄送的信件太多，這次沒有寄出。"
    "請先查看信箱（包括垃圾信件匣），一小時後再試，或改用其他網路。"
)
FORGED = "這個連結不完整或不正確。請從信件中重新點選，或把整行網址複製到瀏覽器。"


class BadLink(Refusal):
    """連結無法使用: `reason` is forged, used, superseded or late; the page explains and offers the way on."""

    def __init__(
        self, reason: str, sentence: str, purpose: TokenPurpose | None = None, system: str = ""
    ) -> None:
        super().__init__(sentence, status=410 if purpose else 404, code=f"link-{reason}")
        self.reason, self.purpose, self.system = reason, purpose, system


@dataclass(frozen=True)
class OpenedLink:
    """What the page behind a working link shows; `account_name` is "" where the link is an address's."""

    token_text: str
    purpose: TokenPurpose
    system: str
    account_name: str


def open_link(text: str, at: Circumstance, *purposes: TokenPurpose) -> OpenedLink:
    """Look at a mailed link, of one of these purposes if some are named, without using it; raises `BadLink`."""
    session = read()
    token = working_token(session, text, None, at)
    if purposes and token.purpose not in purposes:
        raise BadLink("forged", FORGED)
    name = session.get_one(Account, token.account_id).name if token.account_id else ""
    return OpenedLink(text, token.purpose, token.system, name)


def working_token(
    session: Session, text: str, purpose: TokenPurpose | None, at: Circumstance
) -> OneTimeToken:
    """The row of a link that still works, of this purpose; raises `BadLink` with the plain reason."""
    token_id = read_token(at.settings.key("one-time-token"), text)
    token = token_by_id(session, token_id) if token_id else None
    if token is None or (purpose and token.purpose is not purpose):
        raise BadLink("forged", FORGED)
    if token.used_at:
        raise BadLink("used", "這個連結已經使用過了，同一個連結只能使用一次。", token.purpose, token.system)
    if token.superseded_at:
        sentence = "您後來又收到一封新的信，這封信的連結已經失效，請改用最新那一封。"
        raise BadLink("superseded", sentence, token.purpose, token.system)
    if token.expires_at <= at.now:
        raise BadLink("late", "這個連結已經超過有效期限。", token.purpose, token.system)
    return token


@dataclass(frozen=True)
class Proved:
    """After the button: whether the account is open now, or what is still missing."""

    account_name: str
    active: bool
    outstanding: tuple[str, ...]
    application_id: str | None


def prove_email(system: InformationSystem, text: str, at: Circumstance) -> Proved:
    """Prove the address of the account the link belongs to (資料認證: 未認證 → 已認證)."""
    with write() as session:
        token = working_token(session, text, TokenPurpose.PROVE_EMAIL, at)
        account = locked(session, token.account_id or 0)
        if account.system != system.key or not use_token(session, token, at.now):
            raise BadLink("used", "這個連結已經使用過了。", token.purpose, token.system)
        if account.state is AccountState.ENDED:
            raise Refusal("這個帳號的申請已經刪除或撤回，如仍需要請重新申請。", status=410)
        if give_proof(session, account, PROOF, at.now):
            record(session, EventType.EMAIL_PROVED, at, actor=signature(account), target=signature(account))
        activate_if_complete(session, system, account, at)
        application = latest_application(session, account)
        return Proved(
            account.name,
            account.state is AccountState.ACTIVE,
            tuple(outstanding(session, system, account)),
            application.public_id if application else None,
        )


def withdraw_application(system: InformationSystem, text: str, at: Circumstance) -> str:
    """撤回申請 by whoever owns the address; only before it was decided. Returns the account's name."""
    with write() as session:
        token = working_token(session, text, TokenPurpose.PROVE_EMAIL, at)
        account = locked(session, token.account_id or 0)
        application = latest_application(session, account)
        if account.state is AccountState.ENDED:
            raise Overtaken("這個帳號的申請已經刪除或撤回，不需要再撤回一次。")
        if account.system != system.key or account.state is not AccountState.PENDING:
            raise Overtaken("這個帳號已經啟用，不能在這裡撤回；如要停用，請洽貴單位的機關管理員。")
        if not use_token(session, token, at.now):
            raise BadLink("used", "這個連結已經使用過了。", token.purpose, token.system)
        if application and application.state is ApplicationState.SUBMITTED:
            change_application(session, application, ApplicationState.WITHDRAWN, at.now)
        change_state(session, account, AccountState.ENDED, ended_at=at.now)
        end_grants(
            session, account.id, GrantState.GIVEN_UP, at.now
        )  # a review may have come before the proof
        record(
            session, EventType.APPLICATION_WITHDRAWN, at, actor=signature(account), target=signature(account)
        )
        return account.name


def ask_verification(system: InformationSystem, typed: str, at: Circumstance) -> None:
    """帳號重新認證: the letter again, for every unproved account under an address.

    Known and unknown addresses get the same answer and cost the same work. Raises `Refusal` at
    `email` for what is no address.
    """
    if PROOF not in system.active_when:
        raise NotFound
    key = email_key(read_email(typed))
    with write() as session:
        record(session, EventType.VERIFICATION_ASKED, at, target=system.key)
        if not may_write_again(session, key, at):
            return
        waiting = [
            account
            for account in accounts_at(session, system.key, key)
            if account.state is AccountState.PENDING and not _proved(session, account)
        ]
        for account in waiting:
            send_verification(session, system, account, at)
        if not waiting:
            token = issue_token(session, TokenPurpose.PROVE_EMAIL, system.key, key, None, at.now)
            post_letter(session, credential_letters.nothing_known(system, key, token), at, withheld=True)


def resend_verification(system: InformationSystem, application_id: str, at: Circumstance) -> None:
    """帳號重新認證 on the receipt page, for the application just sent; raises `Refusal` when too often."""
    if PROOF not in system.active_when:
        raise NotFound
    with write() as session:
        application = application_by_public_id(session, application_id)
        if application is None:
            raise Refusal("找不到這份申請。", status=404)
        account = locked(session, application.account_id)
        if account.system != system.key or account.state is not AccountState.PENDING:
            raise Overtaken("這個帳號已經處理完成，不需要再認證。")
        if _proved(session, account):
            raise Refusal("這個信箱已經認證完成，不需要再寄認證信。")
        if limit := letters_limited(session, account.email_key, at):
            raise Refusal(NETWORK_LIMITED if limit is LETTERS_BY_ADDRESS else ADDRESS_LIMITED, status=429)
        record(session, EventType.VERIFICATION_ASKED, at, target=signature(account))
        send_verification(session, system, account, at)


def _proved(session: Session, account: Account) -> bool:
    return any(p.kind == PROOF and p.state is ProofState.PROVEN for p in proofs_of(session, account))
