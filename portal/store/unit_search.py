"""The search index over units: FTS5 on SQLite, a `tsvector` with GIN on PostgreSQL, the same words in both.

Two statements a page, whatever the number of units: hits counted up to `COUNT_CAP`, and twenty of them
in the order of their numbers. Pages end with the count, so OFFSET never walks further than that.
FTS5 yields hits in order and stops. GIN collects all of them first, so on PostgreSQL the index is parted by
number into tiers that grow (`TIERS`): one after the other is asked until there are enough.
Tables of the index are no nouns: only the migration knows how they are made (`unit_search…`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise
from typing import Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Select,
    Text,
    bindparam,
    cast,
    column,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    table,
    text,
    true,
    values,
)
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.orm import Session

from portal.domain.unit import Unit
from portal.store.database import is_sqlite, table_of
from portal.store.unit_words import (
    RULES,
    Findable,
    as_sqlite_text,
    as_tsvector,
    sqlite_query,
    tsquery,
    words_of,
)

PAGE: Final = 20
COUNT_CAP: Final = 6000
"""Exact totals up to here; it bounds what the commonest word costs. The manual's list has 5165."""
TIERS: Final = tuple(pairwise((0, 1 << 11, 1 << 14, 1 << 16, 1 << 18, 1 << 20, (1 << 31) - 1)))
"""Numbers of units from and to, as the migration parts the index of PostgreSQL; they cover every number."""
MANY: Final = 1000
"""From so many changes on, the index is put in order afterwards."""

_UNIT: Final = table_of(Unit)
_SQLITE: Final = table("unit_search", column("rowid", Integer), column("words", Text))
_POSTGRESQL: Final = table("unit_search", column("unit_id", Integer), column("words", TSVECTOR))
_CLOSING: Final = table("unit_search_closing", column("unit_id", Integer), column("closed_on", Date))
"""Indexed units that have a day of closing: what is closed already is not in the index."""
_CLOSED: Final = select(_CLOSING.c.unit_id).where(_CLOSING.c.closed_on <= bindparam("today", type_=Date))
_FINDABLE: Final = select(*(_UNIT.c[name] for name in Findable._fields), _UNIT.c.closed_on).where(
    _UNIT.c.id.in_(bindparam("numbers", expanding=True))
)
_NUMBERS: Final = bindparam("numbers", expanding=True, type_=Integer)
_CLEAN_UP: Final = text(
    "SELECT gin_clean_pending_list(inhrelid) FROM pg_inherits WHERE inhparent = 'ix_unit_search_words'::regclass"
)
_TAKE_OUT: Final = text(
    "INSERT INTO unit_search (unit_search, rowid, words) VALUES ('delete', :number, :words)"
)


class UnitHit(NamedTuple):
    """One line of 單位查詢."""

    code: str
    name: str
    county: str | None


class _Statements:
    """The statements of one database, built once."""

    def __init__(self, number: ColumnElement[int], found: ColumnElement[bool], tiers: bool) -> None:
        hits = select(number.label("number")).where(found, number.not_in(_CLOSED))
        some = hits.limit(bindparam("cap")).subquery()
        ordered = _tier_by_tier(hits, number) if tiers else hits.order_by(number)
        page = ordered.limit(PAGE).offset(bindparam("offset")).subquery()
        self.count = select(func.count()).select_from(some)
        self.page = (
            select(_UNIT.c.code, _UNIT.c.name, _UNIT.c.county)
            .join_from(page, _UNIT, _UNIT.c.id == page.c.number)
            .order_by(_UNIT.c.id)
        )
        still_open = or_(_UNIT.c.closed_on.is_(None), _UNIT.c.closed_on > bindparam("today", type_=Date))
        # NOT IN would be a list of a million numbers, which PostgreSQL walks anew for each unit.
        self.missing = select(_UNIT.c.id).where(still_open, ~exists().where(number == _UNIT.c.id))


def _tier_by_tier(hits: Select[int], number: ColumnElement[int]) -> Select[int]:
    """The hits in their order, each tier asked when those before it had too few."""
    tier = values(column("first", Integer), column("end", Integer), name="tier", literal_binds=True)
    tier = tier.data(list(TIERS))
    within = hits.where(number >= tier.c.first, number < tier.c.end).order_by(number).lateral()
    return select(within.c.number).select_from(tier.join(within, true()))


_ON_SQLITE: Final = _Statements(_SQLITE.c.rowid, _SQLITE.c.words.match(bindparam("words")), tiers=False)
# The planner does not look into a subquery. Told the words, it takes those of two common ones to meet as often
# as chance has it, and walks all units to find none.
_ASKED: Final = select(cast(bindparam("words", type_=Text), TSQUERY)).scalar_subquery()
_ON_POSTGRESQL: Final = _Statements(
    _POSTGRESQL.c.unit_id, _POSTGRESQL.c.words.bool_op("@@")(_ASKED), tiers=True
)


def count_units(session: Session, kinds: Sequence[str], typed: str, county: str | None, today: date) -> int:
    """How many open units of these kinds have all words typed, counted up to one above `COUNT_CAP`."""
    statements, words = _search(session, kinds, typed, county)
    if words is None:
        return 0
    values = {"words": words, "today": today, "cap": COUNT_CAP + 1}
    return int(session.execute(statements.count, values).scalar_one())


