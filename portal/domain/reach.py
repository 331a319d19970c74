"""Whose accounts an administrator may see and review."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from portal.domain.unit import path_end


@dataclass(frozen=True)
class Reach:
    """管理範圍: the units at and below `path`, but not those that a nearer administrator serves.

    So a unit without an administrator is served by the next one above it (manual 1 step 7 of the
    procedure: 清潔隊 by the bureau of its county). `path` "" is the whole tree (the service desk).
    """

    path: str
    served_elsewhere: tuple[str, ...] = ()

    def covers(self, unit_path: str) -> bool:
        """Whether an account of the unit with this path is within reach."""
        return unit_path.startswith(self.path) and not any(
            unit_path.startswith(other) for other in self.served_elsewhere
        )


def reach_from(path: str, administered: Iterable[str]) -> Reach:
    """The reach of an administrator at `path`, given the paths of all units that have one.

    Nested paths are dropped, since the outer one already excludes them.
    """
    outermost: list[str] = []
    for other in sorted(set(administered)):
        if path < other < path_end(path) and not (outermost and other.startswith(outermost[-1])):
            outermost.append(other)
    return Reach(path, tuple(outermost))


WHOLE_TREE = Reach("")


@dataclass(frozen=True)
class ReviewReach:
    """審核範圍: the requests that come to a reviewer, by permission and path of the unit they review at.

    A request comes to them when it was sent there (`PermissionRequest.review_path`); what was granted can
    be withdrawn at these units and below. Path "" is the service desk's. Nobody's own is ever within it.
    """

    account_id: int
    seats: tuple[tuple[str, str], ...]

    def decides(self, account_id: int, permission: str, review_path: str) -> bool:
        """Whether a request of this account for the permission, sent to this unit, is theirs to decide."""
        return account_id != self.account_id and (permission, review_path) in self.seats

    def watches(self, account_id: int, permission: str, unit_path: str) -> bool:
        """Whether they may withdraw the permission from this account at this unit."""
        return account_id != self.account_id and any(
            permission == of and unit_path.startswith(path) for of, path in self.seats
        )
