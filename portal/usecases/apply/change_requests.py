"""What an application asks for, changed while it is undecided (manual 5 step 12, 個人資料維護)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from sqlalchemy.orm import Session

from portal.domain.account import Account
from portal.domain.actor import Circumstance
from portal.domain.application import Application, ApplicationState, PermissionRequest, RequestState
from portal.domain.offers import WantedPermission, check_wanted
from portal.domain.refusal import Overtaken, Refusal
from portal.domain.system import InformationSystem
from portal.domain.unit import Unit
from portal.store.database import read
from portal.store.permission_requests import UNDECIDED, hold_routes, resend_request, withdraw_request
from portal.store.units import unit_by_code, unit_by_id
from portal.usecases.apply.write_application import new_request
from portal.usecases.review.route_request import route_request

MOST_UNITS: Final = 20
"""Units that one application may ask for permissions at."""
_DECISIONS: Final = (RequestState.APPROVED, RequestState.REFUSED, RequestState.RETURNED)
DECIDED_MEANWHILE: Final = (
    "審核人員剛才處理了這份申請，您看到的已經不是最新狀態。您填寫的內容都還在，"
    "請看過最新的審核結果後再送出一次。"
)


@dataclass(frozen=True)
class RequestChange:
    """One line of what was changed: which permission at which unit, in which role, and what became of it."""

    what: Literal["added", "changed", "sent-again", "withdrawn"]
    unit: str
    permission: str
    role: str
    options: tuple[str, ...] = ()

    def told(self) -> dict[str, Any]:
        """The same for the audit trail, and for the page that tells it."""
        return asdict(self)


def undecided(application: Application) -> list[PermissionRequest]:
    """Requests that nobody has decided yet; what was returned waits for the applicant."""
    return [request for request in application.requests if request.state in UNDECIDED]


def as_seen(application: Application | None) -> str:
    """What a form about an application keeps of how it stood: its version, and how much was decided.

    Decisions leave the version alone, so that two reviewers do not disturb each other; the applicant is
    told of both. "" where there is no application yet.
    """
    if application is None:
        return ""
    decided = sum(request.state in _DECISIONS for request in application.requests)
    return f"{application.version}.{decided}"


def asks_at(application: Application, unit: Unit) -> bool:
    """Whether anything at the unit waits for a decision."""
    return any(request.unit_id == unit.id for request in undecided(application))


def unit_to_ask_at(session: Session, system: InformationSystem, code: str, at: Circumstance) -> Unit:
    """A unit that people may ask for permissions at; raises `Refusal`."""
    unit = unit_by_code(session, code) if code else None
    if unit is None or unit.closed_at(at.now) or system.unit_kind_of(unit.kind) is None:
        raise Refusal("這個單位目前不能申請，請按「選擇」重新查詢單位。", field="unit")
    return unit


def check_asked(
    system: InformationSystem, code: str, wanted: tuple[WantedPermission, ...], at: Circumstance
) -> None:
    """Raise `Refusal` unless this may be asked for at the unit with this code."""
    unit = unit_to_ask_at(read(), system, code, at)
    if wanted:
        check_wanted(system, unit.kind, unit.businesses, wanted)


def change_requests(
    session: Session,
    system: InformationSystem,
    application: Application,
    account: Account,
    unit: Unit,
    wanted: tuple[WantedPermission, ...],
    held: Mapping[str, WantedPermission] | None = None,
) -> list[RequestChange]:
    """Make the undecided requests at a unit what is wanted there; decided ones stay as they are.

    What is `held` there already is not asked for again. Whoever calls it has the account locked. Raises
    `Refusal`, or `Overtaken` where a reviewer was faster.
    """
    hold_routes(session, system.key)  # before any row of a request: so does whoever sends requests elsewhere
    units = {request.unit_id for request in undecided(application)}
    waiting = {
        request.permission: request for request in undecided(application) if request.unit_id == unit.id
    }
    if wanted:
        wanted = check_wanted(system, unit.kind, unit.businesses, wanted)
        if not waiting and len(units) >= MOST_UNITS:
            raise Refusal(f"一份申請最多 {MOST_UNITS} 個單位，請等審核後再申請其他單位。", field="unit")
    asked = [one for one in wanted if not _same(one, (held or {}).get(one.permission))]
    changes = [
        _withdraw(session, request, unit)
        for permission, request in waiting.items()
        if permission not in {one.permission for one in asked}
    ]
    for one in asked:
        request = waiting.get(one.permission)
        if request is None:
            application.requests.append(new_request(session, system, account.id, unit, one))
            changes.append(RequestChange("added", unit.name, one.permission, one.role, one.options))
        elif not _same(one, _wanted(request)):
            _send(session, system, request, one)
            changes.append(RequestChange("changed", unit.name, one.permission, one.role, one.options))
    session.flush()
    return changes


def send_again(
    session: Session, system: InformationSystem, application: Application, unit: Unit | None = None
) -> list[RequestChange]:
    """What was returned (at this unit, or anywhere) goes to its reviewers again, as it stands."""
    changes = []
    for request in undecided(application):
        if request.state is RequestState.RETURNED and (unit is None or request.unit_id == unit.id):
            one = _wanted(request)
            _send(session, system, request, one)
            name = unit_by_id(session, request.unit_id).name
            changes.append(RequestChange("sent-again", name, one.permission, one.role, one.options))
    return changes


def take_back_closed(session: Session, application: Application, at: Circumstance) -> list[RequestChange]:
    """Withdraw what is undecided at units that have closed meanwhile: nobody could approve it any more."""
    waiting = [(request, unit_by_id(session, request.unit_id)) for request in undecided(application)]
    return [_withdraw(session, request, unit) for request, unit in waiting if unit.closed_at(at.now)]


def take_back(session: Session, application: Application) -> None:
    """Withdraw whatever is undecided; raises `Overtaken` where a reviewer was faster."""
    for request in undecided(application):
        if not withdraw_request(session, request):
            raise Overtaken(DECIDED_MEANWHILE)


def state_by_requests(application: Application) -> ApplicationState:
    """Where an application stands by what its requests say."""
    states = {request.state for request in application.requests}
    if RequestState.REQUESTED in states:
        return ApplicationState.SUBMITTED
    if RequestState.RETURNED in states:
        return ApplicationState.RETURNED
    return ApplicationState.WITHDRAWN if states <= {RequestState.WITHDRAWN} else ApplicationState.DECIDED


def _withdraw(session: Session, request: PermissionRequest, unit: Unit) -> RequestChange:
    if not withdraw_request(session, request):
        raise Overtaken(DECIDED_MEANWHILE)
    return RequestChange("withdrawn", unit.name, request.permission, request.role, tuple(request.options))


def _send(
    session: Session, system: InformationSystem, request: PermissionRequest, one: WantedPermission
) -> None:
    path = route_request(session, system, request.permission, request.unit_path, request.account_id)
    if not resend_request(session, request, one, path):
        raise Overtaken(DECIDED_MEANWHILE)


def _wanted(request: PermissionRequest) -> WantedPermission:
    return WantedPermission(request.permission, request.role, tuple(request.options))


def _same(one: WantedPermission, other: WantedPermission | None) -> bool:
    return other is not None and (one.role, set(one.options)) == (other.role, set(other.options))
