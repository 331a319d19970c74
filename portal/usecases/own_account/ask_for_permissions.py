"""個人資料維護: asking for other permissions, at one's own unit or another (多單位)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from portal.domain.account import Account, holder_answers
from portal.domain.actor import Circumstance
from portal.domain.application import (
    Application,
    ApplicationPurpose,
    ApplicationState,
    RequestState,
    new_case_number,
)
from portal.domain.audit import EventType
from portal.domain.offers import WantedPermission, check_wanted
from portal.domain.refusal import NotFound, Overtaken, Refusal
from portal.domain.system import InformationSystem
from portal.store.applications import open_application, renew_application
from portal.store.audit_events import record
from portal.store.database import write
from portal.store.grants import grants_of
from portal.store.permission_requests import withdraw_request
from portal.store.units import unit_by_id
from portal.usecases.apply.change_requests import (
    DECIDED_MEANWHILE,
    RequestChange,
    as_seen,
    change_requests,
    send_again,
    state_by_requests,
    take_back_closed,
    unit_to_ask_at,
)
from portal.usecases.entry.use_own_account import own_account_locked
from portal.usecases.review.activate_account import signature

NOTHING_NEW: Final = "您在這個單位的權限和申請已經是這樣，不需要再申請。"
NOTHING_CHOSEN: Final = "請至少選擇一個類別的角色。要放棄已經持有的權限，請用「放棄權限」。"


@dataclass(frozen=True)
class Asked:
    """What was sent to the reviewers; `case_number` is that of the open application."""

    case_number: str
    requests: tuple[RequestChange, ...]


def ask_for_permissions(
    system: InformationSystem,
    unit_code: str,
    wanted: tuple[WantedPermission, ...],
    seen: str,
    at: Circumstance,
) -> Asked:
    """送出申請: what the actor wants to hold at a unit; what is held there already is not asked for again.

    It goes into the actor's open application, or opens one. `seen`: how that stood (`as_seen`), "" if there
    was none. Raises `Refusal`, or `Overtaken`.
    """
    with write() as session:
        account = own_account_locked(session, system, at)
        unit = unit_to_ask_at(session, system, unit_code, at)
        held = held_at(session, account.id, unit.id)
        found = open_application(session, account.id)
        stale = as_seen(found) != seen
        application = found or _new_application(system, account, at)
        if wanted:
            wanted = check_wanted(system, unit.kind, unit.businesses, wanted)
        session.add(application)
        done = change_requests(session, system, application, account, unit, wanted, held)
        done += send_again(session, system, application, unit)
        if not done and wanted and found and stale:
            return Asked(application.case_number, ())  # the same form sent twice
        if not done:
            raise Refusal(NOTHING_NEW if wanted else NOTHING_CHOSEN, field="permissions", code="nothing-new")
        if stale:
            raise Overtaken(DECIDED_MEANWHILE)
        done += take_back_closed(session, application, at)
        _keep(session, system, application, at)
        record(
            session,
            EventType.APPLICATION_UPDATED if found else EventType.APPLICATION_SUBMITTED,
            at,
            actor=signature(account),
            target=application.case_number,
            requests=[change.told() for change in done],
        )
        return Asked(application.case_number, tuple(done))


def withdraw_one_request(system: InformationSystem, public_id: str, at: Circumstance) -> RequestChange:
    """撤回 of one of the actor's requests while nobody has decided it. Raises `NotFound`, `Overtaken`."""
    with write() as session:
        account = own_account_locked(session, system, at)
        application = open_application(session, account.id)
        found = [one for one in application.requests if one.public_id == public_id] if application else []
        if application is None or not found:
            raise NotFound
        (request,) = found
        if request.state is RequestState.WITHDRAWN or not withdraw_request(session, request):
            raise Overtaken("這一項剛才已經審核或撤回，請查看最新狀態。")
        state = state_by_requests(application)
        ended = (
            {} if state in (ApplicationState.SUBMITTED, ApplicationState.RETURNED) else {"decided_at": at.now}
        )
        if not renew_application(session, application, state, **ended):
            raise Overtaken(DECIDED_MEANWHILE)
        name = unit_by_id(session, request.unit_id).name
        change = RequestChange("withdrawn", name, request.permission, request.role, tuple(request.options))
        whole = state is ApplicationState.WITHDRAWN
        record(
            session,
            EventType.APPLICATION_WITHDRAWN if whole else EventType.APPLICATION_UPDATED,
            at,
            target=application.case_number,
            requests=[change.told()],
        )
        return change


def held_at(session: Session, account_id: int, unit_id: int) -> dict[str, WantedPermission]:
    """What an account holds at a unit now, by permission."""
    return {
        grant.permission: WantedPermission(grant.permission, grant.role, tuple(grant.options))
        for grant in grants_of(session, account_id)
        if grant.unit_id == unit_id
    }


def _new_application(system: InformationSystem, account: Account, at: Circumstance) -> Application:
    return Application(
        case_number=new_case_number(system.short, at.now),
        account_id=account.id,
        purpose=ApplicationPurpose.CHANGE,
        state=ApplicationState.SUBMITTED,
        answers=holder_answers(account),
        notice_version=system.notice.version if system.notice else "",
        agreed_at=at.now,
        submitted_at=at.now,
        version=0,
        requests=[],
    )


def _keep(session: Session, system: InformationSystem, application: Application, at: Circumstance) -> None:
    """The next version; the first of a new application counts from nothing."""
    state = state_by_requests(application)
    notice = system.notice.version if system.notice else ""
    if not renew_application(session, application, state, notice_version=notice, agreed_at=at.now):
        raise Overtaken(DECIDED_MEANWHILE)
