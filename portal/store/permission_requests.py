"""Requests for permissions, on their way to the reviewers."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.application import PermissionRequest, RequestState
from portal.domain.unit import path_end

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
