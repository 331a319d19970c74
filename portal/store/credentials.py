"""Passwords: how they are hashed, and which an account has had."""

from __future__ import annotations

import base64
import hmac
import threading
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import bcrypt
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.domain.credential import PasswordCredential
from portal.domain.refusal import Refusal

SCHEME: Final = "bcrypt-hmac-sha384"
WAIT: Final = 3.0
"""Seconds somebody waits for their turn before being asked to try again."""

_TURN: Final = threading.BoundedSemaphore(1)
"""One hash at a time in a worker: the other threads go on serving pages."""


def _digest(password: str, pepper: str) -> bytes:
    """48 bytes in 64 characters: bcrypt refuses more than 72 and stops at a zero byte."""
    text = unicodedata.normalize("NFC", password).encode()
    return base64.b64encode(hmac.digest(pepper.encode(), text, "sha384"))


def hash_password(password: str, pepper: str, cost: int) -> str:
    """A salted hash; takes about 0.2 s at cost 12, so never within a transaction."""
    with _Turn():
        return bcrypt.hashpw(_digest(password, pepper), bcrypt.gensalt(cost)).decode()


def password_matches(password: str, hashed: str, pepper: str) -> bool:
    """Whether this is the password; as slow as hashing it."""
    with _Turn():
        return bcrypt.checkpw(_digest(password, pepper), hashed.encode())


def nobodys_hash(cost: int) -> str:
    """What the password of an unknown account is compared with, so that it takes as long."""
    return f"$2b${cost:02d}${'.' * 53}"


class _Turn:
    def __enter__(self) -> None:
        if not _TURN.acquire(timeout=WAIT):
            raise Refusal("目前登入的人較多，請稍候幾秒再試一次。", status=429)

    def __exit__(self, *_: object) -> None:
        _TURN.release()


def current_password(session: Session, account_id: int) -> PasswordCredential | None:
    """The credential that opens the account now."""
    return session.scalars(
        select(PasswordCredential).where(
            PasswordCredential.account_id == account_id, PasswordCredential.retired_at.is_(None)
        )
    ).one_or_none()


def recent_hashes(session: Session, account_id: int, number: int) -> Sequence[str]:
    """Hashes of the last passwords, the current one among them."""
    query = select(PasswordCredential.hash).where(PasswordCredential.account_id == account_id)
    return session.scalars(query.order_by(PasswordCredential.id.desc()).limit(number)).all()


def set_password(session: Session, account_id: int, hashed: str, now: datetime) -> None:
    """Replace the password; the one before is retired and kept for the history rule."""
    session.execute(
        update(PasswordCredential)
        .where(PasswordCredential.account_id == account_id, PasswordCredential.retired_at.is_(None))
        .values(retired_at=now)
    )
    session.add(PasswordCredential(account_id=account_id, hash=hashed, scheme=SCHEME, created_at=now))
