"""The database: one engine, and transactions that neither deadlock nor lose."""

from __future__ import annotations

import os
import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, CursorResult, Engine, UpdateBase, event
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.domain import (  # noqa: F401  every noun, so that the metadata is whole
    account,
    application,
    audit,
    counter,
    credential,
    grant,
    letter,
    login_session,
    one_time_token,
    proof,
    review,
    unit,
)
from portal.domain.base import Base

db = SQLAlchemy(metadata=Base.metadata)


def install(app: Flask, settings: Settings) -> None:
    """Bind the engine to the application, with what each of the two databases needs."""
    url = settings.database_url
    options: dict[str, Any] = {"pool_pre_ping": False}
    if url.startswith("sqlite"):
        options["connect_args"] = {"timeout": 10, "check_same_thread": False}
        file = url.removeprefix("sqlite:///")
        if file:
            Path(file).parent.mkdir(parents=True, exist_ok=True)
            Path(file).touch(mode=0o600)  # personal data; the journal files take over the mode
    else:
        options |= {"pool_size": 8, "max_overflow": 4, "pool_timeout": 5, "pool_pre_ping": True}
        options["connect_args"] = {"prepare_threshold": None, "connect_timeout": 5}
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    db.init_app(app)
    with app.app_context():
        engine = db.engine
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
    known = weakref.ref(engine)
    os.register_at_fork(after_in_child=lambda: _forget_connections(known()))


def _forget_connections(engine: Engine | None) -> None:
    """A forked worker opens connections of its own and leaves its parent's alone."""
    if engine is not None:
        engine.dispose(close=False)


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for line in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {line}")


def _begin_sqlite(connection: Connection) -> None:
    """Writers take the lock first: read-then-write transactions would lose most of their work."""
    immediate = connection.get_execution_options().get("portal_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


@contextmanager
def write() -> Iterator[Session]:
    """One writing transaction; a read that was open (Flask-Login's, say) ends first."""
    session = db.session()
    session.rollback()
    session.connection(execution_options={"portal_write": True})
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise


def read() -> Session:
    """The session of this request, for reading."""
    return db.session()


def rows_changed(session: Session, statement: UpdateBase) -> int:
    """Run an UPDATE or DELETE; returns how many rows it touched, which is how one-time acts are decided."""
    result = session.execute(statement)
    return result.rowcount if isinstance(result, CursorResult) else 0


def is_sqlite(session: Session) -> bool:
    """Whether this is SQLite, for the few statements that differ."""
    bind = session.get_bind()
    return (bind if isinstance(bind, Engine) else bind.engine).dialect.name == "sqlite"
