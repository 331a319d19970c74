"""Units."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from portal.domain.unit import Unit, path_end, path_segment
from portal.store.database import table_of
from portal.store.unit_search import index_units
from portal.store.unit_words import Findable

_UNIT: Final = table_of(Unit).c
_DEPTH: Final = func.length(_UNIT.path)
_BY_CODE: Final = select(Unit).where(Unit.code == bindparam("code"))
_OF_KIND: Final = (_UNIT.kind == bindparam("kind"), _UNIT.closed_on.is_(None))
_OPEN: Final = select(_UNIT.code, _UNIT.name).where(*_OF_KIND).order_by(_UNIT.code)
_OPEN_IN_COUNTY: Final = _OPEN.where(_UNIT.county == bindparam("county"))
_COUNTIES: Final = (
    select(_UNIT.county)
    .where(*_OF_KIND, _UNIT.county.is_not(None))
    .group_by(_UNIT.county)
    .order_by(func.min(_UNIT.code))
)
_SHALLOW: Final = (
    select(_UNIT.code, _UNIT.name, _DEPTH)
    .where(
        _UNIT.path >= bindparam("path"),
        _UNIT.path < bindparam("path_end"),
        _UNIT.kind.in_(bindparam("kinds", expanding=True)),
    )
    .order_by(_DEPTH, _UNIT.path)
    .limit(bindparam("most"))
)


def unit_by_code(session: Session, code: str) -> Unit | None:
    """The unit with this code, also a closed one."""
    return session.scalars(_BY_CODE, {"code": code}).one_or_none()


def unit_by_id(session: Session, unit_id: int) -> Unit:
    """The unit that a row of ours points at."""
    return session.get_one(Unit, unit_id)


def units_by_id(session: Session, numbers: Collection[int]) -> dict[int, Unit]:
    """These units by their number."""
    query = select(Unit).where(Unit.id.in_(numbers))
    return {unit.id: unit for unit in session.scalars(query)}


def paths_of_units(session: Session, codes: Collection[str]) -> tuple[str, ...]:
    """Paths of the units with these codes, upper ones first, without any that lies below another."""
    found: list[str] = []
    for path in session.scalars(select(Unit.path).where(Unit.code.in_(codes)).order_by(_DEPTH, Unit.path)):
        if not any(path.startswith(upper) for upper in found):
            found.append(path)
    return tuple(found)


def open_units(session: Session, kind: str, county: str | None = None) -> Sequence[tuple[str, str]]:
    """Code and name of the units to choose from."""
    query = _OPEN if county is None else _OPEN_IN_COUNTY
    return [(code, name) for code, name in session.execute(query, {"kind": kind, "county": county})]


def counties(session: Session, kind: str) -> Sequence[str]:
    """Counties that have open units of this kind, by their official code."""
    return session.scalars(_COUNTIES, {"kind": kind}).all()


def units_below(session: Session, path: str) -> Sequence[Unit]:
    """A unit and all below it."""
    query = select(Unit).where(Unit.path >= path, Unit.path < path_end(path))
    return session.scalars(query.order_by(Unit.path)).all()


def shallow_units(session: Session, path: str, kinds: Sequence[str], most: int) -> Sequence[tuple[str, str]]:
    """Code and name of units at and below a path; of more than `most` only whole upper levels."""
    values = {"path": path, "path_end": path_end(path), "kinds": kinds, "most": most + 1}
    rows = session.execute(_SHALLOW, values).all()
    deepest = rows[-1][2] if len(rows) > most else None
    return [(code, name) for code, name, level in rows if level != deepest]


def add_unit(session: Session, unit: Unit, parent: Unit | None) -> Unit:
    """Keep a new unit, give it its place in the tree and enter it into the search index."""
    unit.parent_id = parent.id if parent else None
    session.add(unit)
    session.flush()
    unit.path = (parent.path if parent else "") + path_segment(unit.id)
    findable = Findable(unit.id, unit.kind, unit.code, unit.name, unit.aliases or (), unit.county)
    index_units(session, [(findable, unit.closed_on)], date.min)
    return unit
