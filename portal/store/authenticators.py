"""Authenticators of accounts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from portal.domain.authenticator import Authenticator
from portal.store.database import rows_changed


def authenticator_of(session: Session, account_id: int) -> Authenticator | None:
    """The authenticator of an account, freshly read."""
    return session.get(Authenticator, account_id, populate_existing=True)


def use_step(session: Session, account_id: int, step: int) -> bool:
    """Use the code of a step; False if it, or a later one, was used before."""
    statement = (
        update(Authenticator)
        .where(Authenticator.account_id == account_id, Authenticator.last_used_step < step)
        .values(last_used_step=step)
    )
    return rows_changed(session, statement) == 1


def keep_authenticator(
    session: Session, account_id: int, sealed_secret: bytes, step: int, now: datetime
) -> None:
    """Give the (locked) account this authenticator instead of the one it had; `step` counts as used."""
    drop_authenticator(session, account_id)
    session.add(
        Authenticator(account_id=account_id, sealed_secret=sealed_secret, set_at=now, last_used_step=step)
    )
    session.flush()


def drop_authenticator(session: Session, account_id: int) -> bool:
    """Forget the authenticator of an account; False if it had none."""
    return rows_changed(session, delete(Authenticator).where(Authenticator.account_id == account_id)) == 1
