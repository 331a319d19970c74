"""Accounts and the states they go through."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Final

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.base import Base, UtcDateTime, byte_ordered, enum_column, new_public_id


class AccountState(enum.Enum):
    """帳號狀態: what an account may be used for."""

    PENDING = "pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"


ACCOUNT_CHANGES: Final[dict[AccountState, frozenset[AccountState]]] = {
    AccountState.PENDING: frozenset({AccountState.ACTIVE, AccountState.ENDED}),
    AccountState.ACTIVE: frozenset({AccountState.SUSPENDED, AccountState.ENDED}),
    AccountState.SUSPENDED: frozenset({AccountState.ACTIVE, AccountState.ENDED}),
    AccountState.ENDED: frozenset(),
}
"""Every allowed change of state; a property test walks it. Ended is final, and keeps its name."""


class Account(Base):
    """帳號: one holder's way into one information system.

    Pending opens nothing. It becomes active when everything the system asks for is there, in any
    order (`InformationSystem.active_when`): `reviewed_at` is the review, the rest are proofs.
    """

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("system", "name"),
        Index("ix_account_list", "system", "state", "unit_path", "reviewed_at", "id"),
        Index("ix_account_walk", "system", "state", "id", "reviewed_at", "unit_path"),
        Index("ix_account_address", "system", "email_key"),
        Index("ix_account_reviewers", "system", "kind", "state", "unit_path"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(24), unique=True, default=new_public_id)
    system: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(byte_ordered(80))
    state: Mapped[AccountState] = mapped_column(enum_column(AccountState), default=AccountState.PENDING)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    unit_path: Mapped[str] = mapped_column(byte_ordered(60))
    holder_name: Mapped[str] = mapped_column(String(60))
    gender: Mapped[str | None] = mapped_column(String(20))
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(20))
    phone_extension: Mapped[str | None] = mapped_column(String(10))
    fax: Mapped[str | None] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    activated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_sign_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    previous_sign_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
