"""Declarative base, and the column types that behave alike on SQLite and PostgreSQL."""

from __future__ import annotations

import enum
import secrets
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, MetaData, String
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator, TypeEngine


class Base(DeclarativeBase):
    """The metadata that Flask-SQLAlchemy and the migrations get."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcDateTime(TypeDecorator[datetime]):
    """Aware times only, kept in UTC; SQLite gives them back aware as well."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone reached the database")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class EnumText(TypeDecorator[enum.Enum]):
    """An enum kept as text with its value: a new member needs no migration on either database."""

    impl = String(32)
    cache_ok = True

    def __init__(self, kind: type[enum.Enum]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: enum.Enum | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value.value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> enum.Enum | None:
        return None if value is None else self.kind(value)


def enum_column(kind: type[enum.Enum]) -> EnumText:
    """The column type of an enum."""
    return EnumText(kind)


def byte_ordered(length: int) -> TypeEngine[Any]:
    """Text compared byte by byte, so that a prefix is an index range on PostgreSQL too."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


def new_public_id() -> str:
    """A random name for addresses: 96 bits, tells nothing of how many rows there are."""
    return secrets.token_urlsafe(12)
