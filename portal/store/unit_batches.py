"""Many units at once: compared with what is there, added and changed together with their search words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from sqlalchemy import bindparam, func, insert, select, text, update
from sqlalchemy.orm import Session

from portal.domain.unit import Unit, path_segment
from portal.store.database import is_sqlite, table_of
from portal.store.unit_search import index_units, unindex_units
from portal.store.unit_words import Findable

BATCH: Final = 2000
"""Units compared and written together; SQLite takes 32,766 values in a statement."""

_TABLE: Final = table_of(Unit)
_UNIT: Final = _TABLE.c
_KEPT: Final = ("kind", "name", "aliases", "county", "businesses", "closed_on")
_KNOWN: Final = select(
    _UNIT.code, _UNIT.id, _UNIT.path, _UNIT.parent_id, *(_UNIT[name] for name in _KEPT)
).where(_UNIT.code.in_(bindparam("codes", expanding=True)))
_CHANGE: Final = (
    update(_TABLE).where(_UNIT.id == bindparam("number")).values({name: bindparam(name) for name in _KEPT})
)
_NEXT: Final = text("SELECT nextval(pg_get_serial_sequence('unit', 'id')) FROM generate_series(1, :count)")


@dataclass(frozen=True, slots=True)
class UnitRow:
    """What a file says of one unit."""

    code: str
    parent_code: str
    kind: str
    name: str
    aliases: list[str]
    county: str | None
    businesses: list[str] | None = None
    closed_on: date | None = None
    untold: frozenset[str] = frozenset()
    """Columns that the file does not have: what is known stays, and aliases are added to those known."""

    def kept(self, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The values that may change, for a unit that was so before."""
        told = {name: getattr(self, name) for name in _KEPT}
        if before is not None:
            told |= {name: before[name] for name in self.untold}
            if "aliases" in self.untold:
                told["aliases"] = list(dict.fromkeys([*(before["aliases"] or ()), *self.aliases]))
        return told


@dataclass
class Kept:
    """How many units were new, changed and as before; and rows without a place, by their position."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    no_parent: list[int] = field(default_factory=list)
    moved: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Known:
    id: int
    path: str
    parent_id: int | None
    kept: dict[str, Any]


def keep_units(session: Session, rows: Sequence[UnitRow], today: date) -> Kept:
    """Add and change units by their code, parents before children; nobody moves under another parent."""
    wanted = {row.code for row in rows} | {row.parent_code for row in rows if row.parent_code}
    known = {
        code: _Known(number, path, parent, dict(zip(_KEPT, kept, strict=True)))
        for code, number, path, parent, *kept in session.execute(_KNOWN, {"codes": list(wanted)})
    }
    fresh = iter(_new_numbers(session, sum(row.code not in known for row in rows)))
    kept = Kept()
    new: list[dict[str, Any]] = []
    changes: list[dict[str, Any]] = []
    before: list[Findable] = []
    for place, row in enumerate(rows):
        parent = known.get(row.parent_code)
        unit = known.get(row.code)
        values = row.kept(unit.kept if unit else None)
        if row.parent_code and parent is None:
            kept.no_parent.append(place)
        elif unit is None:
            number = next(fresh)
            parent_id, above = (parent.id, parent.path) if parent else (None, "")
            unit = _Known(number, above + path_segment(number), parent_id, values)
            known[row.code] = unit
            new.append({"id": number, "code": row.code, "path": unit.path, "parent_id": parent_id, **values})
        elif unit.parent_id != (parent.id if parent else None):
            kept.moved.append(place)
        elif unit.kept != values:
            changes.append({"number": unit.id, "code": row.code, **values})
            before.append(_findable({**unit.kept, "code": row.code}, unit.id)[0])
        else:
            kept.unchanged += 1
    _write(session, new, changes)
    unindex_units(session, before)
    findable = [_findable(one, one["id"]) for one in new]
    findable += [_findable(one, one["number"]) for one in changes]
    index_units(session, findable, today)
    kept.added, kept.changed = len(new), len(changes)
    return kept


def _new_numbers(session: Session, count: int) -> Sequence[int]:
    if not is_sqlite(session):
        return session.scalars(_NEXT, {"count": count}).all() if count else []
    last = session.scalar(select(func.max(_UNIT.id))) or 0  # nobody else writes meanwhile
    return range(last + 1, last + 1 + count)


def _write(session: Session, new: list[dict[str, Any]], changes: list[dict[str, Any]]) -> None:
    if new:
        session.execute(insert(_TABLE), new)
    if changes:
        session.execute(_CHANGE, [{key: one[key] for key in ("number", *_KEPT)} for one in changes])


def _findable(values: dict[str, Any], number: int) -> tuple[Findable, date | None]:
    names = values["kind"], values["code"], values["name"], values["aliases"], values["county"]
    return Findable(number, *names), values["closed_on"]
