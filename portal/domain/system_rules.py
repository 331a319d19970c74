"""The rules that a system file declares: passwords, cards, review, dormancy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal


@dataclass(frozen=True)
class PasswordRule:
    """密碼規則; lengths count characters."""

    length: tuple[int, int]
    label: str
    require: tuple[Literal["upper", "lower", "digit", "symbol"], ...] = ()
    symbols: str = ""
    history: int = 3


@dataclass(frozen=True)
class CardRule:
    """憑證規則: which families of cards a system accepts, and how the first card of an account is bound.

    `first_by`: by a signed-in holder, or by a code mailed to the address of the application.
    """

    profiles: tuple[Literal["moica", "moeaca", "hca"], ...] = ("moica",)
    first_by: Literal["signed-in", "mailed-code"] = "signed-in"


@dataclass(frozen=True)
class ReviewRule:
    """審核方式."""

    per: Literal["application", "request"] = "application"
    route: tuple[Literal["unit", "ancestors", "service-desk"], ...] = ("unit", "ancestors", "service-desk")
    menu: str = "帳號啟用"


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
