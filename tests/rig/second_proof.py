"""The second proof of people in tests: administrators already have an authenticator, whose codes are computed."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Flask
from sqlalchemy import create_engine, select, update
from sqlalchemy.orm import Session

from portal.config import Settings, read_settings
from portal.domain.account import Account
from portal.domain.authenticator import Authenticator
from portal.proofs.one_time_code import code_at, new_secret, step_of
from portal.store.sealed import seal, unseal
from tests.rig.settings import TEST_SETTINGS

BEFORE_ALL = 0
"""No code was used yet."""


def give_authenticator(session: Session, account: Account, now: datetime, settings: Settings) -> str:
    """Set one for the account as if its holder had done so; its key."""
    from portal.store.authenticators import keep_authenticator

    secret = new_secret()
    keep_authenticator(session, account.id, seal(settings.key("authenticator"), secret), BEFORE_ALL, now)
    return secret


def fresh_code(
    session: Session, system: str, name: str, settings: Settings, now: datetime | None = None
) -> str:
    """What the app shows now. Earlier uses are forgotten: tests sign in more often than twice a minute."""
    now = now or datetime.now(UTC)
    session.execute(update(Authenticator).values(last_used_step=BEFORE_ALL))
    query = select(Authenticator).join(Account, Account.id == Authenticator.account_id)
    found = session.scalars(query.where(Account.system == system, Account.name == name.strip().lower())).one()
    code = code_at(unseal(settings.key("authenticator"), found.sealed_secret), step_of(now))
    session.commit()
    return code


def code_in(app: Flask, system: str, name: str, now: datetime | None = None) -> str:
    """The same for an application of this process."""
    with app.app_context():
        engine = app.extensions["sqlalchemy"].engine
    with Session(engine) as session:
        return fresh_code(session, system, name, app.extensions["portal-settings"], now)


def code_at_server(database_url: str, system: str, name: str) -> str:
    """The same for a server of another process."""
    settings = read_settings(environ={}, **{**TEST_SETTINGS, "DATABASE_URL": database_url})
    engine = create_engine(
        settings.database_url, connect_args={"timeout": 10} if "sqlite" in database_url else {}
    )
    try:
        with Session(engine) as session:
            return fresh_code(session, system, name, settings)
    finally:
        engine.dispose()
