"""Accounts that nobody signed in to for a while."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from portal.domain.account import Account, AccountState
from portal.store.database import read, rows_changed

BATCH: Final = 500


class IdleAccount(NamedTuple):
    """What decides about one of them, as it was when it was read."""

    id: int
    name: str
    idle_since: datetime
    warned_before: int | None


def idle_accounts(
    system: str, until: datetime, after: datetime | None = None
) -> Iterator[Sequence[IdleAccount]]:
    """Active accounts idle since `until` or longer, but not since `after` or longer; the oldest first, in batches.

    Each batch is read behind the last one, along the index, in a transaction of its own: what is done
    between two of them is neither missed nor met twice.
    """
    query = select(Account.id, Account.name, Account.idle_since, Account.warned_before).where(
        Account.system == system, Account.state == AccountState.ACTIVE, Account.idle_since <= until
    )
    if after is not None:
        query = query.where(Account.idle_since > after)
    query, ahead = query.order_by(Account.idle_since, Account.id).limit(BATCH), query
    while True:
        session = read()
        session.rollback()
        rows = session.execute(query)
        batch = [IdleAccount(one, name, idle, days) for one, name, idle, days in rows if idle]
        session.rollback()
        if batch:
            yield batch
        if len(batch) < BATCH:
            return
        last = batch[-1]
        behind = and_(Account.idle_since == last.idle_since, Account.id > last.id)
        query = ahead.where(
            or_(Account.idle_since > last.idle_since, behind), Account.idle_since >= last.idle_since
        )
        query = query.order_by(Account.idle_since, Account.id).limit(BATCH)


def note_warning(session: Session, one: IdleAccount, days: int) -> bool:
    """Remember that a letter warned; False if somebody signed in, or was faster. One statement decides."""
    statement = update(Account).where(
        Account.id == one.id,
        Account.state == AccountState.ACTIVE,
        Account.idle_since == one.idle_since,
        or_(Account.warned_before.is_(None), Account.warned_before > days),
    )
    return rows_changed(session, statement.values(warned_before=days)) == 1
