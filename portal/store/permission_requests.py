"""Requests for permissions, on their way to the reviewers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, select, text, update
from sqlalchemy.orm import Session

from portal.domain.application import Application, PermissionRequest, RequestState
from portal.domain.offers import WantedPermission
from portal.domain.unit import path_end
from portal.store.database import is_sqlite, now_holds, rows_changed, table_of

UNDECIDED = (RequestState.REQUESTED, RequestState.RETURNED)

_HOLD_ROUTES: Final = text("SELECT pg_advisory_xact_lock(7391002, hashtext(:system))")
"""7391002 is an arbitrary number of our own, beside that of the audit chain."""
_REQUEST: Final = table_of(PermissionRequest)
_COLUMN: Final = _REQUEST.c
_APPLICANT: Final = bindparam("applicant", type_=_COLUMN.account_id.type)
_BELOW: Final = (
    _COLUMN.system == bindparam("in_system"),
    _COLUMN.state.in_(UNDECIDED),
    _COLUMN.permission == bindparam("for_permission"),
    _COLUMN.review_path.in_(bindparam("from_paths", expanding=True)),
    _COLUMN.review_path != bindparam("to"),
    _COLUMN.unit_path >= bindparam("path"),
    _COLUMN.unit_path < bindparam("path_end"),
)
_SEND: Final = update(_REQUEST).values(review_path=bindparam("to"))
_SEND_ALL: Final = _SEND.where(*_BELOW)
_SEND_OTHERS: Final = _SEND.where(*_BELOW, _COLUMN.account_id != _APPLICANT)
_SEND_THEIRS: Final = _SEND.where(*_BELOW, _COLUMN.account_id == _APPLICANT)
_DECIDE: Final = (
    update(_REQUEST)
    .where(
        _COLUMN.id == bindparam("request_id"),
        _COLUMN.state == RequestState.REQUESTED,
        _COLUMN.review_path == bindparam("seen_path"),
    )
    .values(
        state=bindparam("new", type_=_COLUMN.state.type),
        reason=bindparam("why", type_=_COLUMN.reason.type),
        decided_at=bindparam("now", type_=_COLUMN.decided_at.type),
        decided_by_id=bindparam("by_id", type_=_COLUMN.decided_by_id.type),
    )
)


def hold_routes(session: Session, system: str) -> None:
    """Until the transaction ends nobody else sends requests of this system, or changes where they go.

    Otherwise a request could be on its way to a manager at the moment that manager goes, and nobody
    would ever see it. On SQLite there is one writer anyway.
    """
    if not is_sqlite(session):
        session.execute(_HOLD_ROUTES, {"system": system})


def send_undecided(
    session: Session,
    system: str,
    permission: str,
    below: str,
    from_paths: Sequence[str],
    to: str,
    *,
    but_not: int | None = None,
    only_of: int | None = None,
) -> int:
    """Give undecided requests for a permission at and below a unit to other reviewers; returns how many moved.

    `from_paths`: only those that lie with these. `but_not`, `only_of`: number of an applicant.
    """
    values: dict[str, Any] = {
        "in_system": system, "for_permission": permission, "from_paths": from_paths, "to": to,
        "path": below, "path_end": path_end(below),
    }  # fmt: skip
    if only_of is not None:
        return rows_changed(session, _SEND_THEIRS, values | {"applicant": only_of})
    if but_not is not None:
        return rows_changed(session, _SEND_OTHERS, values | {"applicant": but_not})
    return rows_changed(session, _SEND_ALL, values)


def applications_of_requests(session: Session, public_ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """Public number and case number of the application that each of these requests belongs to."""
    query = (
        select(_COLUMN.public_id, Application.public_id, Application.case_number)
        .join(Application, Application.id == _COLUMN.application_id)
        .where(_COLUMN.public_id.in_(public_ids))
    )
    return {request: (public_id, case) for request, public_id, case in session.execute(query)}


def decide_request(
    session: Session, request: PermissionRequest, new: RequestState, reason: str, now: datetime, by_id: int
) -> bool:
    """Decide a request as it was read; False if somebody else has, or it went to other reviewers meanwhile."""
    values = {
        "request_id": request.id, "seen_path": request.review_path, "new": new, "why": reason or None,
        "now": now, "by_id": by_id,
    }  # fmt: skip
    return rows_changed(session, _DECIDE, values) == 1


def resend_request(
    session: Session, request: PermissionRequest, wanted: WantedPermission, review_path: str
) -> bool:
    """Send an undecided request again, as it is wanted now; False if it was decided meanwhile."""
    values = {
        "state": RequestState.REQUESTED,
        "role": wanted.role,
        "options": list(wanted.options),
        "review_path": review_path,
        "reason": None,
        "decided_at": None,
        "decided_by_id": None,
    }
    return _change_undecided(session, request, **values)


def withdraw_request(session: Session, request: PermissionRequest) -> bool:
    """Take an undecided request back; False if it was decided meanwhile."""
    return _change_undecided(session, request, state=RequestState.WITHDRAWN)


def _change_undecided(session: Session, request: PermissionRequest, **values: object) -> bool:
    statement = update(PermissionRequest).where(
        PermissionRequest.id == request.id, PermissionRequest.state.in_(UNDECIDED)
    )
    statement = statement.execution_options(synchronize_session=False)
    if rows_changed(session, statement.values(**values)) != 1:
        session.refresh(request)
        return False
    now_holds(request, **values)
    return True
