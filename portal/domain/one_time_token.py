"""One-time tokens behind mailed links."""

from __future__ import annotations

import base64
import enum
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.base import Base, UtcDateTime, enum_column


class TokenPurpose(enum.Enum):
    """用途: what a link may do; a link of one purpose opens nothing else."""

    PROVE_EMAIL = "prove-email"
    RESET_PASSWORD = "reset-password"  # noqa: S105  the name of a purpose
    ACCEPT_INVITATION = "accept-invitation"
    BIND_CARD = "bind-card"


TOKEN_LIFE: Final = {
    TokenPurpose.PROVE_EMAIL: timedelta(days=7),
    TokenPurpose.RESET_PASSWORD: timedelta(hours=1),
    TokenPurpose.ACCEPT_INVITATION: timedelta(days=1),
    TokenPurpose.BIND_CARD: timedelta(minutes=15),
}
"""How long a link works. A week for the first proof, because officials go on leave."""


class OneTimeToken(Base):
    """一次性連結: the row behind a mailed link.

    The table holds a random number only. What the link carries is that number and a keyed digest of
    it, so whoever reads the table cannot make a link. A newer one supersedes an older of its purpose.
    """

    __tablename__ = "one_time_token"
    __table_args__ = (
        Index("ix_one_time_token_account", "account_id", "purpose"),
        Index("ix_one_time_token_address", "system", "email_key", "purpose"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    purpose: Mapped[TokenPurpose] = mapped_column(enum_column(TokenPurpose))
    system: Mapped[str] = mapped_column(String(40))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    email_key: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    superseded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


def new_token_id() -> str:
    """128 random bits."""
    return secrets.token_urlsafe(16)


def token_text(key: bytes, token_id: str) -> str:
    """What the link carries: the number and its keyed digest."""
    digest = hmac.digest(key, b"one-time-token:" + token_id.encode(), "sha256")
    return f"{token_id}.{base64.urlsafe_b64encode(digest[:24]).decode()}"


def code_text(key: bytes, token_id: str) -> str:
    """驗證碼 that stands in a letter instead of a link: eight digits, from the number by the same key."""
    digest = hmac.digest(key, b"one-time-code:" + token_id.encode(), "sha256")
    return f"{int.from_bytes(digest[:8], 'big') % 10**8:08}"


def shown_code(key: bytes, token_id: str) -> str:
    """The code as a letter shows it: `1234 5678`."""
    code = code_text(key, token_id)
    return f"{code[:4]} {code[4:]}"


def read_token(key: bytes, text: str) -> str | None:
    """The token's number if the text is genuine, else None."""
    token_id, _, _ = text.partition(".")
    if not text.isascii() or not hmac.compare_digest(token_text(key, token_id), text):
        return None
    return token_id
