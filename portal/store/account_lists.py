"""Lists of accounts within a reach: two statements a page, whatever the size of the table.

Statements are Core and built once for each shape of filter. Numbers of the rows come first from a
covering index, then the 20 rows themselves; later pages step from a key and never by OFFSET.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Executable, and_, bindparam, func, not_, select
from sqlalchemy.orm import Session

from portal.domain.account import Account, AccountState
from portal.domain.proof import Proof
from portal.domain.reach import Reach
from portal.domain.unit import Unit, path_end
from portal.store.database import table_of

PAGE: Final = 20
FEW: Final = 1000
"""So many numbers are sorted at once; of more, the newest are met soon by walking from the newest."""

_ACCOUNT, _UNIT, _PROOF = table_of(Account), table_of(Unit), table_of(Proof)


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


class AccountRow(NamedTuple):
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
    session: Session,
    system: str,
    reach: Reach,
    wanted: AccountFilter,
    before: int | None,
    after: int | None,
    cap: int,
) -> tuple[list[AccountRow], bool, int]:
    """Up to 20 accounts, newest first, whether more follow in the direction walked, and how many match in all.

    `before`: accounts older than this number (next page); `after`: newer ones (previous page);
    `cap`: counted so far.
    """
    total = account_count(session, system, reach, wanted, cap)
    shape, values = _shape(reach, wanted)
    direction = "newer" if after is not None else "older" if before is not None else "first"
    statement = _page_statement(shape, len(reach.served_elsewhere), direction, total <= FEW)
    values |= {"system": system, "limit": PAGE + 1, "key": after if after is not None else before}
    found = session.execute(statement, values).all()
    rows = [AccountRow(*row) for row in found[:PAGE]]
    if direction == "newer":
        rows.reverse()
    return rows, len(found) > PAGE, total


def account_count(session: Session, system: str, reach: Reach, wanted: AccountFilter, cap: int) -> int:
    """How many accounts match, counted up to `cap`."""
    shape, values = _shape(reach, wanted)
    statement = _count_statement(shape, len(reach.served_elsewhere))
    return int(session.execute(statement, values | {"system": system, "limit": cap}).scalar_one())


def account_in_reach(session: Session, system: str, reach: Reach, public_id: str) -> Account | None:
    """The account with this public number, only if it lies within reach."""
    shape, values = _shape(reach, AccountFilter(state=None))
    statement = _one_statement(shape, len(reach.served_elsewhere))
    return session.scalars(statement, values | {"system": system, "public_id": public_id}).one_or_none()


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
    conditions: list[Any] = [_ACCOUNT.c.system == bindparam("system")]
    if "state" in shape:
        conditions.append(_ACCOUNT.c.state == bindparam("state", type_=_ACCOUNT.c.state.type))
    else:
        conditions.append(_ACCOUNT.c.state.in_([s for s in AccountState if s is not AccountState.ENDED]))
    if "path" in shape:
        conditions += [
            _ACCOUNT.c.unit_path >= bindparam("path"),
            _ACCOUNT.c.unit_path < bindparam("path_end"),
        ]
    conditions += [
        not_(
            and_(
                _ACCOUNT.c.unit_path >= bindparam(f"other{number}"),
                _ACCOUNT.c.unit_path < bindparam(f"other{number}_end"),
            )
        )
        for number in range(others)
    ]
    if "reviewed" in shape:
        conditions.append(_ACCOUNT.c.reviewed_at.is_not(None))
    if "unreviewed" in shape:
        conditions.append(_ACCOUNT.c.reviewed_at.is_(None))
    if "email" in shape:
        conditions.append(_ACCOUNT.c.email_key.like(bindparam("email"), escape="\\"))
    if "name" in shape:
        conditions.append(_ACCOUNT.c.holder_name.ilike(bindparam("name"), escape="\\"))
    if "kind" in shape:
        conditions.append(_ACCOUNT.c.kind == bindparam("kind"))
    if "unit_kind" in shape:
        kinds = select(_UNIT.c.id).where(_UNIT.c.kind == bindparam("unit_kind"))
        conditions.append(_ACCOUNT.c.unit_id.in_(kinds))
    return conditions


@lru_cache(maxsize=512)
def _one_statement(shape: frozenset[str], others: int) -> Executable:
    conditions = _conditions(shape, others)
    return select(Account).where(Account.public_id == bindparam("public_id"), *conditions)


@lru_cache(maxsize=512)
def _page_statement(shape: frozenset[str], others: int, direction: str, few: bool) -> Executable:
    ids = select(_ACCOUNT.c.id).where(*_conditions(shape, others))
    key = (
        _ACCOUNT.c.id + 0 if few else _ACCOUNT.c.id
    )  # a sum has no index: so the few are found by their unit
    if direction == "newer":
        ids = ids.where(_ACCOUNT.c.id > bindparam("key")).order_by(key)
    else:
        if direction == "older":
            ids = ids.where(_ACCOUNT.c.id < bindparam("key"))
        ids = ids.order_by(key.desc())
    wanted = ids.limit(bindparam("limit")).subquery()
    account = _ACCOUNT.alias()
    columns = (
        account.c.id,
        account.c.public_id,
        account.c.name,
        account.c.kind,
        account.c.state,
        _UNIT.c.kind,
        _UNIT.c.name,
        _UNIT.c.county,
        account.c.email,
        account.c.holder_name,
        account.c.gender,
        account.c.phone,
        account.c.phone_extension,
        account.c.fax,
        account.c.reviewed_at.is_not(None),
        _PROOF.c.proved_at.is_not(None),
    )
    proved = and_(_PROOF.c.account_id == account.c.id, _PROOF.c.kind == "email-link")
    return (
        select(*columns)
        .join_from(wanted, account, account.c.id == wanted.c.id)
        .join(_UNIT, _UNIT.c.id == account.c.unit_id)
        .outerjoin(_PROOF, proved)
        .order_by(account.c.id.asc() if direction == "newer" else account.c.id.desc())
    )


@lru_cache(maxsize=512)
def _count_statement(shape: frozenset[str], others: int) -> Executable:
    some = select(_ACCOUNT.c.id).where(*_conditions(shape, others)).limit(bindparam("limit")).subquery()
    return select(func.count()).select_from(some)
