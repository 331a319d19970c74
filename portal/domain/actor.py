"""Who acts, and under which circumstances."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.config import Settings
from portal.domain.permission import Permission


@dataclass(frozen=True)
class Actor:
    """操作者: the signed-in account, as it was when the request began.

    `seats`: permission and unit path of what they hold in a role that reviews.
    """

    account_id: int
    public_id: str
    system: str
    kind: str
    name: str
    holder_name: str
    unit_id: int
    unit_path: str
    permissions: frozenset[Permission]
    every_system: bool
    session_hash: str
    session_started_at: datetime
    seats: tuple[tuple[str, str], ...] = ()

    @property
    def signature(self) -> str:
        """How the audit trail names them."""
        return f"{self.system}/{self.name}"


@dataclass(frozen=True)
class Circumstance:
    """情境: the time, the place and the settings of one act; below the web nobody asks a clock."""

    now: datetime
    address: str
    request_id: str
    settings: Settings
    actor: Actor | None = None

    def require_actor(self) -> Actor:
        """The actor, where the route has made sure that there is one."""
        if self.actor is None:
            raise AssertionError("an act that needs an actor was reached without one")
        return self.actor
