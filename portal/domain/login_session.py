"""Signed-in sessions, kept in the database so that ending one ends it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.base import Base, UtcDateTime

IDLE_LIMIT: Final = timedelta(minutes=30)
ABSOLUTE_LIMIT: Final = timedelta(hours=8)
"""A working day; whoever works longer signs in again."""
SEEN_STEP: Final = timedelta(minutes=1)
"""How exact `seen_at` is: one write a minute and not one a page."""


class LoginSession(Base):
    """登入工作階段: found by the hash of the random value that the browser's cookie holds.

    `binding_id`: the certificate that opened it; None: a password did.
    """

    __tablename__ = "login_session"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    address: Mapped[str] = mapped_column(String(45))
    binding_id: Mapped[int | None] = mapped_column(ForeignKey("certificate_binding.id"), index=True)


def still_open(started_at: datetime, seen_at: datetime, now: datetime) -> bool:
    """Whether a session is within both limits."""
    return now - seen_at < IDLE_LIMIT and now - started_at < ABSOLUTE_LIMIT
