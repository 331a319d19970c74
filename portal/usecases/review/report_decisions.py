"""What a decision about requests leaves behind: the review, its event, the letter, and words for the reviewer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from portal.domain.account import Account
from portal.domain.actor import Circumstance
from portal.domain.application import Application, PermissionRequest, RequestState, answers_now
from portal.domain.audit import EventType
from portal.domain.grant import Grant
from portal.domain.review import Review
from portal.domain.system import InformationSystem
from portal.mail import letters
from portal.store.audit_events import record
from portal.store.units import unit_by_id
from portal.usecases.post_letter import post_letter
from portal.usecases.review.activate_account import signature
from portal.usecases.review.tell_permissions import role_words

OUTCOMES: Final = {
    RequestState.APPROVED: "核准",
    RequestState.REFUSED: "駁回",
    RequestState.RETURNED: "退回補件",
}
"""What a request can be decided to, in the words of the page."""


@dataclass(frozen=True)
class Decision:
    """What a reviewer wants of one request, and why."""

    outcome: RequestState
    reason: str = ""


def report_decisions(
    session: Session,
    system: InformationSystem,
    account: Account,
    application: Application,
    decided: Sequence[tuple[PermissionRequest, Decision]],
    opened: bool,
    at: Circumstance,
) -> str:
    """Write down what was decided and tell the applicant, once; returns the sentence for the reviewer.

    The letter goes to the address that counts now (`answers_now`): the holder of an account in use may have
    changed it since, and that of a suspended one may be an address that nobody reads any more.
    """
    _write_down(session, account, application, decided, at)
    to = answers_now(account, application)["email"]
    lines = [
        (OUTCOMES[one.outcome], words_of(session, system, request), one.reason) for request, one in decided
    ]
    waiting = sum(request.state is RequestState.REQUESTED for request in application.requests)
    case = application.case_number
    letter = letters.requests_decided(system, to, case, lines, waiting, account.state, opened)
    post_letter(session, letter, at, account)
    counts = [
        f"{words} {count} 項"
        for outcome, words in OUTCOMES.items()
        if (count := sum(decision.outcome is outcome for _, decision in decided))
    ]
    told = f"{account.holder_name}的申請（{case}）已{'、'.join(counts)}"
    return f"{told}{'，帳號已可登入' if opened else ''}，並已寄信通知申請人。"


def _write_down(
    session: Session,
    account: Account,
    application: Application,
    decided: Sequence[tuple[PermissionRequest, Decision]],
    at: Circumstance,
) -> None:
    outcomes = {decision.outcome.value for _, decision in decided}
    written = [
        {
            "permission": request.permission,
            "role": request.role,
            "options": request.options,
            "unit": request.unit_path,
            "outcome": decision.outcome.value,
            "reason": decision.reason,
        }
        for request, decision in decided
    ]
    session.add(
        Review(
            application_id=application.id,
            reviewer_id=at.require_actor().account_id,
            outcome=outcomes.pop() if len(outcomes) == 1 else "mixed",
            changes={"decided": written},
            decided_at=at.now,
        )
    )
    session.flush()
    record(
        session,
        EventType.REQUESTS_DECIDED,
        at,
        target=signature(account),
        case=application.case_number,
        decided=written,
    )


def words_of(session: Session, system: InformationSystem, of: PermissionRequest | Grant) -> str:
    """新北市政府衛生局　個人防護裝備：管理者, as letters name a permission."""
    unit = unit_by_id(session, of.unit_id)
    role = role_words(system, of.permission, of.role, of.options)
    return f"{unit.name}　{system.permission_label(of.permission)}：{role}"


def ticked_place(*places: int) -> str:
    """勾選的第 2、3 筆: what a row is called that the actor may not know."""
    return f"勾選的第 {'、'.join(map(str, places))} 筆"
