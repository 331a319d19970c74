"""Who holds permissions within a reviewer's reach: two or three statements a page.

A few holders are found by what is granted at the reviewer's units and below; of many, the newest are met
soon by walking from the newest account. Statements are Core and built once for each shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Executable, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session

from portal.domain.account import Account, AccountState
from portal.domain.grant import Grant, GrantState
from portal.domain.reach import ReviewReach
from portal.domain.unit import Unit, path_end
from portal.store.database import table_of

PAGE: Final = 20
FEW: Final = 1000

_ACCOUNT, _GRANT, _UNIT = table_of(Account), table_of(Grant), table_of(Unit)
_HELD_BY: Final = (
    select(Grant)
    .where(Grant.account_id.in_(bindparam("numbers", expanding=True)), Grant.state == GrantState.ACTIVE)
    .order_by(Grant.unit_path, Grant.id)
    .execution_options(populate_existing=True)
)


@dataclass(frozen=True)
class HolderFilter:
    """What the list is narrowed to; empty means all. `unit_paths`: None all, else these units and below."""

    permission: str = ""
    name: str = ""
    unit_paths: tuple[str, ...] | None = None


class HolderRow(NamedTuple):
    """One account that holds something within reach."""

    id: int
    public_id: str
    holder_name: str
    name: str
    unit_kind: str
    unit_name: str
    county: str | None


class _Shape(NamedTuple):
    seats: int
    named: bool
    units: int


def holder_page(
    session: Session,
    system: str,
    reach: ReviewReach,
    wanted: HolderFilter,
    before: int | None,
    after: int | None,
    cap: int,
) -> tuple[list[HolderRow], bool, int]:
    """Up to 20 accounts, newest first, whether more follow in the direction walked, and how many there are."""
    seats = [seat for seat in reach.seats if wanted.permission in ("", seat[0])]
    if not seats or wanted.unit_paths == ():
        return [], False, 0
    shape = _Shape(len(seats), bool(wanted.name), len(wanted.unit_paths or ()))
    values = _values(system, reach, wanted, seats)
    total = int(session.execute(_count_statement(shape), values | {"limit": cap}).scalar_one())
    direction = "newer" if after is not None else "older" if before is not None else "first"
    values |= {"limit": PAGE + 1, "key": after if after is not None else before}
    found = session.execute(_page_statement(shape, direction, total <= FEW), values).all()
    rows = [HolderRow(*row) for row in found[:PAGE]]
    if direction == "newer":
        rows.reverse()
    return rows, len(found) > PAGE, total


def active_grants_of(session: Session, account_ids: Sequence[int]) -> Sequence[Grant]:
    """What these accounts hold now, by unit."""
    return session.scalars(_HELD_BY, {"numbers": list(account_ids)}).all()


def _values(
    system: str, reach: ReviewReach, wanted: HolderFilter, seats: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    values: dict[str, Any] = {"system": system, "own": reach.account_id}
    for number, (permission, path) in enumerate(seats):
        values |= {f"permission{number}": permission, f"path{number}": path}
        values[f"path{number}_end"] = path_end(path)
    for number, path in enumerate(wanted.unit_paths or ()):
        values |= {f"unit{number}": path, f"unit{number}_end": path_end(path)}
    if wanted.name:
        typed = wanted.name.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
        values["name"] = f"%{typed}%"
    return values


def _granted(shape: _Shape) -> list[ColumnElement[bool]]:
    """Conditions on a grant: active, within reach, at one of the units asked for."""
    column = _GRANT.c

    def below(name: str) -> ColumnElement[bool]:
        return and_(column.unit_path >= bindparam(name), column.unit_path < bindparam(f"{name}_end"))

    seats = (
        and_(column.permission == bindparam(f"permission{n}"), below(f"path{n}")) for n in range(shape.seats)
    )
    conditions: list[ColumnElement[bool]] = [
        column.system == bindparam("system"),
        column.state == GrantState.ACTIVE,
        column.account_id != bindparam("own"),
        or_(*seats),
    ]
    if shape.units:
        conditions.append(or_(*(below(f"unit{n}") for n in range(shape.units))))
    if shape.named:
        named = select(_ACCOUNT.c.id).where(
            _ACCOUNT.c.system == bindparam("system"),
            _ACCOUNT.c.holder_name.ilike(bindparam("name"), escape="\\"),
        )
        conditions.append(column.account_id.in_(named))
    return conditions


@lru_cache(maxsize=256)
def _count_statement(shape: _Shape) -> Executable:
    some = select(_GRANT.c.account_id).where(*_granted(shape)).distinct().limit(bindparam("limit")).subquery()
    return select(func.count()).select_from(some)


@lru_cache(maxsize=256)
def _page_statement(shape: _Shape, direction: str, few: bool) -> Executable:
    newer = direction == "newer"
    if few:
        number = _GRANT.c.account_id
        numbers = select(number.label("id")).where(*_granted(shape)).distinct()
    else:
        number = _ACCOUNT.c.id
        held = exists().where(_GRANT.c.account_id == number, *_granted(shape))
        active = (_ACCOUNT.c.system == bindparam("system"), _ACCOUNT.c.state == AccountState.ACTIVE)
        numbers = select(number.label("id")).where(*active, held)
    if direction != "first":
        key: BindParameter[int] = bindparam("key")
        numbers = numbers.where(number > key if newer else number < key)
    page = numbers.order_by(number.asc() if newer else number.desc()).limit(bindparam("limit")).subquery()
    account = _ACCOUNT.alias()
    columns = (
        account.c.id,
        account.c.public_id,
        account.c.holder_name,
        account.c.name,
        _UNIT.c.kind,
        _UNIT.c.name,
        _UNIT.c.county,
    )
    return (
        select(*columns)
        .join_from(page, account, account.c.id == page.c.id)
        .join(_UNIT, _UNIT.c.id == account.c.unit_id)
        .order_by(account.c.id.asc() if newer else account.c.id.desc())
    )
