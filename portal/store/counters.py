"""Counters and single-use values; both are exact under parallel requests."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import case, delete, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from portal.domain.counter import Counter, Limit, SpentNonce
from portal.store.database import is_sqlite, rows_changed


def counter_key(limit: Limit, *parts: str) -> str:
    """A key that names nobody: addresses and account names do not stand in the table."""
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]
    return f"{limit.name}:{digest}"


def take(session: Session, limit: Limit, key: str, now: datetime) -> bool:
    """Count one more; False once the limit is passed. One statement: nobody slips between.

    The last one allowed begins the window anew: the door then stays closed for all of it.
    """
    insert = sqlite_insert if is_sqlite(session) else postgresql_insert
    ends = now + limit.window
    statement = insert(Counter).values(key=key, count=1, window_ends_at=ends)
    over = Counter.window_ends_at <= now
    last = Counter.count == limit.times - 1
    upsert = statement.on_conflict_do_update(
        index_elements=[Counter.key],
        set_={
            "count": case((over, 1), else_=Counter.count + 1),
            "window_ends_at": case((over | last, ends), else_=Counter.window_ends_at),
        },
    ).returning(Counter.count)
    return session.execute(upsert).scalar_one() <= limit.times


def give_back(session: Session, key: str) -> None:
    """Take one back that turned out not to count."""
    session.execute(
        update(Counter).where(Counter.key == key, Counter.count > 0).values(count=Counter.count - 1)
    )


def forget(session: Session, key: str) -> None:
    """Start counting anew, after a success."""
    session.execute(delete(Counter).where(Counter.key == key))


def spend(session: Session, nonce: str, now: datetime) -> bool:
    """Use a single-use value; False if it was used before."""
    insert = sqlite_insert if is_sqlite(session) else postgresql_insert
    statement = insert(SpentNonce).values(nonce=nonce, spent_at=now).on_conflict_do_nothing()
    return session.execute(statement.returning(SpentNonce.nonce)).scalar_one_or_none() is not None


def was_spent(session: Session, nonce: str) -> bool:
    """Whether a single-use value was used."""
    return session.get(SpentNonce, nonce) is not None


def purge(session: Session, now: datetime, spent_before: datetime) -> int:
    """Drop what no longer decides anything; returns how many rows went."""
    gone = rows_changed(session, delete(Counter).where(Counter.window_ends_at < now))
    return gone + rows_changed(session, delete(SpentNonce).where(SpentNonce.spent_at < spent_before))
