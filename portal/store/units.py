"""Units."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from sqlalchemy import Executable, bindparam, func, select
from sqlalchemy.orm import Session

from portal.domain.unit import Unit, path_end, path_segment


def unit_by_code(session: Session, code: str) -> Unit | None:
    """The unit with this code, also a closed one."""
    return session.scalars(select(Unit).where(Unit.code == code)).one_or_none()


def unit_by_id(session: Session, unit_id: int) -> Unit:
    """The unit that a row of ours points at."""
    return session.get_one(Unit, unit_id)


def open_units(session: Session, kind: str, county: str | None = None) -> Sequence[tuple[str, str]]:
    """Code and name of the units to choose from."""
    query = select(Unit.code, Unit.name).where(Unit.kind == kind, Unit.closed_on.is_(None))
    if county is not None:
        query = query.where(Unit.county == county)
    return [(code, name) for code, name in session.execute(query.order_by(Unit.code))]


def counties(session: Session, kind: str) -> Sequence[str]:
    """Counties that have open units of this kind, by their official code."""
    query = (
        select(Unit.county, Unit.code)
        .where(Unit.kind == kind, Unit.closed_on.is_(None), Unit.county.is_not(None))
        .order_by(Unit.code)
    )
    return list(dict.fromkeys(county for county, _ in session.execute(query) if county))


def units_below(session: Session, path: str) -> Sequence[Unit]:
    """A unit and all below it."""
    query = select(Unit).where(Unit.path >= path, Unit.path < path_end(path))
    return session.scalars(query.order_by(Unit.path)).all()


@cache
def _shallow_statement() -> Executable:
    table = Unit.__table__.c
    depth = func.length(table.path)
    return (
        select(table.code, table.name, depth)
        .where(
            table.path >= bindparam("path"),
            table.path < bindparam("path_end"),
            table.kind.in_(bindparam("kinds", expanding=True)),
        )
        .order_by(depth, table.path)
        .limit(bindparam("most"))
    )


def shallow_units(session: Session, path: str, kinds: Sequence[str], most: int) -> Sequence[tuple[str, str]]:
    """Code and name of units at and below a path; of more than `most` only whole upper levels."""
    values = {"path": path, "path_end": path_end(path), "kinds": kinds, "most": most + 1}
    rows = session.execute(_shallow_statement(), values).all()
    deepest = rows[-1][2] if len(rows) > most else None
    return [(code, name) for code, name, level in rows if level != deepest]


def add_unit(session: Session, unit: Unit, parent: Unit | None) -> Unit:
    """Keep a new unit and give it its place in the tree."""
    unit.parent_id = parent.id if parent else None
    session.add(unit)
    session.flush()
    unit.path = (parent.path if parent else "") + path_segment(unit.id)
    return unit
