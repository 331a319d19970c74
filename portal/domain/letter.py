"""Letters waiting to leave."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.base import Base, UtcDateTime, enum_column, new_public_id


class LetterState(enum.Enum):
    """信件狀態. Withheld letters are never sent: they make known and unknown addresses cost the same."""

    QUEUED = "queued"
    SENT = "sent"
    DEAD = "dead"
    WITHHELD = "withheld"


class OutgoingLetter(Base):
    """待寄信件: written in the transaction that causes it, sent later by a worker.

    It holds the number of a one-time token, never the token: the link is made at delivery.
    """

    __tablename__ = "outgoing_letter"
    __table_args__ = (Index("ix_outgoing_letter_due", "state", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(24), unique=True, default=new_public_id)
    message_id: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    recipient: Mapped[str] = mapped_column(String(254))
    context: Mapped[dict[str, Any]] = mapped_column(JSON)
    token_id: Mapped[str | None] = mapped_column(ForeignKey("one_time_token.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    state: Mapped[LetterState] = mapped_column(enum_column(LetterState), default=LetterState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_error: Mapped[str | None] = mapped_column(String(300))
