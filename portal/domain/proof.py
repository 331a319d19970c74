"""Proofs: how a holder showed who they are."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.base import Base, UtcDateTime, enum_column


class ProofState(enum.Enum):
    """認證狀態: 未認證 or 已認證."""

    AWAITED = "awaited"
    PROVEN = "proven"


class Proof(Base):
    """認證: one kind of proof of one account (`email-link`, later card, registry, stamped form)."""

    __tablename__ = "proof"
    __table_args__ = (UniqueConstraint("account_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    kind: Mapped[str] = mapped_column(String(40))
    state: Mapped[ProofState] = mapped_column(enum_column(ProofState), default=ProofState.AWAITED)
    evidence: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    proved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
