"""更正姓名: a holder whose card tells another name than they typed asks a reviewer to put it right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from portal.domain.account import Account, AccountState
from portal.domain.actor import Circumstance
from portal.domain.answers import read_person_name
from portal.domain.application import Application, answers_now, comes_back
from portal.domain.audit import EventType
from portal.domain.normalisation import tidy
from portal.domain.refusal import NotFound, Overtaken, Refusal
from portal.domain.system import InformationSystem
from portal.mail import letters
from portal.store.accounts import account_by_public_id, locked
from portal.store.applications import open_application, renew_application
from portal.store.audit_events import record
from portal.store.database import read, write
from portal.store.grants import grants_of
from portal.usecases.post_letter import post_letter
from portal.usecases.review.activate_account import signature
from portal.usecases.review.decide_requests import EDITED, REASON_LIMIT
from portal.usecases.review.review_requests import reach_now, same_person, within_reach
from portal.usecases.review.withdraw_permissions import watches

NAME_LIMIT: Final = 60
OWN: Final = "不能更正自己的姓名，請由其他管理者或系統服務台處理。"


@dataclass(frozen=True)
class NamedHolder:
    """Whose name may be corrected, and what it is now."""

    public_id: str
    account_name: str
    name: str


def named_holder(system: InformationSystem, public_id: str, at: Circumstance) -> NamedHolder:
    """An account within the actor's reach. Raises `NotFound`, or `Refusal` for one's own."""
    account, application = _within_reach(read(), system, public_id, at)
    return NamedHolder(account.public_id, account.name, _name_now(account, application))


def correct_name(system: InformationSystem, public_id: str, typed: str, reason: str, at: Circumstance) -> str:
    """Give an account, and what waits of it, the name that its holder's card tells; returns a sentence.

    The name alone opens nothing: the card still has to tell the last digits, and the code goes to the
    holder's mailbox. A suspended account keeps its own until an approval brings it back. Raises `NotFound`,
    `Overtaken`, `Refusal`.
    """
    limit = next((field.max for field in system.fields() if field.type == "person-name"), NAME_LIMIT)
    if not tidy(typed):
        raise Refusal("請輸入和卡片相同的姓名。", field="name")
    name, reason = read_person_name(typed, "name", limit), tidy(reason)
    if not reason:
        raise Refusal("請填寫更正的原因，例如「申請人來電，姓名誤植」。", field="reason")
    if len(reason) > REASON_LIMIT:
        raise Refusal(f"原因最多 {REASON_LIMIT} 個字，現在有 {len(reason)} 個字，請縮短。", field="reason")
    with write() as session:
        if found := account_by_public_id(session, public_id):
            locked(session, found.id)
        account, application = _within_reach(session, system, public_id, at)
        before = _name_now(account, application)
        if name == before:
            raise Refusal("和原來的姓名相同，沒有可以更正的內容。", field="name")
        if application:
            answers = {**application.answers, "name": name}
            if not renew_application(session, application, application.state, answers=answers):
                raise Overtaken(EDITED)
        if application is None or not comes_back(account, application):
            account.holder_name = name
        session.flush()
        told = {"reason": reason, "before": before, "after": name}
        record(session, EventType.NAME_CORRECTED, at, target=signature(account), **told)
        address = answers_now(account, application)["email"] if application else account.email
        post_letter(session, letters.name_corrected(system, account, address, at.now), at, account)
        return f"已將{before}更正為{name}，並已寄信通知。請申請人再用卡片試一次。"


def _within_reach(
    session: Session, system: InformationSystem, public_id: str, at: Circumstance
) -> tuple[Account, Application | None]:
    reach = reach_now(session, at.require_actor(), system)
    account = account_by_public_id(session, public_id)
    if account is None or account.system != system.key or account.state is AccountState.ENDED:
        raise NotFound
    application = open_application(session, account.id)
    waits = application is not None and within_reach(reach, system, application)
    if not waits and not any(watches(reach, grant) for grant in grants_of(session, account.id)):
        raise NotFound
    if same_person(session.get_one(Account, reach.account_id), account):
        raise Refusal(OWN, status=403, code="own-name")
    return account, application


def _name_now(account: Account, application: Application | None) -> str:
    return str(answers_now(account, application)["name"] if application else account.holder_name)
