"""The audit trail's rows."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from portal.domain.actor import Circumstance
from portal.domain.audit import FIRST_HASH, AuditEvent, EventType, seal
from portal.store.database import at_the_end, is_sqlite, table_of

_LOCK_CHAIN: Final = text("SELECT pg_advisory_xact_lock(7391001)")
"""An arbitrary number of our own: one writer of the chain at a time on PostgreSQL."""
_EVENT: Final = table_of(AuditEvent)
_LAST_HASH: Final = select(_EVENT.c.hash).order_by(_EVENT.c.id.desc()).limit(1)
_INSERT: Final = insert(_EVENT)


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
    event = {
        "type": type,
        "at": at.now,
        "address": at.address,
        "request_id": at.request_id,
        "actor": actor or (at.actor.signature if at.actor else None),
        "target": target,
        "outcome": outcome,
        "details": details,
    }
    at_the_end(session, lambda: _append(session, event))


def _append(session: Session, event: dict[str, Any]) -> None:
    if not is_sqlite(session):
        session.execute(_LOCK_CHAIN)
    sealed = AuditEvent(**event, previous_hash=session.execute(_LAST_HASH).scalar() or FIRST_HASH)
    values = {**event, "previous_hash": sealed.previous_hash, "hash": seal(sealed)}
    session.execute(_INSERT, values)


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
