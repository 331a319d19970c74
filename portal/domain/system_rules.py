"""The rules that a system file declares: passwords, cards, review, expiry."""

from __future__ import annotations

from dataclasses import dataclass
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
class ExpiryRule:
    """逾期: an application that waits so many days for its own applicant is over; an account not yet open ends with it.

    What waits for reviewers never expires.
    """

    days: int


@dataclass(frozen=True)
class ReviewRule:
    """審核方式."""

    per: Literal["application", "request"] = "application"
    route: tuple[Literal["unit", "ancestors", "service-desk"], ...] = ("unit", "ancestors", "service-desk")
    menu: str = "帳號啟用"
