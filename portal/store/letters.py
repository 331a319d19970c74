"""The outbox."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from portal.domain.letter import LetterState, OutgoingLetter
from portal.store.database import rows_changed, table_of

_INSERT: Final = insert(table_of(OutgoingLetter))

LEASE = timedelta(minutes=5)
"""How long a worker holds a letter; a killed worker's letters are taken up after it."""


def put_in_outbox(
    session: Session,
    kind: str,
    recipient: str,
    context: dict[str, Any],
    now: datetime,
    *,
    domain: str,
    token_id: str | None = None,
    account_id: int | None = None,
    withheld: bool = False,
) -> None:
    """A letter to be sent later. Withheld ones never leave: unknown addresses cost the same work."""
    values = {
        "message_id": f"<{secrets.token_urlsafe(18)}@{domain}>",
        "kind": kind,
        "recipient": recipient,
        "context": context,
        "token_id": token_id,
        "account_id": account_id,
        "state": LetterState.WITHHELD if withheld else LetterState.QUEUED,
        "due_at": now,
        "created_at": now,
    }
    session.execute(_INSERT, values)


def claim_letter(session: Session, now: datetime) -> OutgoingLetter | None:
    """Take one letter that is due; two workers never get the same one.

    The claim moves `due_at` on by a lease in one conditional statement and counts the attempt.
    """
    while True:
        candidate = session.execute(
            select(OutgoingLetter.id, OutgoingLetter.due_at)
            .where(OutgoingLetter.state == LetterState.QUEUED, OutgoingLetter.due_at <= now)
            .order_by(OutgoingLetter.due_at, OutgoingLetter.id)
            .limit(1)
        ).one_or_none()
        if candidate is None:
            return None
        claimed = rows_changed(
            session,
            update(OutgoingLetter)
            .where(
                OutgoingLetter.id == candidate.id,
                OutgoingLetter.state == LetterState.QUEUED,
                OutgoingLetter.due_at == candidate.due_at,
            )
            .values(due_at=now + LEASE, attempts=OutgoingLetter.attempts + 1),
        )
        if claimed == 1:
            letter = session.get_one(OutgoingLetter, candidate.id)
            session.refresh(letter)
            return letter


def letters(session: Session, states: Sequence[LetterState], limit: int) -> Sequence[OutgoingLetter]:
    """The newest letters in these states."""
    query = select(OutgoingLetter).where(OutgoingLetter.state.in_(states))
    return session.scalars(query.order_by(OutgoingLetter.id.desc()).limit(limit)).all()


def letter_by_public_id(session: Session, public_id: str) -> OutgoingLetter | None:
    """One letter."""
    return session.scalars(select(OutgoingLetter).where(OutgoingLetter.public_id == public_id)).one_or_none()


def letter_counts(session: Session) -> dict[LetterState, int]:
    """How many letters are in each state."""
    query = select(OutgoingLetter.state, func.count()).group_by(OutgoingLetter.state)
    return {state: count for state, count in session.execute(query)}  # noqa: C416  rows are no tuples to mypy


def purge_letters(session: Session, before: datetime) -> int:
    """Drop letters that left, or never should, and are older than this; returns how many."""
    done = (LetterState.SENT, LetterState.WITHHELD)
    statement = delete(OutgoingLetter).where(
        OutgoingLetter.state.in_(done), OutgoingLetter.created_at < before
    )
    return rows_changed(session, statement)
