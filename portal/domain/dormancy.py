"""How long an account may go unused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Dormancy:
    """閒置停用: after so many days without sign-in an account is suspended; letters warn before.

    Days are 24 hours from the last sign-in on, in whatever calendar.
    """

    days: int
    warn_before: tuple[int, ...] = ()

    def ends(self, idle_since: datetime) -> datetime:
        """When the account is to be suspended."""
        return idle_since + timedelta(days=self.days)

    def warning(self, idle_since: datetime, now: datetime) -> int | None:
        """The nearest of the warnings that are due; None before the first, and once it is too late."""
        left = self.ends(idle_since) - now
        due = [days for days in self.warn_before if left <= timedelta(days=days)]
        return min(due) if due and left > timedelta(0) else None
