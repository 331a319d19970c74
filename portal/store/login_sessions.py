"""Signed-in sessions."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Executable, Row, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from portal.domain.account import Account, AccountState
from portal.domain.certificate_binding import CertificateBinding
from portal.domain.login_session import ABSOLUTE_LIMIT, IDLE_LIMIT, LoginSession
from portal.store.database import rows_changed, table_of

_LOGIN, _ACCOUNT = table_of(LoginSession), table_of(Account)
_OPEN: Final = insert(_LOGIN)
_HOLDER: Final[Executable] = (
    select(
        _LOGIN.c.token_hash,
        _LOGIN.c.started_at,
        _LOGIN.c.seen_at,
        _ACCOUNT.c.id,
        _ACCOUNT.c.public_id,
        _ACCOUNT.c.system,
        _ACCOUNT.c.kind,
        _ACCOUNT.c.name,
        _ACCOUNT.c.holder_name,
        _ACCOUNT.c.unit_id,
        _ACCOUNT.c.unit_path,
    )
    .join_from(_LOGIN, _ACCOUNT, _ACCOUNT.c.id == _LOGIN.c.account_id)
    .where(
        _LOGIN.c.token_hash == bindparam("token_hash"),
        _LOGIN.c.ended_at.is_(None),
        _ACCOUNT.c.state == AccountState.ACTIVE,
    )
)


def token_hash(token: str) -> str:
    """What the table keeps of the cookie's value."""
    return hashlib.sha256(token.encode()).hexdigest()


def open_session(session: Session, account_id: int, now: datetime, address: str) -> str:
    """A new session; returns the value for the cookie, which is kept nowhere."""
    token = secrets.token_urlsafe(32)
    values = {
        "token_hash": token_hash(token),
        "account_id": account_id,
        "started_at": now,
        "seen_at": now,
        "address": address,
    }
    session.execute(_OPEN, values)
    return token


def note_certificate(session: Session, token: str, binding_id: int) -> None:
    """Remember which certificate opened a session: it ends when that is revoked."""
    opened = update(LoginSession).where(LoginSession.token_hash == token_hash(token))
    session.execute(opened.values(binding_id=binding_id))


def certificates_signed_in(session: Session, now: datetime) -> Sequence[CertificateBinding]:
    """The certificates that opened a session which is open at `now`, unbound meanwhile or not."""
    in_use = select(LoginSession.binding_id).where(
        LoginSession.ended_at.is_(None),
        LoginSession.binding_id.is_not(None),
        LoginSession.seen_at > now - IDLE_LIMIT,
        LoginSession.started_at > now - ABSOLUTE_LIMIT,
    )
    query = select(CertificateBinding).where(CertificateBinding.id.in_(in_use))
    return session.scalars(query.order_by(CertificateBinding.id)).all()


def end_sessions_by(session: Session, binding_id: int, now: datetime) -> bool:
    """End the sessions that a certificate opened; False if there were none."""
    statement = update(LoginSession).where(
        LoginSession.binding_id == binding_id, LoginSession.ended_at.is_(None)
    )
    return rows_changed(session, statement.values(ended_at=now)) > 0


def session_holder(session: Session, token: str) -> Row[Any] | None:
    """Session and account of a cookie's value, if the session is not ended and the account active."""
    return session.execute(_HOLDER, {"token_hash": token_hash(token)}).one_or_none()


def touch_session(session: Session, hashed: str, now: datetime) -> None:
    """Note that the holder is still there."""
    session.execute(update(LoginSession).where(LoginSession.token_hash == hashed).values(seen_at=now))


def end_session(session: Session, hashed: str, now: datetime) -> None:
    """End one session."""
    session.execute(
        update(LoginSession)
        .where(LoginSession.token_hash == hashed, LoginSession.ended_at.is_(None))
        .values(ended_at=now)
    )


def end_sessions_of(session: Session, account_id: int, now: datetime, except_hash: str | None = None) -> None:
    """End all sessions of an account, after its password or state changed."""
    statement = update(LoginSession).where(
        LoginSession.account_id == account_id, LoginSession.ended_at.is_(None)
    )
    if except_hash:
        statement = statement.where(LoginSession.token_hash != except_hash)
    session.execute(statement.values(ended_at=now))


def sessions_of(session: Session, account_id: int, most: int) -> Sequence[LoginSession]:
    """Sessions of an account that are still kept, open or ended, newest first."""
    query = select(LoginSession).where(LoginSession.account_id == account_id)
    return session.scalars(query.order_by(LoginSession.started_at.desc()).limit(most)).all()


def purge_sessions(session: Session, before: datetime) -> int:
    """Drop sessions last seen before this time; returns how many."""
    return rows_changed(session, delete(LoginSession).where(LoginSession.seen_at < before))
