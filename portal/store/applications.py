"""Applications, and the proofs that belong to their account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session, selectinload

from portal.domain.account import Account
from portal.domain.application import (
    APPLICATION_CHANGES,
    Application,
    ApplicationState,
    PermissionRequest,
)
from portal.domain.proof import Proof, ProofState
from portal.store.database import now_holds, rows_changed, table_of

OPEN_STATES: Final = (ApplicationState.SUBMITTED, ApplicationState.RETURNED)
_WHOLE: Final = select(Application).options(selectinload(Application.requests))
_BY_PUBLIC_ID: Final = _WHOLE.where(Application.public_id == bindparam("public_id"))
_BY_SUBMISSION_KEY: Final = _WHOLE.where(Application.submission_key == bindparam("key"))
_LATEST: Final = (
    _WHOLE.where(Application.account_id == bindparam("account_id")).order_by(Application.id.desc()).limit(1)
)
_OPEN: Final = (
    _WHOLE.where(
        Application.account_id == bindparam("account_id"),
        Application.state.in_(OPEN_STATES),
    )
    .order_by(Application.id.desc())
    .execution_options(populate_existing=True)
)
_OF_ACCOUNT: Final = (
    _WHOLE.where(Application.account_id == bindparam("account_id"))
    .order_by(Application.id.desc())
    .limit(bindparam("most"))
)
_HELD: Final = (
    select(Application)
    .options(selectinload(Application.requests))
    .where(Application.id == bindparam("id"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
_PROOFS: Final = select(Proof).where(Proof.account_id == bindparam("account_id"))
_AWAIT: Final = insert(table_of(Proof))
_APPLICATION: Final = table_of(Application)
_ADD: Final = insert(_APPLICATION).returning(_APPLICATION.c.id)
_ADD_REQUEST: Final = insert(table_of(PermissionRequest))
_STATE: Final = _APPLICATION.c.state.type
_CHANGE: Final = (
    update(_APPLICATION)
    .where(
        _APPLICATION.c.id == bindparam("read_id"),
        _APPLICATION.c.version == bindparam("read_version"),
        _APPLICATION.c.state == bindparam("read_state", type_=_STATE),
    )
    .values(
        state=bindparam("new", type_=_STATE),
        decided_at=bindparam("decided", type_=_APPLICATION.c.decided_at.type),
        version=_APPLICATION.c.version + 1,
    )
)


def add_application(session: Session, values: dict[str, Any], requests: Sequence[dict[str, Any]]) -> int:
    """Keep an application and its requests; returns its number."""
    application_id: int = session.execute(_ADD, values).scalar_one()
    if requests:
        session.execute(_ADD_REQUEST, [{**request, "application_id": application_id} for request in requests])
    return application_id


def application_by_public_id(session: Session, public_id: str) -> Application | None:
    """The application with this public number, with its requests."""
    return session.scalars(_BY_PUBLIC_ID, {"public_id": public_id}).one_or_none()


def application_by_submission_key(session: Session, key: str) -> Application | None:
    """The application that a form with this key made, with its requests."""
    return session.scalars(_BY_SUBMISSION_KEY, {"key": key}).one_or_none()


def latest_application(session: Session, account: Account) -> Application | None:
    """The account's newest application, with its requests."""
    return session.scalars(_LATEST, {"account_id": account.id}).one_or_none()


def open_application(session: Session, account_id: int) -> Application | None:
    """The account's application that is not decided yet, with its requests; there is one at most."""
    return session.scalars(_OPEN, {"account_id": account_id}).first()


def applications_of(session: Session, account_id: int, most: int) -> Sequence[Application]:
    """The account's newest applications, with their requests."""
    return session.scalars(_OF_ACCOUNT, {"account_id": account_id, "most": most}).all()


def application_held(session: Session, application_id: int) -> Application:
    """The application and its requests, freshly read and held until the transaction ends."""
    return session.scalars(_HELD, {"id": application_id}).one()


def change_application(
    session: Session, application: Application, new: ApplicationState, now: datetime
) -> bool:
    """Move an application on from the version that was read; returns whether it moved.

    `decided_at` is when it was over: what was returned to the applicant is not decided.
    """
    if new not in APPLICATION_CHANGES[application.state]:
        return False
    seen = application.version
    read = {"read_id": application.id, "read_version": seen, "read_state": application.state}
    decided = None if new in OPEN_STATES else now
    if rows_changed(session, _CHANGE, {**read, "new": new, "decided": decided}) != 1:
        session.refresh(application)
        return False
    now_holds(application, state=new, decided_at=decided, version=seen + 1)
    return True


def renew_application(
    session: Session, application: Application, state: ApplicationState, **values: Any
) -> bool:
    """A new version of an application that is still open, from the version that was read; True if it was made.

    Unlike a change of state it may leave the application as it was: the applicant sent something else.
    """
    if application.state not in OPEN_STATES:
        return False
    seen = application.version
    statement = update(_APPLICATION).where(
        _APPLICATION.c.id == application.id,
        _APPLICATION.c.version == seen,
        _APPLICATION.c.state.in_(OPEN_STATES),
    )
    if rows_changed(session, statement.values(state=state, version=seen + 1, **values)) != 1:
        session.refresh(application)
        return False
    now_holds(application, state=state, version=seen + 1, **values)
    return True


def proofs_of(session: Session, account: Account) -> Sequence[Proof]:
    """All proofs of an account, awaited or given."""
    return session.scalars(_PROOFS, {"account_id": account.id}).all()


def await_proofs(session: Session, account: Account, kinds: Sequence[str]) -> None:
    """Note which kinds of proof an account waits for."""
    if kinds:
        session.execute(_AWAIT, [{"account_id": account.id, "kind": kind} for kind in kinds])


def give_proof(session: Session, account: Account, kind: str, now: datetime) -> bool:
    """Note that an awaited proof was given; False if it had been before."""
    statement = (
        update(Proof)
        .where(Proof.account_id == account.id, Proof.kind == kind, Proof.state == ProofState.AWAITED)
        .values(state=ProofState.PROVEN, proved_at=now)
    )
    return rows_changed(session, statement) == 1
