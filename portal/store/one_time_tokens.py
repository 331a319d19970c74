"""One-time tokens."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.domain.one_time_token import TOKEN_LIFE, OneTimeToken, TokenPurpose, new_token_id
from portal.store.database import rows_changed


def issue_token(
    session: Session,
    purpose: TokenPurpose,
    system: str,
    email_key: str,
    account_id: int | None,
    now: datetime,
) -> OneTimeToken:
    """A new token; those before it for the same purpose and holder work no longer."""
    same = (
        OneTimeToken.account_id == account_id
        if account_id is not None
        else OneTimeToken.account_id.is_(None) & (OneTimeToken.email_key == email_key)
    )
    session.execute(
        update(OneTimeToken)
        .where(
            OneTimeToken.purpose == purpose,
            OneTimeToken.system == system,
            same,
            OneTimeToken.used_at.is_(None),
            OneTimeToken.superseded_at.is_(None),
        )
        .values(superseded_at=now)
    )
    token = OneTimeToken(
        id=new_token_id(),
        purpose=purpose,
        system=system,
        account_id=account_id,
        email_key=email_key,
        created_at=now,
        expires_at=now + TOKEN_LIFE[purpose],
    )
    session.add(token)
    session.flush()
    return token


def token_by_id(session: Session, token_id: str) -> OneTimeToken | None:
    """The row behind a genuine link, whatever its state."""
    query = select(OneTimeToken).where(OneTimeToken.id == token_id)
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def use_token(session: Session, token: OneTimeToken, now: datetime) -> bool:
    """Use a token up; False if it was used, superseded or late. One statement decides."""
    statement = (
        update(OneTimeToken)
        .where(
            OneTimeToken.id == token.id,
            OneTimeToken.used_at.is_(None),
            OneTimeToken.superseded_at.is_(None),
            OneTimeToken.expires_at > now,
        )
        .values(used_at=now)
    )
    return rows_changed(session, statement) == 1
