"""核准, 駁回 and 退回補件 of requests, each by itself (manual 5, 各系統管理者將進行審核)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from portal.domain.account import Account, AccountState
from portal.domain.actor import Circumstance
from portal.domain.application import (
    Application,
    PermissionRequest,
    RequestState,
)
from portal.domain.grant import Grant
from portal.domain.offers import WantedPermission, check_wanted
from portal.domain.refusal import NotFound, Overtaken, Refusal
from portal.domain.system import InformationSystem
from portal.store.accounts import locked
from portal.store.applications import application_by_public_id, application_held, change_application
from portal.store.database import now_holds, read, write
from portal.store.grants import grant_permissions, grants_of
from portal.store.permission_requests import applications_of_requests, decide_request, hold_routes
from portal.store.units import unit_by_id
from portal.usecases.apply.change_requests import state_by_requests
from portal.usecases.review.open_by_approval import end_if_refused, open_by_approval, settle_unit
from portal.usecases.review.report_decisions import OUTCOMES, Decision, report_decisions, ticked_place
from portal.usecases.review.review_requests import reach_now, same_person, within_reach
from portal.usecases.review.route_request import reroute_after

REASON_LIMIT: Final = 300
EDITED: Final = "申請人在您查看之後修改了申請內容，這次沒有作任何決定。請核對下方的最新內容後再決定。"
OWN: Final = "不能審核自己的申請，請由其他管理者或系統服務台處理。"


@dataclass(frozen=True)
class Decided:
    """What became of an application, as a sentence for the reviewer."""

    case_number: str
    sentence: str


def decide_requests(
    system: InformationSystem,
    public_id: str,
    decisions: Mapping[str, Decision],
    version: int,
    at: Circumstance,
) -> Decided:
    """Decide these requests of an application, by their public numbers; all of them, or none.

    `version`: of the application as the reviewer saw it. Raises `NotFound`, `Overtaken`, `Refusal`.
    """
    _check(decisions)
    with write() as session:
        account, application = _held(session, system, public_id, at)
        wanted = _wanted(session, system, application, decisions, at)
        if application.version != version:
            raise Overtaken(EDITED)
        before = account.state
        for request, decision in wanted:
            _decide(session, system, request, decision, at)
        approved = [request for request, decision in wanted if decision.outcome is RequestState.APPROVED]
        if approved:
            open_by_approval(session, system, account, application, at)
            reroute_after(session, system, _grant(session, account, approved, at))
        settle_unit(session, account, application)
        _move_on(session, application, at)
        end_if_refused(session, system, account, application, at)
        opened = account.state is AccountState.ACTIVE and before is not account.state
        return Decided(
            application.case_number,
            report_decisions(session, system, account, application, wanted, opened, at),
        )


@dataclass(frozen=True)
class Outcome:
    """What became of one ticked application, as a sentence for the reviewer."""

    case_number: str
    done: bool
    sentence: str


def approve_several(
    system: InformationSystem, ticked: Sequence[tuple[str, int]], at: Circumstance
) -> list[Outcome]:
    """核准 of ticked rows (number of the request, version seen): each application in its own transaction.

    Requests of one application are decided together, so that its applicant gets one letter. What lies out of
    reach is told by its place among the ticked rows.
    """
    wanted: dict[tuple[str, str, int], dict[str, Decision]] = {}
    known = applications_of_requests(read(), [public_id for public_id, _ in ticked])
    for public_id, version in ticked:
        key = (*known.get(public_id, ("", "")), version)
        wanted.setdefault(key, {})[public_id] = Decision(RequestState.APPROVED)
    places = {public_id: place for place, (public_id, _) in enumerate(ticked, 1)}
    outcomes = []
    for (of, case, version), decisions in wanted.items():
        try:
            decided = decide_requests(system, of, decisions, version, at)
            outcomes.append(Outcome(case, True, decided.sentence))
        except Refusal as refusal:
            called = (
                ticked_place(*(places[one] for one in decisions)) if isinstance(refusal, NotFound) else case
            )
            outcomes.append(Outcome(called, False, refusal.sentence))
    return outcomes


def _check(decisions: Mapping[str, Decision]) -> None:
    if not decisions:
        raise Refusal("還沒有選擇任何決定。請至少對一項選擇核准、駁回或退回補件，再按「送出審核結果」。")
    for public_id, decision in decisions.items():
        if decision.outcome is not RequestState.APPROVED and not decision.reason:
            words = OUTCOMES[decision.outcome]
            raise Refusal(f"選擇{words}時請填寫原因，申請人會在通知信看到。", field=f"reason-{public_id}")
        if len(decision.reason) > REASON_LIMIT:
            long = f"原因最多 {REASON_LIMIT} 個字，現在有 {len(decision.reason)} 個字，請縮短。"
            raise Refusal(long, field=f"reason-{public_id}")


def _held(
    session: Session, system: InformationSystem, public_id: str, at: Circumstance
) -> tuple[Account, Application]:
    """The account and the application, both held, if anything in it came to the actor."""
    found = application_by_public_id(session, public_id)
    if found is None:
        raise NotFound
    account = locked(session, found.account_id)
    hold_routes(session, system.key)  # before any row of a request: so does whoever sends requests elsewhere
    application = application_held(session, found.id)
    actor = at.require_actor()
    reach = reach_now(session, actor, system)
    if not within_reach(reach, system, application):
        raise NotFound
    if same_person(session.get_one(Account, actor.account_id), account):
        raise Refusal(OWN, status=403, code="own-request")
    return account, application


def _wanted(
    session: Session,
    system: InformationSystem,
    application: Application,
    decisions: Mapping[str, Decision],
    at: Circumstance,
) -> list[tuple[PermissionRequest, Decision]]:
    """The requests that are decided, in their order; who was faster is named."""
    reach = reach_now(session, at.require_actor(), system)
    known = {request.public_id: request for request in application.requests}
    if any(public_id not in known for public_id in decisions):
        raise NotFound
    wanted = [(known[public_id], decision) for public_id, decision in decisions.items()]
    for request, _ in wanted:
        if request.state is RequestState.WITHDRAWN:
            raise Overtaken(EDITED)
        if not reach.decides(request.account_id, request.permission, request.review_path):
            raise NotFound
        if request.state is not RequestState.REQUESTED:
            raise Overtaken(_faster(session, system, request))
    return sorted(wanted, key=lambda pair: pair[0].id)


def _faster(session: Session, system: InformationSystem, request: PermissionRequest) -> str:
    decider = session.get(Account, request.decided_by_id) if request.decided_by_id else None
    who = decider.holder_name if decider else "其他管理者"
    return (
        f"「{system.permission_label(request.permission)}」剛才已由{who}{OUTCOMES[request.state]}，"
        "這次沒有作任何決定。請查看最新狀態，再決定其餘的項目。"
    )


def _decide(
    session: Session,
    system: InformationSystem,
    request: PermissionRequest,
    decision: Decision,
    at: Circumstance,
) -> None:
    by_id = at.require_actor().account_id
    if decision.outcome is RequestState.APPROVED:
        unit = unit_by_id(session, request.unit_id)
        if unit.closed_at(at.now):
            raise Refusal(f"「{unit.name}」已經停止使用，不能核准；請退回補件，請申請人改選單位。")
        check_wanted(system, unit.kind, unit.businesses, [as_wanted(request)])
    if not decide_request(session, request, decision.outcome, decision.reason, at.now, by_id):
        session.refresh(request)
        raise Overtaken(_faster(session, system, request) if request.decided_by_id else EDITED)
    now_holds(
        request,
        state=decision.outcome,
        reason=decision.reason or None,
        decided_at=at.now,
        decided_by_id=by_id,
    )


def _grant(
    session: Session, account: Account, approved: Sequence[PermissionRequest], at: Circumstance
) -> list[Grant]:
    """Give what was approved; returns the grants that began or were replaced."""
    asked = {(request.permission, request.unit_id) for request in approved}
    changed = [
        grant for grant in grants_of(session, account.id) if (grant.permission, grant.unit_id) in asked
    ]
    for request in approved:
        place = (request.unit_id, request.unit_path)
        grant_permissions(
            session, account, [as_wanted(request)], at.now, at.require_actor().account_id, place
        )
    begun = [grant for grant in grants_of(session, account.id) if (grant.permission, grant.unit_id) in asked]
    return changed + begun


def _move_on(session: Session, application: Application, at: Circumstance) -> None:
    """The application as its requests stand: waiting, returned to the applicant, or decided."""
    new = state_by_requests(application)
    if new is application.state:
        return
    if not change_application(session, application, new, at.now):
        raise Overtaken(EDITED)


def as_wanted(request: PermissionRequest) -> WantedPermission:
    """What was asked for, as it is checked and given."""
    return WantedPermission(request.permission, request.role, tuple(request.options))
