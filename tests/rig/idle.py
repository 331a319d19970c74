"""Accounts of SMIS that nobody signed in to for a while, as bare rows: many are made in a moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from portal.domain.account import Account, AccountState
from portal.domain.unit import Unit
from portal.store.database import read, write


def idle_rows(
    since: Sequence[datetime],
    system: str = "smis",
    state: AccountState = AccountState.ACTIVE,
    stem: str = "idle",
) -> list[str]:
    """One account each; returns their names."""
    names = [f"{stem}{number:03}" for number in range(len(since))]
    with write() as session:
        unit = session.scalars(select(Unit).where(Unit.code == "HB-65000")).one()
        session.add_all(
            Account(
                system=system,
                kind="general",
                name=name,
                state=state,
                unit_id=unit.id,
                unit_path=unit.path,
                holder_name="林小苗",
                email=f"{name}@example.com",
                email_key=f"{name}@example.com",
                created_at=one,
                activated_at=one,
                idle_since=one,
            )
            for name, one in zip(names, since, strict=True)
        )
    return names


def row_of(name: str) -> Account:
    """The account as it is now."""
    session = read()
    session.rollback()
    return session.scalars(
        select(Account).where(Account.name == name).execution_options(populate_existing=True)
    ).one()
