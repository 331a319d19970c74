"""The database: one engine, and transactions that neither deadlock nor lose."""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, CursorResult, Engine, Table, UpdateBase, event
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from portal.config import Settings
from portal.domain import (  # noqa: F401  every noun, so that the metadata is whole
    account,
    application,
    audit,
    authenticator,
    card_challenge,
    card_claim,
    certificate_binding,
    counter,
    credential,
    draft,
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
_LAST: Final = "portal: last things of this transaction"


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


def use_migrations(app: Flask) -> None:
    """Make `flask db …` work. For commands only: a server that never migrates saves 11 MB a worker."""
    from flask_migrate import Migrate

    Migrate(app, db, directory=str(Path(__file__).with_name("migrations")), render_as_batch=True)


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for line in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
        connection.execute(f"PRAGMA {line}")


def _begin_sqlite(connection: Connection) -> None:
    """Writers take the lock first: read-then-write transactions would lose most of their work."""
    immediate = connection.get_execution_options().get("portal_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


_WRITERS: Final = threading.RLock()
"""SQLite lets writers ask again and again; those of one process wait for each other here, which is fairer."""


@contextmanager
def write() -> Iterator[Session]:
    """One writing transaction; a read that was open (Flask-Login's, say) ends first."""
    session = db.session()
    session.rollback()
    with _WRITERS if is_sqlite(session) else nullcontext():
        session.connection(execution_options={"portal_write": True})
        last: list[Callable[[], None]] = []
        session.info[_LAST] = last
        try:
            yield session
            session.flush()
            for act in last:
                act()
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            del session.info[_LAST]


def at_the_end(session: Session, act: Callable[[], None]) -> None:
    """Do this as the last thing of the running transaction.

    What takes a lock that everybody needs is done here: it is held for a moment, and nobody who
    holds it waits for a row of somebody who waits for it.
    """
    session.info[_LAST].append(act)


def read() -> Session:
    """The session of this request, for reading."""
    return db.session()


def rows_changed(session: Session, statement: UpdateBase, values: dict[str, Any] | None = None) -> int:
    """Run an UPDATE or DELETE; returns how many rows it touched, which is how one-time acts are decided."""
    result = session.execute(statement, values)
    return result.rowcount if isinstance(result, CursorResult) else 0


def now_holds(row: Base, **values: Any) -> None:
    """Tell an object what a statement has just written, which saves reading it again."""
    for name, value in values.items():
        set_committed_value(row, name, value)


def is_sqlite(session: Session) -> bool:
    """Whether this is SQLite, for the few statements that differ."""
    bind = session.get_bind()
    return (bind if isinstance(bind, Engine) else bind.engine).dialect.name == "sqlite"


def table_of(noun: type[Base]) -> Table:
    """The table of a noun: statements of Core, built once, take a third of what the ORM's take."""
    table = noun.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{noun.__name__} has no table of its own")
    return table
