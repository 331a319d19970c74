"""Lists of requests within a reviewer's reach: two statements a page, whatever the number of requests.

For each thing that a reviewer decides about, at each unit, the newest twenty numbers stand next to each other
in an index; they are taken from there first, and then the rows of the newest of all. Statements are Core and
built once for each shape; later pages step from a key and never by OFFSET.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Executable,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from portal.domain.account import Account
from portal.domain.application import Application, PermissionRequest, RequestState
from portal.domain.reach import ReviewReach
from portal.domain.unit import Unit, path_end
from portal.store.database import table_of

PAGE: Final = 20
FEW: Final = 5000
"""So many requests are looked at one by one; for more, those who bear a name are found first."""

_REQUEST, _APPLICATION = table_of(PermissionRequest), table_of(Application)
_ACCOUNT, _UNIT = table_of(Account), table_of(Unit)


@dataclass(frozen=True)
class RequestFilter:
    """What a list is narrowed to; empty means all. `unit_paths`: None all, else these units and those below."""

    state: RequestState = RequestState.REQUESTED
    permission: str = ""
    name: str = ""
    unit_paths: tuple[str, ...] | None = None


class RequestRow(NamedTuple):
    """One line of the list (manual 5, 審核)."""

    id: int
    public_id: str
    application_id: str
    version: int
    case_number: str
    submitted_at: datetime
    unit_kind: str
    unit_name: str
    county: str | None
    holder_name: str
    permission: str
    role: str
    options: list[str]
    state: RequestState


class _Shape(NamedTuple):
    """What a statement is built from; the same shape is the same statement."""

    seats: int
    named: Literal["", "each", "all"]
    units: int


def request_page(
    session: Session,
    system: str,
    reach: ReviewReach,
    wanted: RequestFilter,
    before: int | None,
    after: int | None,
    cap: int,
) -> tuple[list[RequestRow], bool, int]:
    """Up to 20 requests, newest first, whether more follow in the direction walked, and how many there are.

    `before`: older than this number (next page); `after`: newer (previous page); `cap`: counted so far.
    """
    seats = _seats(reach, wanted)
    if not seats or wanted.unit_paths == ():
        return [], False, 0
    shape, values = _shape(session, system, reach, wanted, seats)
    total = int(session.execute(_count_statement(shape), values | {"limit": cap}).scalar_one())
    direction = "newer" if after is not None else "older" if before is not None else "first"
    values |= {"limit": PAGE + 1, "key": after if after is not None else before}
    found = session.execute(_page_statement(shape, direction), values).all()
    rows = [RequestRow(*row) for row in found[:PAGE]]
    if direction == "newer":
        rows.reverse()
    return rows, len(found) > PAGE, total


def request_count(session: Session, system: str, reach: ReviewReach, wanted: RequestFilter, cap: int) -> int:
    """How many requests match, counted up to `cap`."""
    seats = _seats(reach, wanted)
    if not seats or wanted.unit_paths == ():
        return 0
    shape, values = _shape(session, system, reach, wanted, seats)
    return int(session.execute(_count_statement(shape), values | {"limit": cap}).scalar_one())


def _seats(reach: ReviewReach, wanted: RequestFilter) -> Sequence[tuple[str, str]]:
    return [seat for seat in reach.seats if wanted.permission in ("", seat[0])]


def _shape(
    session: Session,
    system: str,
    reach: ReviewReach,
    wanted: RequestFilter,
    seats: Sequence[tuple[str, str]],
) -> tuple[_Shape, dict[str, Any]]:
    values: dict[str, Any] = {"system": system, "state": wanted.state, "own": reach.account_id}
    for number, (permission, path) in enumerate(seats):
        values |= {f"permission{number}": permission, f"path{number}": path}
    for number, path in enumerate(wanted.unit_paths or ()):
        values |= {f"unit{number}": path, f"unit{number}_end": path_end(path)}
    shape = _Shape(len(seats), "", len(wanted.unit_paths or ()))
    if wanted.name:
        some = session.execute(_count_statement(shape), values | {"limit": FEW + 1}).scalar_one()
        shape = shape._replace(named="each" if some <= FEW else "all")
        values["name"] = f"%{_escaped(wanted.name)}%"
    return shape, values


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


class _Sets:
    """What all parts of a statement look up in: found once, however many parts there are."""

    def __init__(self, shape: _Shape) -> None:
        named = _ACCOUNT.c.holder_name.ilike(bindparam("name"), escape="\\")
        self.each_named = select(_ACCOUNT.c.id).where(_ACCOUNT.c.id == _REQUEST.c.account_id, named).exists()
        self.named = select(_ACCOUNT.c.id).where(_ACCOUNT.c.system == bindparam("system"), named).cte("named")
        below = (_between(_UNIT.c.path, number) for number in range(shape.units))
        self.units = select(_UNIT.c.path).where(or_(*below)).cte("units") if shape.units > 1 else None


def _between(path: ColumnElement[str], number: int) -> ColumnElement[bool]:
    return and_(path >= bindparam(f"unit{number}"), path < bindparam(f"unit{number}_end"))


def _numbers(shape: _Shape, sets: _Sets, seat: int) -> Select[tuple[int]]:
    """Numbers of the requests for one permission that were sent to one unit."""
    column = _REQUEST.c
    numbers = select(column.id).where(
        column.system == bindparam("system"),
        column.state == bindparam("state", type_=column.state.type),
        column.permission == bindparam(f"permission{seat}"),
        column.review_path == bindparam(f"path{seat}"),
        column.account_id != bindparam("own"),
    )
    if shape.named == "each":
        numbers = numbers.where(sets.each_named)
    elif shape.named:
        numbers = numbers.where(column.account_id.in_(select(sets.named.c.id)))
    if sets.units is not None:
        numbers = numbers.where(column.unit_path.in_(select(sets.units.c.path)))
    elif shape.units:
        numbers = numbers.where(_between(column.unit_path, 0))
    return numbers


@lru_cache(maxsize=256)
def _page_statement(shape: _Shape, direction: str) -> Executable:
    newer = direction == "newer"
    sets, branches = _Sets(shape), []
    for seat in range(shape.seats):
        numbers = _numbers(shape, sets, seat)
        if direction != "first":
            key: BindParameter[int] = bindparam("key")
            numbers = numbers.where(_REQUEST.c.id > key if newer else _REQUEST.c.id < key)
        order = _REQUEST.c.id.asc() if newer else _REQUEST.c.id.desc()
        branches.append(select(numbers.order_by(order).limit(bindparam("limit")).subquery().c.id))
    some = union_all(*branches).subquery()
    wanted = select(some.c.id).order_by(some.c.id.asc() if newer else some.c.id.desc())
    page = wanted.limit(bindparam("limit")).subquery()
    columns = (
        _REQUEST.c.id,
        _REQUEST.c.public_id,
        _APPLICATION.c.public_id,
        _APPLICATION.c.version,
        _APPLICATION.c.case_number,
        _APPLICATION.c.submitted_at,
        _UNIT.c.kind,
        _UNIT.c.name,
        _UNIT.c.county,
        _ACCOUNT.c.holder_name,
        _REQUEST.c.permission,
        _REQUEST.c.role,
        _REQUEST.c.options,
        _REQUEST.c.state,
    )
    return (
        select(*columns)
        .join_from(page, _REQUEST, _REQUEST.c.id == page.c.id)
        .join(_APPLICATION, _APPLICATION.c.id == _REQUEST.c.application_id)
        .join(_ACCOUNT, _ACCOUNT.c.id == _REQUEST.c.account_id)
        .join(_UNIT, _UNIT.c.id == _REQUEST.c.unit_id)
        .order_by(_REQUEST.c.id.asc() if newer else _REQUEST.c.id.desc())
    )


@lru_cache(maxsize=256)
def _count_statement(shape: _Shape) -> Executable:
    sets = _Sets(shape)
    branches = [
        select(_numbers(shape, sets, seat).limit(bindparam("limit")).subquery().c.id)
        for seat in range(shape.seats)
    ]
    some = union_all(*branches).limit(bindparam("limit")).subquery()
    return select(func.count()).select_from(some)
