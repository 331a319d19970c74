"""單位查詢: finding the unit one applies for (manual 5 step 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from portal.domain.actor import Circumstance
from portal.domain.county import COUNTIES, COUNTY_CODES
from portal.domain.normalisation import plain
from portal.domain.roc_date import TAIPEI
from portal.domain.system import InformationSystem
from portal.domain.unit import Unit
from portal.store.database import read
from portal.store.unit_search import COUNT_CAP, PAGE, UnitHit, count_units, find_units
from portal.store.units import unit_by_code

__all__ = ["PAGE", "UnitHit", "UnitPage", "open_unit", "search_units"]

_COUNTIES: Final = tuple(COUNTIES.values())


@dataclass(frozen=True)
class UnitPage:
    """Twenty of the units found, and where they stand; `capped`: there are more than `total`."""

    rows: Sequence[UnitHit]
    typed: str
    county: str
    page: int
    pages: int
    total: int
    capped: bool
    counties: Sequence[str]


def search_units(system: InformationSystem, typed: str, county: str, page: int, at: Circumstance) -> UnitPage:
    """Open units that may apply here and have all words typed in their name, another name or, from its
    beginning, their code. Nothing typed finds all; a page beyond the last is the last."""
    session, kinds, today = read(), [kind.key for kind in system.unit_kind], at.now.astimezone(TAIPEI).date()
    chosen = county if county in COUNTY_CODES else ""
    found = count_units(session, kinds, typed, chosen or None, today)
    total = min(found, COUNT_CAP)
    pages = max(1, -(-total // PAGE))
    page = min(max(page, 1), pages)
    rows = find_units(session, kinds, typed, chosen or None, today, (page - 1) * PAGE) if total else []
    return UnitPage(rows, typed, chosen, page, pages, total, found > COUNT_CAP, _COUNTIES)


def open_unit(system: InformationSystem, code: str, at: Circumstance) -> Unit | None:
    """The open unit with this code, if its kind may apply here."""
    unit = unit_by_code(read(), plain(code).upper())
    if unit is None or system.unit_kind_of(unit.kind) is None:
        return None
    return None if unit.closed_at(at.now) else unit
