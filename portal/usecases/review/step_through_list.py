"""上一頁 and 下一頁 of the reviewers' lists, which step from row to row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

COUNT_CAP = 5000
"""Exact totals up to here; above, the page says 超過 5,000 筆."""


class _Numbered(Protocol):
    @property
    def id(self) -> int: ...


Row = TypeVar("Row", bound=_Numbered)
Read = Callable[[int | None, int | None, int], tuple[list[Row], bool, int]]
"""Rows before or after a number, whether more follow that way, and how many there are up to a number."""


@dataclass(frozen=True)
class Stretch(Generic[Row]):
    """One page of a list, and the rows from which the pages beside it go on."""

    rows: list[Row]
    newer: int | None
    older: int | None
    total: int
    capped: bool


def step_through(read: Read[Row], before: int | None, after: int | None) -> Stretch[Row]:
    """The page older than `before` or newer than `after`; the first one if nothing is left there.

    Who decides about the last row of a page comes back to its address, and must not read that the list is empty.
    """
    rows, more, total = read(before, after, COUNT_CAP + 1)
    if total and not rows:
        before = after = None
        rows, more, total = read(None, None, COUNT_CAP + 1)
    newer = rows[0].id if rows and (more if after is not None else before is not None) else None
    older = rows[-1].id if rows and (more or after is not None) else None
    return Stretch(rows, newer, older, min(total, COUNT_CAP), total > COUNT_CAP)
