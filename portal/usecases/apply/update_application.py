"""更新申請權限: an application changed by its applicant before it is decided (manual 5 steps 8 to 12)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy.orm import Session

from portal.domain.account import Account, AccountState, holder_values
from portal.domain.actor import Circumstance
from portal.domain.answers import corrected
from portal.domain.application import Application, ApplicationPurpose, ApplicationState
from portal.domain.audit import EventType
from portal.domain.card_claim import same_name
from portal.domain.offers import WantedPermission
from portal.domain.refusal import Overtaken, Refusal
from portal.domain.system import InformationSystem
from portal.mail import letters
from portal.store.accounts import account_of_identity, change_state, locked
from portal.store.applications import change_application, open_application, renew_application
from portal.store.audit_events import record
from portal.store.certificate_bindings import bindings_of
from portal.store.database import read, write
from portal.store.drafts import mean_account
from portal.store.sealed import blind_index
from portal.store.units import unit_by_id
from portal.usecases.apply.change_requests import (
    DECIDED_MEANWHILE,
    RequestChange,
    as_seen,
    asks_at,
    change_requests,
    send_again,
    take_back,
    take_back_closed,
    undecided,
    unit_to_ask_at,
)
from portal.usecases.apply.find_holder import identity_key, masked_identity
from portal.usecases.apply.keep_draft import TOO_OLD, Draft
from portal.usecases.card.unbind_cards import unbind_everything
from portal.usecases.post_letter import post_letter
from portal.usecases.review.activate_account import signature
from portal.usecases.review.tell_permissions import UnitLine, asked_by_unit

PROVE_FIRST: Final = "請先插入卡片並輸入卡片密碼，確認是您本人，才能查看和更新申請。認證後 30 分鐘內有效。"
NOTHING_OPEN: Final = "您的申請剛才已經審核完成，沒有可以修改的內容了。審核結果會寄到您的主要電子信箱。"
IN_USE_NOW: Final = (
    "您的申請剛才已有權限核准，帳號可以使用了。請用卡片登入，"
    "到「個人資料維護」修改其餘的申請，或再申請其他權限。"
)
NOTHING_LEFT: Final = (
    "這樣更新以後，就沒有任何申請中的權限了。請至少保留一項，或按「選擇」改選其他單位；"
    "如果不再需要這個帳號，請改按「撤回申請」。"
)
NOTHING_CHOSEN: Final = (
    "您選擇了「{}」，但沒有選擇任何角色。請至少選擇一個類別的角色，或按「不申請這個單位」。"
)
NOTHING_CHANGED: Final = "您沒有修改任何內容，申請仍在審核中，不需要再送出一次。"


@dataclass(frozen=True)
class UpdatableApplication:
    """An application as its holder may change it now, with what it asks for by unit."""

    account: Account
    application: Application
    identity: str
    seen: str
    asked: Sequence[UnitLine]


@dataclass(frozen=True)
class ApplicationChanges:
    """What the applicant wants instead: answers, and by unit code what is asked for there.

    Other units stay as they are, but for what waits at closed ones. `seen`: how it stood (`as_seen`).
    """

    answers: dict[str, Any]
    seen: str
    units: Mapping[str, tuple[WantedPermission, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Updated:
    """What an update changed; `contact` says that other answers were given."""

    case_number: str
    requests: tuple[RequestChange, ...]
    contact: bool


def begin_update(system: InformationSystem, draft: Draft, at: Circumstance) -> None:
    """Remember in the draft whose application the visitor wants to change; the card proves it afterwards.

    The draft's number was asked behind a captcha. Raises `Refusal` where nothing can be changed.
    """
    with write() as session:
        account = _holder(session, system, draft, at)
        if account is None or not mean_account(session, draft.id, account.id):
            raise Refusal(TOO_OLD, status=410, code="draft-gone")
        _updatable(session, account)


def application_to_update(system: InformationSystem, draft: Draft, at: Circumstance) -> UpdatableApplication:
    """The application of the holder who was proved by card within half an hour. Raises `Refusal`."""
    session = read()
    account = session.get(Account, draft.proved_account or 0, populate_existing=True)
    if account is None or account.system != system.key:
        raise Refusal(PROVE_FIRST, status=403, code="update-unproved")
    application = _updatable(session, account)
    asked = asked_by_unit(session, system, application.requests, at.now)
    return UpdatableApplication(
        account, application, masked_identity(account, at), as_seen(application), asked
    )


def update_application(
    system: InformationSystem, draft: Draft, changes: ApplicationChanges, at: Circumstance
) -> Updated:
    """更新申請: keep what the applicant sends instead, as one new version for the reviewers.

    The same form sent twice changes nothing the second time. Raises `Refusal`, or `Overtaken` where
    somebody decided after the applicant had looked.
    """
    with write() as session:
        account, application = _proved(session, system, draft)
        _check_name(session, account, changes.answers["name"])
        stale = as_seen(application) != changes.seen
        answers = corrected(system, application.answers, changes.answers)
        new_text = answers != application.answers
        done: list[RequestChange] = []
        for code, wanted in changes.units.items():
            unit = unit_to_ask_at(session, system, code, at)
            if not (wanted or stale or asks_at(application, unit)):
                raise Refusal(NOTHING_CHOSEN.format(unit.name), field="permissions", code="nothing-chosen")
            done += change_requests(session, system, application, account, unit, wanted)
        done += take_back_closed(session, application, at)
        done += send_again(session, system, application)
        if not done and not new_text:
            if stale:
                return Updated(application.case_number, (), contact=False)
            raise Refusal(NOTHING_CHANGED, code="nothing-changed")
        if stale:
            raise Overtaken(DECIDED_MEANWHILE)
        if not undecided(application):
            field = "permissions" if changes.units else "unit"
            raise Refusal(NOTHING_LEFT, field=field, code="nothing-left")
        _keep(session, system, account, application, answers, at)
        record(
            session,
            EventType.APPLICATION_UPDATED,
            at,
            actor=signature(account),
            target=application.case_number,
            requests=[change.told() for change in done],
            contact=new_text,
        )
        return Updated(application.case_number, tuple(done), new_text)


def withdraw_application(system: InformationSystem, draft: Draft, at: Circumstance) -> str:
    """撤回申請 by its proved holder: an account that was never in use ends, a suspended one stays so.

    Returns the case number. Raises `Refusal`.
    """
    with write() as session:
        account, application = _proved(session, system, draft)
        take_back(session, application)
        if not change_application(session, application, ApplicationState.WITHDRAWN, at.now):
            raise Overtaken(DECIDED_MEANWHILE)
        who, case = signature(account), application.case_number
        record(session, EventType.APPLICATION_WITHDRAWN, at, actor=who, target=case)
        if account.state is AccountState.PENDING:
            if not change_state(session, account, AccountState.ENDED, ended_at=at.now):
                raise Overtaken(DECIDED_MEANWHILE)
            unbind_everything(session, system, account, at, actor=who)
            record(session, EventType.ACCOUNT_ENDED, at, actor=who, target=who, reason="withdrawn")
        return case


def _holder(session: Session, system: InformationSystem, draft: Draft, at: Circumstance) -> Account | None:
    number = draft.answers.get("personal_number")
    if not number:
        return None
    found = account_of_identity(session, system.key, blind_index(identity_key(at), number))
    return locked(session, found.id) if found else None


def _proved(session: Session, system: InformationSystem, draft: Draft) -> tuple[Account, Application]:
    """The proved holder's account, locked, and the application that may still be changed."""
    if draft.proved_account is None:
        raise Refusal(PROVE_FIRST, status=403, code="update-unproved")
    account = locked(session, draft.proved_account)
    if account.system != system.key:
        raise Refusal(PROVE_FIRST, status=403, code="update-unproved")
    return account, _updatable(session, account)


