"""The audit trail's rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.domain.actor import Circumstance
from portal.domain.audit import FIRST_HASH, AuditEvent, EventType, seal
from portal.store.database import is_sqlite

_CHAIN_LOCK = 7_391_001
"""An arbitrary number of our own: one writer of the chain at a time on PostgreSQL."""


def record(
    session: Session,
    type: EventType,
    at: Circumstance,
    *,
    target: str | None = None,
    actor: str | None = None,
    outcome: str = "ok",
    **details: Any,
) -> None:
    """Write one event in the running transaction. If that fails, so does the act."""
    session.flush()
    if not is_sqlite(session):
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _CHAIN_LOCK})
    last = session.execute(select(AuditEvent.hash).order_by(AuditEvent.id.desc()).limit(1)).scalar()
    event = AuditEvent(
        type=type,
        at=at.now,
        address=at.address,
        request_id=at.request_id,
        actor=actor or (at.actor.signature if at.actor else None),
        target=target,
        outcome=outcome,
        details=details,
        previous_hash=last or FIRST_HASH,
    )
    event.hash = seal(event)
    session.add(event)
    session.flush()


def broken_links(session: Session) -> list[str]:
    """Every place where the chain does not hold, named; an untouched trail gives an empty list."""
    problems: list[str] = []
    previous = FIRST_HASH
    for event in session.scalars(select(AuditEvent).order_by(AuditEvent.id)).yield_per(500):
        if event.previous_hash != previous:
            problems.append(f"event {event.id}: the one before it was removed or moved")
        if seal(event) != event.hash:
            problems.append(f"event {event.id}: its content was changed")
        previous = event.hash
    return problems


def has_event(session: Session, type: EventType) -> bool:
    """Whether such an event was ever written."""
    return session.execute(select(AuditEvent.id).where(AuditEvent.type == type).limit(1)).scalar() is not None
