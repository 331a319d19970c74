"""The second proof of those who review others: a code from an app on their telephone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.base import Base, UtcDateTime

HALF_WAY_LIFE: Final = timedelta(minutes=5)
"""How long a proved password waits for the code."""
SETTING_UP_LIFE: Final = timedelta(minutes=20)
"""The same where there is no authenticator yet: an app has to be found and installed first."""


class Authenticator(Base):
    """驗證器: one per account, its key sealed. A code counts once: `last_used_step` only ever grows.

    It is kept once its first code was right; a key that waits for that stands in the browser's cookie, sealed.
    """

    __tablename__ = "authenticator"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary)
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_step: Mapped[int]
