"""Grants: the permissions an account really holds."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.base import Base, UtcDateTime, enum_column


class GrantState(enum.Enum):
    """授權狀態: whether a grant holds, or how it ended."""

    ACTIVE = "active"
    GIVEN_UP = "given_up"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class Grant(Base):
    """權限: account × permission × role × unit."""

    __tablename__ = "permission_grant"
    __table_args__ = (UniqueConstraint("account_id", "permission", "role", "unit_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    permission: Mapped[str] = mapped_column(String(60))
    role: Mapped[str] = mapped_column(String(40), default="user")
    state: Mapped[GrantState] = mapped_column(enum_column(GrantState), default=GrantState.ACTIVE)
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    granted_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
