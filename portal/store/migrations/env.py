"""Alembic: the same migrations on SQLite and PostgreSQL, with the application's own engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from portal.domain.base import EnumText, UtcDateTime

database = current_app.extensions["migrate"].db


def plain_type(kind: str, item: object, _: object) -> str | bool:
    """Write our own column types as what they are in the database: migrations outlive the code."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, EnumText):
        return "sa.String(length=32)"
    return False


def is_a_noun(name: str | None, kind: str, _: object) -> bool:
    """The search index is no noun of the domain, and FTS5 keeps tables of its own beside it."""
    return not (kind == "table" and (name or "").startswith("unit_search"))


def run_migrations() -> None:
    """Run on the engine of the application; SQLite alters tables by copying them (batch mode)."""
    options = current_app.extensions["migrate"].configure_args
    with database.engine.connect() as connection, copying_allowed(connection):
        context.configure(
            connection=connection,
            target_metadata=database.metadata,
            render_item=plain_type,
            include_name=is_a_noun,
            **options,
        )
        with context.begin_transaction():
            context.run_migrations()


@contextmanager
def copying_allowed(connection: Connection) -> Iterator[None]:
    """On SQLite a table that others point at is copied and dropped: keys are looked at afterwards instead."""
    if connection.dialect.name != "sqlite":
        yield
        return
    raw = connection.connection.dbapi_connection  # below SQLAlchemy, which would begin a transaction first
    raw.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
        if broken := raw.execute("PRAGMA foreign_key_check").fetchall():
            raise RuntimeError(f"rows that point nowhere after the migration: {broken[:5]}")
    finally:
        raw.execute("PRAGMA foreign_keys = ON")


run_migrations()