def _updatable(session: Session, account: Account) -> Application:
    if account.state is AccountState.ACTIVE:
        raise Refusal(IN_USE_NOW, status=409, code="account-in-use")
    application = open_application(session, account.id)
    if application is None or account.state is AccountState.ENDED:
        raise Refusal(NOTHING_OPEN, status=409, code="nothing-open")
    return application


def _check_name(session: Session, account: Account, name: str) -> None:
    """The holder was proved by a card: the application is in the name that stands on it."""
    names = [row.holder_name for row in bindings_of(session, account.id)]
    if names and not any(same_name(certified, name) for certified in names):
        raise Refusal(f"姓名請和您的卡片相同（{names[-1]}）。", field="name")


def _keep(
    session: Session,
    system: InformationSystem,
    account: Account,
    application: Application,
    answers: dict[str, Any],
    at: Circumstance,
) -> None:
    """One new version; the account of somebody who never had one follows it, a suspended one waits."""
    back = account.state is AccountState.SUSPENDED
    if not renew_application(
        session,
        application,
        ApplicationState.SUBMITTED,
        purpose=ApplicationPurpose.RETURN if back else application.purpose,
        answers=answers,
        notice_version=system.notice.version if system.notice else "",
        agreed_at=at.now,
    ):
        raise Overtaken(DECIDED_MEANWHILE)
    if account.state is not AccountState.PENDING:
        return
    before = account.email
    for column, value in holder_values(answers).items():
        setattr(account, column, value)
    asked_at = [request.unit_id for request in undecided(application)]
    if account.unit_id not in asked_at:
        home = unit_by_id(session, asked_at[0])
        account.unit_id, account.unit_path = home.id, home.path
    session.flush()
    for address in [before, account.email] if before != account.email else []:
        post_letter(session, letters.contact_changed(system, account, address, at.now), at, account)
