"""Accounts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Executable, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from portal.domain.account import ACCOUNT_CHANGES, Account, AccountState
from portal.domain.account_name import next_name
from portal.domain.unit import path_end
from portal.store.database import is_sqlite, now_holds, rows_changed, table_of

_ACCOUNT: Final = table_of(Account)
_NAMES_LIKE: Final = select(_ACCOUNT.c.name).where(
    _ACCOUNT.c.system == bindparam("system"),
    _ACCOUNT.c.name >= bindparam("base"),
    _ACCOUNT.c.name < bindparam("base_end"),
)
_BY_NAME: Final = select(Account).where(
    Account.system == bindparam("system"), Account.name == bindparam("name")
)
_AT_ADDRESS: Final = (
    select(Account)
    .where(
        Account.system == bindparam("system"),
        Account.email_key == bindparam("email_key"),
        Account.state != AccountState.ENDED,
    )
    .order_by(Account.id)
)
_LOCKED: Final = (
    select(Account)
    .where(Account.id == bindparam("id"))
    .with_for_update(key_share=True)  # rows that refer to it may be added meanwhile
    .execution_options(populate_existing=True)
)
_ADMINISTERED: Final = (
    select(_ACCOUNT.c.unit_path)
    .where(
        _ACCOUNT.c.system == bindparam("system"),
        _ACCOUNT.c.kind.in_(bindparam("kinds", expanding=True)),
        _ACCOUNT.c.state == AccountState.ACTIVE,
        _ACCOUNT.c.unit_path > bindparam("below"),
        _ACCOUNT.c.unit_path < bindparam("below_end"),
    )
    .distinct()
)

_SIGNED_IN: Final = (
    update(_ACCOUNT)
    .where(_ACCOUNT.c.id == bindparam("of_account"))
    .values(
        {
            name: bindparam(name, type_=_ACCOUNT.c[name].type)
            for name in ("previous_sign_in_at", "last_sign_in_at", "idle_since", "warned_before")
        }
    )
)
_TRIES: Final = 200
"""Far more than people who could take the same name at the same moment."""


class HolderHasOne(Exception):
    """An account with the same personal number came first."""


def names_like(session: Session, system: str, base: str) -> Sequence[str]:
    """Names already given that begin with `base`; ended accounts keep theirs."""
    values = {"system": system, "base": base, "base_end": base + "\u007f"}
    return session.scalars(_NAMES_LIKE, values).all()


def add_account(session: Session, base: str, values: dict[str, Any]) -> Account:
    """Keep a new account under the next free name; raises `HolderHasOne`.

    The unique keys decide, so that parallel applications get different names on both databases, and
    one holder gets one account.
    """
    insert = _insert(is_sqlite(session))
    taken = set(names_like(session, values["system"], base))
    for _ in range(_TRIES):
        name = next_name(base, taken)
        account_id = session.execute(insert, {**values, "name": name}).scalar_one_or_none()
        if account_id is not None:
            return session.get_one(Account, account_id)
        if (identity := values.get("identity_index")) and account_of_identity(
            session, values["system"], identity
        ):
            raise HolderHasOne
        taken.add(name)
    raise AssertionError(f"no free name for {base} after {_TRIES} tries")


@cache
def _insert(sqlite: bool) -> Executable:
    insert = (sqlite_insert if sqlite else postgresql_insert)(_ACCOUNT)
    return insert.on_conflict_do_nothing().returning(_ACCOUNT.c.id)


def account_by_name(session: Session, system: str, name: str) -> Account | None:
    """The account people sign in to with this name."""
    return session.scalars(_BY_NAME, {"system": system, "name": name}).one_or_none()


def account_by_public_id(session: Session, public_id: str) -> Account | None:
    """The account with this public number; whoever asks must look whether it is within reach."""
    return session.scalars(select(Account).where(Account.public_id == public_id)).one_or_none()


def account_of_identity(session: Session, system: str, identity_index: str) -> Account | None:
    """The account of the holder of this personal number that has not ended; there is one at most."""
    query = select(Account).where(
        Account.system == system,
        Account.identity_index == identity_index,
        Account.state != AccountState.ENDED,
    )
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def accounts_ending_in(session: Session, system: str, last_four: str) -> Sequence[Account]:
    """Accounts that have not ended and whose holder's personal number ends so, oldest first."""
    query = select(Account).where(
        Account.system == system,
        Account.identity_last_four == last_four,
        Account.state != AccountState.ENDED,
    )
    return session.scalars(query.order_by(Account.id).execution_options(populate_existing=True)).all()


def accounts_at(session: Session, system: str, email_key: str) -> Sequence[Account]:
    """Every account under an address that has not ended, oldest first."""
    return session.scalars(_AT_ADDRESS, {"system": system, "email_key": email_key}).all()


def locked(session: Session, account_id: int) -> Account:
    """The account, freshly read and held until the transaction ends."""
    return session.scalars(_LOCKED, {"id": account_id}).one()


def hold_accounts_of(session: Session, system: str, kinds: Sequence[str]) -> Sequence[int]:
    """Numbers of the accounts of these kinds that are in use, all held until the transaction ends."""
    query = select(Account.id).where(
        Account.system == system, Account.kind.in_(kinds), Account.state == AccountState.ACTIVE
    )
    return session.scalars(query.order_by(Account.id).with_for_update(key_share=True)).all()


def change_state(session: Session, account: Account, new: AccountState, **values: datetime | None) -> bool:
    """Move an account on, if that is allowed and nobody was faster; returns whether it moved."""
    if new not in ACCOUNT_CHANGES[account.state]:
        return False
    statement = (
        update(_ACCOUNT)
        .where(_ACCOUNT.c.id == account.id, _ACCOUNT.c.state == account.state)
        .values(state=new, **values)
    )
    if rows_changed(session, statement) != 1:
        session.refresh(account)
        return False
    now_holds(account, state=new, **values)
    return True


def note_sign_in(session: Session, account: Account, now: datetime) -> None:
    """Remember when somebody signed in, and when before that; nobody is warned of dormancy any more."""
    times = {"previous_sign_in_at": account.last_sign_in_at, "last_sign_in_at": now, "idle_since": now}
    session.execute(_SIGNED_IN, {"of_account": account.id, **times, "warned_before": None})
    now_holds(account, **times, warned_before=None)


def administered_paths(session: Session, system: str, kinds: Sequence[str], below: str) -> Sequence[str]:
    """Paths of the units strictly below a path that have an active account of a reviewing kind."""
    values = {"system": system, "kinds": kinds, "below": below, "below_end": path_end(below)}
    return session.scalars(_ADMINISTERED, values).all()


def any_account(session: Session) -> bool:
    """Whether there is any account at all."""
    return session.execute(select(Account.id).limit(1)).scalar() is not None
