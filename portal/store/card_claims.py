"""Cards that wait for a mailed code."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.domain.card_claim import CardClaim
from portal.store.database import rows_changed


def claims_of(session: Session, claim_id: str, system: str, browser_hash: str) -> Sequence[CardClaim]:
    """The rows of a claim, newest first, whatever their state; none for another browser or system."""
    query = select(CardClaim).where(
        CardClaim.id == claim_id, CardClaim.system == system, CardClaim.browser_hash == browser_hash
    )
    return session.scalars(
        query.order_by(CardClaim.expires_at.desc()).execution_options(populate_existing=True)
    ).all()


def close_claim(session: Session, claim_id: str, now: datetime) -> None:
    """Whatever becomes of it: no code of this claim counts any more."""
    session.execute(
        update(CardClaim).where(CardClaim.id == claim_id, CardClaim.used_at.is_(None)).values(used_at=now)
    )


def purge_claims(session: Session, before: datetime) -> int:
    """Drop claims that ended before; returns how many."""
    return rows_changed(session, delete(CardClaim).where(CardClaim.expires_at < before))
