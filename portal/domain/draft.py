"""Drafts: what is kept of an application between its pages."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.base import Base, UtcDateTime

DRAFT_LIFE: Final = timedelta(hours=2)
"""Since it was last touched; long enough for a telephone call, short enough for a shared computer."""

PROOF_LIFE: Final = timedelta(minutes=30)
"""How long after the proof by card an application may be changed."""


class ApplicationDraft(Base):
    """申請草稿: what one browser has typed so far, sealed, since it holds personal numbers.

    `account_id` and `proved_at` say whose application the visitor may change, after the proof by card.
    """

    __tablename__ = "application_draft"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    system: Mapped[str] = mapped_column(String(40))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    proved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


def new_draft_id() -> str:
    """192 random bits: whoever has it has the draft."""
    return secrets.token_urlsafe(24)