def find_units(
    session: Session, kinds: Sequence[str], typed: str, county: str | None, today: date, offset: int
) -> list[UnitHit]:
    """Twenty of them from `offset` on, in the order of their numbers."""
    statements, words = _search(session, kinds, typed, county)
    if words is None:
        return []
    values = {"words": words, "today": today, "offset": min(offset, COUNT_CAP)}
    return [UnitHit(*row) for row in session.execute(statements.page, values)]


def _search(
    session: Session, kinds: Sequence[str], typed: str, county: str | None
) -> tuple[_Statements, str | None]:
    if is_sqlite(session):
        return _ON_SQLITE, sqlite_query(kinds, typed, county)
    return _ON_POSTGRESQL, tsquery(kinds, typed, county)


def index_units(session: Session, units: Iterable[tuple[Findable, date | None]], today: date) -> int:
    """Enter units with their day of closing, but for those that are closed; returns how many."""
    rows, closing = [], []
    on_sqlite = is_sqlite(session)
    for unit, closed_on in units:
        if closed_on is not None and closed_on <= today:
            continue
        words = words_of(unit)
        rows.append((unit.id, as_sqlite_text(words) if on_sqlite else as_tsvector(words)))
        if closed_on is not None:
            closing.append({"unit_id": unit.id, "closed_on": closed_on})
    if on_sqlite and rows:
        session.execute(insert(_SQLITE), [{"rowid": number, "words": words} for number, words in rows])
    elif rows:
        entered = text("INSERT INTO unit_search (unit_id, words) VALUES (:unit_id, CAST(:words AS tsvector))")
        session.execute(entered, [{"unit_id": number, "words": words} for number, words in rows])
    if closing:
        session.execute(insert(_CLOSING), closing)
    return len(rows)


def unindex_units(session: Session, units: Sequence[Findable]) -> None:
    """Take units out, told as they were when they were entered."""
    numbers = {"numbers": [unit.id for unit in units]}
    if is_sqlite(session):
        # FTS5 keeps no copy of the words: it is told them again, and only for what it holds.
        held = set(session.scalars(select(_SQLITE.c.rowid).where(_SQLITE.c.rowid.in_(_NUMBERS)), numbers))
        old = [
            {"number": unit.id, "words": as_sqlite_text(words_of(unit))} for unit in units if unit.id in held
        ]
        if old:
            session.execute(_TAKE_OUT, old)
    else:
        session.execute(delete(_POSTGRESQL).where(_POSTGRESQL.c.unit_id.in_(_NUMBERS)), numbers)
    session.execute(delete(_CLOSING).where(_CLOSING.c.unit_id.in_(_NUMBERS)), numbers)


def drop_closed_units(session: Session, today: date) -> None:
    """Take out what has closed meanwhile: searches leave it out anyway, at a small cost each."""
    closed = session.scalars(_CLOSED, {"today": today}).all()
    for at in range(0, len(closed), MANY):
        rows = session.execute(_FINDABLE, {"numbers": closed[at : at + MANY]})
        unindex_units(session, [Findable(*row[:-1]) for row in rows])


def follow_rules(session: Session) -> None:
    """Empty an index whose words were made by other rules than those of today."""
    if session.scalar(text("SELECT version FROM unit_search_rules")) != RULES:
        empty_index(session)


def index_missing_units(session: Session, today: date) -> int:
    """Enter open units that the index does not know; returns how many."""
    statements = _ON_SQLITE if is_sqlite(session) else _ON_POSTGRESQL
    missing = session.scalars(statements.missing, {"today": today}).all()
    for at in range(0, len(missing), MANY):
        rows = session.execute(_FINDABLE, {"numbers": missing[at : at + MANY]})
        index_units(session, [(Findable(*row[:-1]), row[-1]) for row in rows], today)
    return len(missing)


def empty_index(session: Session) -> None:
    """Take everything out; what comes in now is made by today's rules."""
    if is_sqlite(session):
        session.execute(text("INSERT INTO unit_search (unit_search) VALUES ('delete-all')"))
    else:
        session.execute(delete(_POSTGRESQL))
    session.execute(delete(_CLOSING))
    session.execute(text("UPDATE unit_search_rules SET version = :rules"), {"rules": RULES})


def expect_many(session: Session) -> None:
    """Before a load: PostgreSQL then sorts new words in large portions, which is several times as fast."""
    if not is_sqlite(session):
        session.execute(text("SET LOCAL gin_pending_list_limit = '64MB'"))
        session.execute(text("SET LOCAL work_mem = '256MB'"))


def tidy_index(session: Session, changes: int) -> None:
    """After many changes: one segment instead of several, and what the planner must know."""
    if changes < MANY:
        return
    if is_sqlite(session):
        session.execute(text("INSERT INTO unit_search (unit_search) VALUES ('optimize')"))
    else:
        session.execute(_CLEAN_UP)
        for table_name in ("unit_search", "unit_search_closing", "unit"):
            session.execute(text(f"ANALYZE {table_name}"))
