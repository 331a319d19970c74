"""One-time tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, delete, exists, insert, not_, select, update
from sqlalchemy.orm import Session

from portal.domain.card_claim import CardClaim
from portal.domain.letter import OutgoingLetter
from portal.domain.one_time_token import TOKEN_LIFE, OneTimeToken, TokenPurpose, new_token_id
from portal.store.database import rows_changed, table_of

_TOKEN: Final = table_of(OneTimeToken)
_INSERT: Final = insert(_TOKEN)
_SUPERSEDE: Final = (
    update(_TOKEN)
    .where(
        _TOKEN.c.purpose == bindparam("of_purpose", type_=_TOKEN.c.purpose.type),
        _TOKEN.c.system == bindparam("of_system"),
        _TOKEN.c.used_at.is_(None),
        _TOKEN.c.superseded_at.is_(None),
    )
    .values(superseded_at=bindparam("now", type_=_TOKEN.c.superseded_at.type))
)
_SUPERSEDE_BY_ACCOUNT: Final = _SUPERSEDE.where(_TOKEN.c.account_id == bindparam("of_account"))
_SUPERSEDE_BY_ADDRESS: Final = _SUPERSEDE.where(
    _TOKEN.c.account_id.is_(None), _TOKEN.c.email_key == bindparam("of_address")
)


def issue_token(
    session: Session,
    purpose: TokenPurpose,
    system: str,
    email_key: str,
    account_id: int | None,
    now: datetime,
) -> OneTimeToken:
    """A new token; those before it for the same purpose and holder work no longer."""
    holder = {"of_address": email_key} if account_id is None else {"of_account": account_id}
    supersede = _SUPERSEDE_BY_ADDRESS if account_id is None else _SUPERSEDE_BY_ACCOUNT
    session.execute(supersede, {**holder, "of_purpose": purpose, "of_system": system, "now": now})
    values = {
        "id": new_token_id(),
        "purpose": purpose,
        "system": system,
        "account_id": account_id,
        "email_key": email_key,
        "created_at": now,
        "expires_at": now + TOKEN_LIFE[purpose],
    }
    session.execute(_INSERT, values)
    return OneTimeToken(**values)


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


def purge_tokens(session: Session, before: datetime) -> int:
    """Drop tokens that ended before; those that a kept letter or claim names go after it. Returns how many."""
    named = [
        exists().where(OutgoingLetter.token_id == OneTimeToken.id),
        exists().where(CardClaim.token_id == OneTimeToken.id),
    ]
    statement = delete(OneTimeToken).where(OneTimeToken.expires_at < before, *map(not_, named))
    return rows_changed(session, statement)
