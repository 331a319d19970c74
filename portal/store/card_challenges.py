"""Card challenges."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from portal.domain.card_challenge import CardChallenge
from portal.store.database import rows_changed


def keep_challenge(session: Session, challenge: CardChallenge) -> None:
    """Remember what was asked."""
    session.add(challenge)


def challenge_by_nonce(session: Session, nonce: str) -> CardChallenge | None:
    """What was asked under this number, used or not."""
    return session.get(CardChallenge, nonce, populate_existing=True)


def use_challenge(session: Session, nonce: str, now: datetime) -> bool:
    """Use a challenge up; False if it was used. One statement: of eight parallel answers one counts."""
    statement = (
        update(CardChallenge)
        .where(CardChallenge.nonce == nonce, CardChallenge.used_at.is_(None))
        .values(used_at=now)
    )
    return rows_changed(session, statement) == 1


def purge_challenges(session: Session, before: datetime) -> int:
    """Drop challenges that expired before this time; returns how many."""
    return rows_changed(session, delete(CardChallenge).where(CardChallenge.expires_at < before))
