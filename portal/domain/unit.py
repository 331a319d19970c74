"""Units of the administration."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from sqlalchemy import JSON, Date, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.base import Base, byte_ordered
from portal.domain.roc_date import TAIPEI

SEGMENT: Final = 5
"""Characters one level takes in a path; base 36, so 60 million units."""

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


class Unit(Base):
    """單位: a place in the one tree of agencies that all information systems share."""

    __tablename__ = "unit"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40), index=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    aliases: Mapped[list[str]] = mapped_column(JSON, default=list)
    businesses: Mapped[list[str] | None] = mapped_column(JSON)
    """業務 the unit has; None: those that the system file gives to its kind."""
    county: Mapped[str | None] = mapped_column(String(10), index=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    path: Mapped[str] = mapped_column(byte_ordered(60), index=True, default="")
    closed_on: Mapped[date | None] = mapped_column(Date)

    def closed_at(self, moment: datetime) -> bool:
        """Whether its day of closing has come by then, in Taiwan; a day to come closes nothing yet."""
        return self.closed_on is not None and self.closed_on <= moment.astimezone(TAIPEI).date()


def path_segment(unit_id: int) -> str:
    """The unit's own part of its path: its number in base 36, of fixed width."""
    text = ""
    while unit_id:
        unit_id, digit = divmod(unit_id, 36)
        text = _DIGITS[digit] + text
    return text.rjust(SEGMENT, "0")


def path_end(path: str) -> str:
    """The first text after every path below `path`, for `path <= p < path_end(path)`."""
    return path + "~"


def paths_up(path: str) -> list[str]:
    """The paths from the root of the tree down to this one."""
    return [path[:end] for end in range(SEGMENT, len(path) + 1, SEGMENT)]
