"""Credentials: what a holder signs in with."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.base import Base, UtcDateTime


class PasswordCredential(Base):
    """專用密碼: a password's hash; retired ones stay for the rule against using the last again."""

    __tablename__ = "password_credential"
    __table_args__ = (Index("ix_password_credential_current", "account_id", "retired_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    hash: Mapped[str] = mapped_column(String(80))
    scheme: Mapped[str] = mapped_column(String(30))
    pepper_version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
