"""Lists of accounts within a reach: two statements a page, whatever the size of the table.

Statements are Core and built once for each shape of filter. Numbers of the rows come first from a
covering index, then the 20 rows themselves; later pages step from a key and never by OFFSET.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Executable, Row, and_, bindparam, func, not_, select
from sqlalchemy.orm import Session, aliased

from portal.domain.account import Account, AccountState
from portal.domain.proof import Proof
from portal.domain.reach import Reach
from portal.domain.unit import Unit, path_end

PAGE = 20


@dataclass(frozen=True)
class AccountFilter:
    """What a list is narrowed to; None or empty means all."""

    state: AccountState | None = AccountState.PENDING
    reviewed: bool | None = None
    email: str = ""
    name: str = ""
    unit_kind: str = ""
    unit_path: str = ""
    kind: str = ""


@dataclass(frozen=True)
class AccountRow:
    """One line of the list (manual 1, 帳號啟用)."""

    id: int
    public_id: str
    name: str
    kind: str
    state: AccountState
    unit_kind: str
    unit_name: str
    county: str | None
    email: str
    holder_name: str
    gender: str | None
    phone: str | None
    phone_extension: str | None
    fax: str | None
    reviewed: bool
    email_proved: bool


def account_page(
    session: Session, system: str, reach: Reach, wanted: AccountFilter, before: int | None, after: int | None
) -> tuple[list[AccountRow], bool]:
    """Up to 20 accounts, newest first, and whether more follow in the direction walked.

    `before`: accounts older than this number (next page); `after`: newer ones (previous page).
    """
    shape, values = _shape(reach, wanted)
    direction = "newer" if after is not None else "older" if before is not None else "first"
    statement = _page_statement(shape, len(reach.served_elsewhere), direction)
    values |= {"system": system, "limit": PAGE + 1, "key": after if after is not None else before}
    rows = [_row(row) for row in session.execute(statement, values)]
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    if direction == "newer":
        rows.reverse()
    return rows, more


def account_count(session: Session, system: str, reach: Reach, wanted: AccountFilter, cap: int) -> int:
    """How many accounts match, counted up to `cap`."""
    shape, values = _shape(reach, wanted)
    statement = _count_statement(shape, len(reach.served_elsewhere))
    return int(session.execute(statement, values | {"system": system, "limit": cap}).scalar_one())


def account_in_reach(session: Session, system: str, reach: Reach, public_id: str) -> Account | None:
    """The account with this public number, only if it lies within reach."""
    shape, values = _shape(reach, AccountFilter(state=None))
    conditions = _conditions(shape, len(reach.served_elsewhere))
    query = select(Account).where(Account.public_id == bindparam("public_id"), *conditions)
    return session.scalars(query, values | {"system": system, "public_id": public_id}).one_or_none()


def _shape(reach: Reach, wanted: AccountFilter) -> tuple[frozenset[str], dict[str, Any]]:
    """Which conditions a query has, and the values for them."""
    shape: set[str] = set()
    values: dict[str, Any] = {}
    path = wanted.unit_path if wanted.unit_path.startswith(reach.path) else reach.path
    if path:
        shape.add("path")
        values |= {"path": path, "path_end": path_end(path)}
    for number, other in enumerate(reach.served_elsewhere):
        values |= {f"other{number}": other, f"other{number}_end": path_end(other)}
    if wanted.state is not None:
        shape.add("state")
        values["state"] = wanted.state
    if wanted.reviewed is not None:
        shape.add("reviewed" if wanted.reviewed else "unreviewed")
    for name in ("email", "name"):
        if text := getattr(wanted, name):
            shape.add(name)
            values[name] = f"%{_escaped(text)}%"
    for name in ("unit_kind", "kind"):
        if text := getattr(wanted, name):
            shape.add(name)
            values[name] = text
    return frozenset(shape), values


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def _conditions(shape: frozenset[str], others: int) -> list[Any]:
    conditions: list[Any] = [Account.system == bindparam("system")]
    if "state" in shape:
        conditions.append(Account.state == bindparam("state", type_=Account.state.type))
    else:
        conditions.append(Account.state.in_([s for s in AccountState if s is not AccountState.ENDED]))
    if "path" in shape:
        conditions += [
            Account.unit_path >= bindparam("path"),
            Account.unit_path < bindparam("path_end"),
        ]
    conditions += [
        not_(
            and_(
                Account.unit_path >= bindparam(f"other{number}"),
                Account.unit_path < bindparam(f"other{number}_end"),
            )
        )
        for number in range(others)
    ]
    if "reviewed" in shape:
        conditions.append(Account.reviewed_at.is_not(None))
    if "unreviewed" in shape:
        conditions.append(Account.reviewed_at.is_(None))
    if "email" in shape:
        conditions.append(Account.email_key.like(bindparam("email"), escape="\\"))
    if "name" in shape:
        conditions.append(Account.holder_name.like(bindparam("name"), escape="\\"))
    if "kind" in shape:
        conditions.append(Account.kind == bindparam("kind"))
    if "unit_kind" in shape:
        kinds = select(Unit.id).where(Unit.kind == bindparam("unit_kind"))
        conditions.append(Account.unit_id.in_(kinds))
    return conditions


@lru_cache(maxsize=512)
def _page_statement(shape: frozenset[str], others: int, direction: str) -> Executable:
    ids = select(Account.id).where(*_conditions(shape, others))
    if direction == "newer":
        ids = ids.where(Account.id > bindparam("key")).order_by(Account.id)
    else:
        if direction == "older":
            ids = ids.where(Account.id < bindparam("key"))
        ids = ids.order_by(Account.id.desc())
    wanted = ids.limit(bindparam("limit")).subquery()
    account = aliased(Account)
    columns = (
        account.id,
        account.public_id,
        account.name,
        account.kind,
        account.state,
        Unit.kind,
        Unit.name,
        Unit.county,
        account.email,
        account.holder_name,
        account.gender,
        account.phone,
        account.phone_extension,
        account.fax,
        account.reviewed_at.is_not(None),
        Proof.proved_at.is_not(None),
    )
    order = account.id.asc() if direction == "newer" else account.id.desc()
    return (
        select(*columns)
        .join_from(wanted, account, account.id == wanted.c.id)
        .join(Unit, Unit.id == account.unit_id)
        .outerjoin(Proof, and_(Proof.account_id == account.id, Proof.kind == "email-link"))
        .order_by(order)
    )


@lru_cache(maxsize=512)
def _count_statement(shape: frozenset[str], others: int) -> Executable:
    some = select(Account.id).where(*_conditions(shape, others)).limit(bindparam("limit")).subquery()
    return select(func.count()).select_from(some)


def _row(row: Row[Any]) -> AccountRow:
    values: Sequence[Any] = row
    return AccountRow(*values)
