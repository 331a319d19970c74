"""Counters and single-use values; both are exact under parallel requests."""

from __future__ import annotations

import hashlib
from datetime import datetime
from functools import cache
from typing import Final

from sqlalchemy import Executable, bindparam, case, delete, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from portal.domain.base import UtcDateTime
from portal.domain.counter import Counter, Limit, SpentNonce
from portal.store.database import is_sqlite, rows_changed, table_of

_COUNTER: Final = table_of(Counter)
_COUNTED: Final = _COUNTER.c.key == bindparam("counted")
_GIVE_BACK: Final = update(_COUNTER).where(_COUNTED, _COUNTER.c.count > 0).values(count=_COUNTER.c.count - 1)
_FORGET: Final = delete(_COUNTER).where(_COUNTED)
_NONCE: Final = table_of(SpentNonce)
_SPENT: Final = select(_NONCE.c.nonce).where(_NONCE.c.nonce == bindparam("nonce"))


def counter_key(limit: Limit, *parts: str) -> str:
    """A key that names nobody: addresses and account names do not stand in the table."""
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]
    return f"{limit.name}:{digest}"


def take(session: Session, limit: Limit, key: str, now: datetime) -> bool:
    """Count one more; False once the limit is passed. One statement: nobody slips between.

    The last one allowed begins the window anew: the door then stays closed for all of it.
    """
    values = {"key": key, "now": now, "ends": now + limit.window, "last": limit.times - 1}
    counted: int = session.execute(_take(is_sqlite(session)), values).scalar_one()
    return counted <= limit.times


@cache
def _take(sqlite: bool) -> Executable:
    row, insert = _COUNTER.c, sqlite_insert if sqlite else postgresql_insert
    now, ends = bindparam("now", type_=UtcDateTime), bindparam("ends", type_=UtcDateTime)
    over, last = row.window_ends_at <= now, row.count == bindparam("last", type_=row.count.type)
    statement = insert(_COUNTER).values(key=bindparam("key"), count=1, window_ends_at=ends)
    changes = {
        "count": case((over, 1), else_=row.count + 1),
        "window_ends_at": case((over | last, ends), else_=row.window_ends_at),
    }
    return statement.on_conflict_do_update(index_elements=[row.key], set_=changes).returning(row.count)


def left(session: Session, limit: Limit, key: str, now: datetime) -> int:
    """How many times are left within the window."""
    counted = session.execute(
        select(_COUNTER.c.count).where(_COUNTED, _COUNTER.c.window_ends_at > now), {"counted": key}
    ).scalar()
    return max(0, limit.times - (counted or 0))


def give_back(session: Session, key: str) -> None:
    """Take one back that turned out not to count."""
    session.execute(_GIVE_BACK, {"counted": key})


def forget(session: Session, key: str) -> None:
    """Start counting anew, after a success."""
    session.execute(_FORGET, {"counted": key})


def spend(session: Session, nonce: str, now: datetime) -> bool:
    """Use a single-use value; False if it was used before."""
    values = {"nonce": nonce, "spent_at": now}
    return session.execute(_spend(is_sqlite(session)), values).scalar_one_or_none() is not None


@cache
def _spend(sqlite: bool) -> Executable:
    insert = (sqlite_insert if sqlite else postgresql_insert)(_NONCE)
    return insert.on_conflict_do_nothing().returning(_NONCE.c.nonce)


def was_spent(session: Session, nonce: str) -> bool:
    """Whether a single-use value was used."""
    return session.execute(_SPENT, {"nonce": nonce}).first() is not None


def purge(session: Session, now: datetime, spent_before: datetime) -> int:
    """Drop what no longer decides anything; returns how many rows went."""
    gone = rows_changed(session, delete(Counter).where(Counter.window_ends_at < now))
    return gone + rows_changed(session, delete(SpentNonce).where(SpentNonce.spent_at < spent_before))
