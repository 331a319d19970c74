"""Which unit's managers decide a request (manual 5, 各系統管理者將進行審核)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from portal.domain.system import InformationSystem
from portal.store.grants import nearest_reviewers
from portal.store.permission_requests import undecided_below


def route_request(
    session: Session, system: InformationSystem, permission: str, unit_path: str, applicant_id: int
) -> str:
    """Path of the nearest unit, from the request's own upwards, that has a manager of this permission.

    The applicant does not count: nobody reviews their own. "" is the service desk, the last stop.
    """
    roles = system.reviewing_roles()
    if system.review.per != "request" or not roles:
        return ""
    return nearest_reviewers(session, system.key, permission, roles, unit_path, applicant_id)


def reroute_requests(session: Session, system: InformationSystem, permission: str, unit_path: str) -> None:
    """Send undecided requests to whom they belong now; call it whenever managers of a unit come or go."""
    for request in undecided_below(session, system.key, permission, unit_path):
        request.review_path = route_request(
            session, system, permission, request.unit_path, request.account_id
        )
    session.flush()
