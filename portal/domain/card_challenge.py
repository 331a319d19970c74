"""Challenges that cards are asked to sign."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.base import Base, UtcDateTime, enum_column

CHALLENGE_LIFE: Final = timedelta(seconds=120)


class CardPurpose(enum.Enum):
    """簽章用途: what a signature is for; one made for another purpose is worth nothing."""

    SIGN_IN = "login"
    BIND = "bind"
    STEP_UP = "stepup"
    CHECK = "check"


class CardChallenge(Base):
    """簽章挑戰: asked once, of one browser, for one purpose; the row goes before the answer is looked up."""

    __tablename__ = "card_challenge"

    nonce: Mapped[str] = mapped_column(String(48), primary_key=True)
    text: Mapped[str] = mapped_column(String(2048))
    purpose: Mapped[CardPurpose] = mapped_column(enum_column(CardPurpose))
    system: Mapped[str] = mapped_column(String(40))
    session_hash: Mapped[str] = mapped_column(String(64))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
