"""Drafts of applications."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.domain.draft import ApplicationDraft
from portal.store.database import rows_changed


def draft_by_id(session: Session, draft_id: str, system: str, now: datetime) -> ApplicationDraft | None:
    """The draft, unless it is too old or another system's."""
    query = select(ApplicationDraft).where(
        ApplicationDraft.id == draft_id,
        ApplicationDraft.system == system,
        ApplicationDraft.expires_at > now,
    )
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def drop_draft(session: Session, draft_id: str) -> None:
    """Forget a draft."""
    session.execute(delete(ApplicationDraft).where(ApplicationDraft.id == draft_id))


def purge_drafts(session: Session, now: datetime) -> int:
    """Drop what is too old; returns how many."""
    return rows_changed(session, delete(ApplicationDraft).where(ApplicationDraft.expires_at <= now))
