"""Cards that claim to be the first of an account."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.base import Base, UtcDateTime
from portal.domain.counter import Limit
from portal.domain.one_time_token import TOKEN_LIFE, TokenPurpose

CLAIM_LIFE: Final = TOKEN_LIFE[TokenPurpose.BIND_CARD]
CODES_BY_CLAIM: Final = Limit("claim-codes", 5, CLAIM_LIFE)
"""Wrong codes before a claim is worth nothing."""


class CardClaim(Base):
    """卡片認領: a verified card whose name and last digits fit an account that has no card yet.

    They identify nobody, so the account opens only for the code that was mailed to the address of its
    application (the code of the token). Several rows share one `id` where several accounts fit; the code
    says which is meant. The certificate is kept sealed until then.
    """

    __tablename__ = "card_claim"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    token_id: Mapped[str] = mapped_column(ForeignKey("one_time_token.id"), primary_key=True, index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    system: Mapped[str] = mapped_column(String(40))
    browser_hash: Mapped[str] = mapped_column(String(64))
    sealed_certificate: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
