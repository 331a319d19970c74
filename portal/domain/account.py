"""Accounts and the states they go through."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.base import Base, UtcDateTime, byte_ordered, enum_column, new_public_id
from portal.domain.normalisation import email_key


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


class SuspensionCause(enum.Enum):
    """停用原因: why an account was suspended (manual 5, 停用帳號)."""

    DORMANT = "dormant"
    GIVEN_UP = "given_up"
    WITHDRAWN = "withdrawn"


_COLUMNS: Final = {
    "name": "holder_name", "email": "email", "gender": "gender", "phone": "phone",
    "phone_extension": "phone_extension", "fax": "fax",
}  # fmt: skip
"""Answers that have a column of their own; the others go to `contact`."""


def holder_values(answers: Mapping[str, Any]) -> dict[str, Any]:
    """What an account takes over from the answers of an application."""
    values = {column: answers.get(key) for key, column in _COLUMNS.items()}
    contact = {key: value for key, value in answers.items() if key not in _COLUMNS}
    return {**values, "email_key": email_key(answers["email"]), "contact": contact}


def holder_answers(account: Account) -> dict[str, Any]:
    """The same answers again, as a form begins with them."""
    known = {key: getattr(account, column) for key, column in _COLUMNS.items()}
    return {key: value for key, value in {**known, **account.contact}.items() if value is not None}


class Account(Base):
    """帳號: one holder's way into one information system.

    Pending opens nothing. It becomes active when everything the system asks for is there, in any
    order (`InformationSystem.active_when`): `reviewed_at` is the review, the rest are proofs.

    Where a system asks for the holder's personal number, `identity_index` finds the account by it (one
    account that has not ended per holder) and `sealed_identity` reads it back. `contact` holds answers
    that have no column of their own. `idle_since`: the last sign-in, or the activation if there was none
    since; `warned_before`: the days of the last warning of dormancy, None after a sign-in.
    """

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("system", "name"),
        Index("ix_account_list", "system", "state", "unit_path", "reviewed_at", "id"),
        Index("ix_account_walk", "system", "state", "id", "reviewed_at", "unit_path"),
        Index("ix_account_address", "system", "email_key"),
        Index("ix_account_reviewers", "system", "kind", "state", "unit_path"),
        Index("ix_account_idle", "system", "state", "idle_since"),
        Index("ix_account_holder", "system", "identity_last_four", "holder_name"),
        Index(
            "uq_account_identity",
            "system",
            "identity_index",
            unique=True,
            sqlite_where=text("state != 'ended'"),
            postgresql_where=text("state != 'ended'"),
        ),
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
    contact: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    identity_index: Mapped[str | None] = mapped_column(String(64))
    identity_last_four: Mapped[str | None] = mapped_column(String(4))
    sealed_identity: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    activated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    suspended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    suspended_because: Mapped[SuspensionCause | None] = mapped_column(enum_column(SuspensionCause))
    idle_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    warned_before: Mapped[int | None]
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_sign_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    previous_sign_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
