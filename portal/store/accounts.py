"""Accounts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Executable, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from portal.domain.account import ACCOUNT_CHANGES, Account, AccountState
from portal.domain.account_name import next_name
from portal.domain.unit import path_end
from portal.store.database import is_sqlite, rows_changed

_TRIES = 200
"""Far more than people who could take the same name at the same moment."""


def names_like(session: Session, system: str, base: str) -> Sequence[str]:
    """Names already given that begin with `base`; ended accounts keep theirs."""
    query = select(Account.name).where(
        Account.system == system, Account.name >= base, Account.name < base + "\u007f"
    )
    return session.scalars(query).all()


def add_account(session: Session, base: str, values: dict[str, Any]) -> Account:
    """Keep a new account under the next free name.

    The unique key decides, so that parallel applications get different names on both databases.
    """
    insert = sqlite_insert if is_sqlite(session) else postgresql_insert
    taken = set(names_like(session, values["system"], base))
    for _ in range(_TRIES):
        name = next_name(base, taken)
        row = (
            insert(Account)
            .values(**values, name=name)
            .on_conflict_do_nothing(index_elements=["system", "name"])
        )
        account_id = session.execute(row.returning(Account.id)).scalar_one_or_none()
        if account_id is not None:
            return session.get_one(Account, account_id)
        taken.add(name)
    raise AssertionError(f"no free name for {base} after {_TRIES} tries")


def account_by_name(session: Session, system: str, name: str) -> Account | None:
    """The account people sign in to with this name."""
    return session.scalars(
        select(Account).where(Account.system == system, Account.name == name)
    ).one_or_none()


def accounts_at(session: Session, system: str, email_key: str) -> Sequence[Account]:
    """Every account under an address that has not ended, oldest first."""
    query = select(Account).where(
        Account.system == system, Account.email_key == email_key, Account.state != AccountState.ENDED
    )
    return session.scalars(query.order_by(Account.id)).all()


def locked(session: Session, account_id: int) -> Account:
    """The account, freshly read and held until the transaction ends."""
    query = select(Account).where(Account.id == account_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def change_state(session: Session, account: Account, new: AccountState, **values: datetime | None) -> bool:
    """Move an account on, if that is allowed and nobody was faster; returns whether it moved."""
    if new not in ACCOUNT_CHANGES[account.state]:
        return False
    statement = (
        update(Account)
        .where(Account.id == account.id, Account.state == account.state)
        .values(state=new, **values)
    )
    moved = rows_changed(session, statement) == 1
    session.refresh(account)
    return moved


@cache
def _administered_statement() -> Executable:
    table = Account.__table__.c
    return (
        select(table.unit_path)
        .where(
            table.system == bindparam("system"),
            table.kind.in_(bindparam("kinds", expanding=True)),
            table.state == AccountState.ACTIVE,
            table.unit_path > bindparam("below"),
            table.unit_path < bindparam("below_end"),
        )
        .distinct()
    )


def administered_paths(session: Session, system: str, kinds: Sequence[str], below: str) -> Sequence[str]:
    """Paths of the units strictly below a path that have an active account of a reviewing kind."""
    values = {"system": system, "kinds": kinds, "below": below, "below_end": path_end(below)}
    return session.scalars(_administered_statement(), values).all()


def any_account(session: Session) -> bool:
    """Whether there is any account at all."""
    return session.execute(select(Account.id).limit(1)).scalar() is not None
