"""Applications, the proofs that belong to their account, reviews and grants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session, selectinload

from portal.domain.account import Account
from portal.domain.application import APPLICATION_CHANGES, Application, ApplicationState
from portal.domain.grant import Grant, GrantState
from portal.domain.proof import Proof, ProofState
from portal.store.database import rows_changed


def application_by_public_id(session: Session, public_id: str) -> Application | None:
    """The application with this public number, with its requests."""
    query = select(Application).where(Application.public_id == public_id)
    return session.scalars(query.options(selectinload(Application.requests))).one_or_none()


def latest_application(session: Session, account: Account) -> Application | None:
    """The account's newest application, with its requests."""
    query = select(Application).where(Application.account_id == account.id)
    query = query.options(selectinload(Application.requests)).order_by(Application.id.desc())
    return session.scalars(query.limit(1)).one_or_none()


def change_application(
    session: Session, application: Application, new: ApplicationState, now: datetime
) -> bool:
    """Move an application on from the version that was read; returns whether it moved."""
    if new not in APPLICATION_CHANGES[application.state]:
        return False
    statement = (
        update(Application)
        .where(
            Application.id == application.id,
            Application.version == application.version,
            Application.state == application.state,
        )
        .values(state=new, decided_at=now, version=Application.version + 1)
    )
    moved = rows_changed(session, statement) == 1
    session.refresh(application)
    return moved


def proofs_of(session: Session, account: Account) -> Sequence[Proof]:
    """All proofs of an account, awaited or given."""
    return session.scalars(select(Proof).where(Proof.account_id == account.id)).all()


def give_proof(session: Session, account: Account, kind: str, now: datetime) -> bool:
    """Note that an awaited proof was given; False if it had been before."""
    statement = (
        update(Proof)
        .where(Proof.account_id == account.id, Proof.kind == kind, Proof.state == ProofState.AWAITED)
        .values(state=ProofState.PROVEN, proved_at=now)
    )
    return rows_changed(session, statement) == 1


def grant_permissions(
    session: Session, account: Account, permissions: Iterable[str], now: datetime, by_id: int
) -> None:
    """Give an account these permissions in its own unit."""
    session.add_all(
        Grant(
            account_id=account.id,
            unit_id=account.unit_id,
            permission=key,
            granted_at=now,
            granted_by_id=by_id,
        )
        for key in permissions
    )


def granted_permissions(session: Session, account_id: int) -> set[str]:
    """Keys of what the account holds now."""
    query = select(Grant.permission).where(Grant.account_id == account_id, Grant.state == GrantState.ACTIVE)
    return set(session.scalars(query))


def withdraw_grants(session: Session, account: Account, now: datetime) -> None:
    """Take back everything an account holds."""
    session.execute(
        update(Grant)
        .where(Grant.account_id == account.id, Grant.state == GrantState.ACTIVE)
        .values(state=GrantState.WITHDRAWN, ended_at=now)
    )
