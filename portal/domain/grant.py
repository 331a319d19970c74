"""Grants: the permissions an account really holds."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.base import Base, UtcDateTime, byte_ordered, enum_column


class GrantState(enum.Enum):
    """授權狀態: whether a grant holds, or how it ended."""

    ACTIVE = "active"
    GIVEN_UP = "given_up"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    REPLACED = "replaced"


class Grant(Base):
    """權限: account × permission × role × unit; at one unit a permission is held in one role at a time.

    Ended grants stay: they are the history that a returning account comes back with. In a system that
    reviews by request, an active grant belongs to an active account.
    """

    __tablename__ = "permission_grant"
    __table_args__ = (
        Index(
            "uq_permission_grant_held",
            "account_id",
            "permission",
            "unit_id",
            unique=True,
            sqlite_where=text("state = 'active'"),
            postgresql_where=text("state = 'active'"),
        ),
        Index("ix_permission_grant_account", "account_id", "state"),
        Index("ix_permission_grant_holders", "system", "permission", "role", "state", "unit_path"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    system: Mapped[str] = mapped_column(String(40))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    unit_path: Mapped[str] = mapped_column(byte_ordered(60))
    permission: Mapped[str] = mapped_column(String(60))
    role: Mapped[str] = mapped_column(String(40), default="user")
    options: Mapped[list[str]] = mapped_column(JSON, default=list)
    state: Mapped[GrantState] = mapped_column(enum_column(GrantState), default=GrantState.ACTIVE)
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    granted_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
