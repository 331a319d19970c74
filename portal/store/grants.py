"""Grants: who holds which permission where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from portal.domain.account import Account
from portal.domain.grant import Grant, GrantState
from portal.domain.offers import WantedPermission
from portal.domain.unit import paths_up
from portal.store.database import rows_changed, table_of

_GRANT: Final = table_of(Grant).c
_HELD: Final = (
    select(Grant)
    .where(Grant.account_id == bindparam("account_id"), Grant.state == GrantState.ACTIVE)
    .order_by(Grant.unit_path, Grant.id)
)
_REVIEWING: Final = (
    _GRANT.system == bindparam("system"),
    _GRANT.permission == bindparam("permission"),
    _GRANT.role.in_(bindparam("roles", expanding=True)),
    _GRANT.state == GrantState.ACTIVE,
    _GRANT.unit_path.in_(bindparam("paths", expanding=True)),
)
_NEAREST: Final = select(func.max(_GRANT.unit_path)).where(
    *_REVIEWING, _GRANT.account_id != bindparam("but_not")
)
_MANAGERS: Final = select(_GRANT.unit_path, _GRANT.account_id).where(*_REVIEWING)
_SEATS: Final = (
    select(_GRANT.permission, _GRANT.unit_path)
    .where(
        _GRANT.account_id == bindparam("account_id"),
        _GRANT.state == GrantState.ACTIVE,
        _GRANT.role.in_(bindparam("roles", expanding=True)),
    )
    .order_by(_GRANT.unit_path, _GRANT.permission)
)


def grant_permissions(
    session: Session,
    account: Account,
    wanted: Iterable[WantedPermission],
    now: datetime,
    by_id: int,
    unit: tuple[int, str] | None = None,
) -> None:
    """Give an account these permissions at a unit (number and path; None: its own).

    A permission held there in another role, or with other options, is replaced.
    """
    unit_id, unit_path = unit or (account.unit_id, account.unit_path)
    wanted = list(wanted)
    ended = update(Grant).where(
        Grant.account_id == account.id,
        Grant.unit_id == unit_id,
        Grant.permission.in_([one.permission for one in wanted]),
        Grant.state == GrantState.ACTIVE,
    )
    session.execute(ended.values(state=GrantState.REPLACED, ended_at=now))
    session.add_all(
        Grant(
            account_id=account.id,
            system=account.system,
            unit_id=unit_id,
            unit_path=unit_path,
            permission=one.permission,
            role=one.role,
            options=list(one.options),
            granted_at=now,
            granted_by_id=by_id,
        )
        for one in wanted
    )
    session.flush()


def grants_of(session: Session, account_id: int) -> Sequence[Grant]:
    """What the account holds now, by unit."""
    query = _HELD.execution_options(populate_existing=True)
    return session.scalars(query, {"account_id": account_id}).all()


def all_grants_of(session: Session, account_id: int, most: int) -> Sequence[Grant]:
    """What the account holds and held, newest first."""
    query = select(Grant).where(Grant.account_id == account_id).order_by(Grant.id.desc()).limit(most)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def granted_permissions(session: Session, account_id: int) -> set[str]:
    """Keys of what the account holds now, wherever."""
    return {grant.permission for grant in grants_of(session, account_id)}


def end_grants(
    session: Session, account_id: int, how: GrantState, now: datetime, ids: Sequence[int] | None = None
) -> int:
    """End what an account holds, all of it or the grants with these numbers; returns how many ended."""
    statement = update(Grant).where(Grant.account_id == account_id, Grant.state == GrantState.ACTIVE)
    if ids is not None:
        statement = statement.where(Grant.id.in_(ids))
    return rows_changed(session, statement.values(state=how, ended_at=now))


def nearest_reviewers(
    session: Session, system: str, permission: str, roles: Sequence[str], unit_path: str, but_not: int
) -> str:
    """Path of the nearest unit, this one or above, where somebody else holds the permission in such a role.

    "" where nobody does: then the service desk decides. `but_not` is the applicant: nobody reviews their own.
    """
    values = {
        "system": system, "permission": permission, "roles": roles, "paths": paths_up(unit_path),
        "but_not": but_not,
    }  # fmt: skip
    return session.execute(_NEAREST, values).scalar() or ""


def managers_at(
    session: Session, system: str, permission: str, roles: Sequence[str], paths: Sequence[str]
) -> dict[str, set[int]]:
    """Who holds the permission in such a role at these units, by path; units without anybody are left out."""
    values = {"system": system, "permission": permission, "roles": roles, "paths": paths}
    found: dict[str, set[int]] = {}
    for path, account_id in session.execute(_MANAGERS, values):
        found.setdefault(path, set()).add(account_id)
    return found


def seats_of(session: Session, account_id: int, roles: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Permission and unit path of all that the account holds in a role that reviews."""
    rows = session.execute(_SEATS, {"account_id": account_id, "roles": roles})
    return tuple((permission, path) for permission, path in rows)
