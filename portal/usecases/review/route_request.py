"""Which unit's managers decide a request (manual 5, 各系統管理者將進行審核)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy.orm import Session

from portal.domain.grant import Grant
from portal.domain.system import InformationSystem
from portal.domain.unit import paths_up
from portal.store.grants import managers_at, nearest_reviewers
from portal.store.permission_requests import hold_routes, send_undecided

SERVICE_DESK: Final = ""
"""Where a request goes that nobody else reviews."""


def route_request(
    session: Session, system: InformationSystem, permission: str, unit_path: str, applicant_id: int
) -> str:
    """Path of the nearest unit, from the request's own upwards, that has a manager of this permission.

    The applicant does not count: nobody reviews their own. "" is the service desk, the last stop.
    """
    roles = system.reviewing_roles()
    if system.review.per != "request" or not roles:
        return SERVICE_DESK
    hold_routes(session, system.key)
    return nearest_reviewers(session, system.key, permission, roles, unit_path, applicant_id)


def reroute_requests(session: Session, system: InformationSystem, permission: str, unit_path: str) -> None:
    """Send undecided requests to whom they belong now; call it after managers of a unit have come or gone.

    Two UPDATEs however many requests there are. Those that lie with a unit further down are left alone:
    whoever is nearer there has not changed. The others all go to the nearest unit from here upwards that has
    a manager; only where that is a single person do that person's own requests go on to the next.
    """
    roles = system.reviewing_roles()
    if system.review.per != "request" or not roles:
        return
    session.flush()
    hold_routes(session, system.key)
    upwards = paths_up(unit_path)
    managers = managers_at(session, system.key, permission, roles, upwards)
    nearest = max(managers, default=SERVICE_DESK)
    few = managers.get(nearest, set())
    (only,) = few if len(few) == 1 else (None,)
    where = (session, system.key, permission, unit_path, [SERVICE_DESK, *upwards])
    send_undecided(*where, to=nearest, but_not=only)
    if only is not None:
        beyond = max((path for path, people in managers.items() if people != {only}), default=SERVICE_DESK)
        send_undecided(*where, to=beyond, only_of=only)


def reroute_after(session: Session, system: InformationSystem, changed: Iterable[Grant]) -> None:
    """The same for every one of these grants, begun or ended, whose role reviews."""
    roles = system.reviewing_roles()
    for permission, path in sorted({(g.permission, g.unit_path) for g in changed if g.role in roles}):
        reroute_requests(session, system, permission, path)
