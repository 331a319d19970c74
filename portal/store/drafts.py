"""Drafts of applications."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update
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


def mean_account(session: Session, draft_id: str, account_id: int) -> bool:
    """Keep whose application is to be changed; an earlier proof is worth nothing any more."""
    statement = update(ApplicationDraft).where(ApplicationDraft.id == draft_id)
    return rows_changed(session, statement.values(account_id=account_id, proved_at=None)) == 1


def note_proof(session: Session, draft_id: str, account_id: int, now: datetime) -> bool:
    """Keep that the holder was proved; False if the draft is gone, or means another account by now."""
    statement = update(ApplicationDraft).where(
        ApplicationDraft.id == draft_id, ApplicationDraft.account_id == account_id
    )
    return rows_changed(session, statement.values(proved_at=now)) == 1
