"""Requests for permissions, on their way to the reviewers."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.domain.application import PermissionRequest, RequestState
from portal.domain.offers import WantedPermission
from portal.domain.unit import path_end
from portal.store.database import now_holds, rows_changed

UNDECIDED = (RequestState.REQUESTED, RequestState.RETURNED)


def undecided_below(
    session: Session, system: str, permission: str, unit_path: str
) -> Sequence[PermissionRequest]:
    """Undecided requests for a permission at a unit and below it."""
    query = select(PermissionRequest).where(
        PermissionRequest.system == system,
        PermissionRequest.state.in_(UNDECIDED),
        PermissionRequest.permission == permission,
        PermissionRequest.unit_path >= unit_path,
        PermissionRequest.unit_path < path_end(unit_path),
    )
    return session.scalars(query.order_by(PermissionRequest.id)).all()


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
