"""Passwords: how they are hashed, and which an account has had."""

from __future__ import annotations

import base64
import hmac
import threading
import unicodedata
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import bcrypt
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from portal.domain.credential import PasswordCredential
from portal.domain.refusal import Refusal
from portal.store.database import table_of

SCHEME: Final = "bcrypt-hmac-sha384"
WAIT: Final = 3.0
"""Seconds somebody waits for their turn before being asked to try again."""
PLACES: Final = 12
"""People who wait in one worker: so many turns take no longer, and threads are left that serve pages."""
_CURRENT: Final = select(PasswordCredential).where(
    PasswordCredential.account_id == bindparam("account_id"), PasswordCredential.retired_at.is_(None)
)
_CREDENTIAL: Final = table_of(PasswordCredential)
_RETIRE: Final = (
    update(_CREDENTIAL)
    .where(_CREDENTIAL.c.account_id == bindparam("holder"), _CREDENTIAL.c.retired_at.is_(None))
    .values(retired_at=bindparam("now", type_=_CREDENTIAL.c.retired_at.type))
)


class _Queue:
    """One hash at a time in a worker, first come, first served; a semaphore would let latecomers overtake."""

    def __init__(self) -> None:
        self._lock, self._busy = threading.Lock(), False
        self._turns: deque[threading.Event] = deque()

    def __enter__(self) -> None:
        turn = threading.Event()
        with self._lock:
            if not self._busy:
                self._busy = True
                return
            if len(self._turns) >= PLACES:
                raise _later()
            self._turns.append(turn)
        if not turn.wait(WAIT):
            with self._lock:
                if not turn.is_set():
                    self._turns.remove(turn)
                    raise _later()

    def __exit__(self, *_: object) -> None:
        with self._lock:
            if self._turns:
                self._turns.popleft().set()  # stays busy: the turn is handed on
            else:
                self._busy = False


def _later() -> Refusal:
    return Refusal("目前登入的人較多，請稍候幾秒再試一次。", status=429)


_QUEUE: Final = _Queue()


def _digest(password: str, pepper: str) -> bytes:
    """48 bytes in 64 characters: bcrypt refuses more than 72 and stops at a zero byte."""
    text = unicodedata.normalize("NFC", password).encode()
    return base64.b64encode(hmac.digest(pepper.encode(), text, "sha384"))


def hash_password(password: str, pepper: str, cost: int) -> str:
    """A salted hash; takes about 0.2 s at cost 12, so never within a transaction."""
    with _QUEUE:
        return bcrypt.hashpw(_digest(password, pepper), bcrypt.gensalt(cost)).decode()


def password_matches(password: str, hashed: str, pepper: str) -> bool:
    """Whether this is the password; as slow as hashing it."""
    with _QUEUE:
        return bcrypt.checkpw(_digest(password, pepper), hashed.encode())


def nobodys_hash(cost: int) -> str:
    """What the password of an unknown account is compared with, so that it takes as long."""
    return f"$2b${cost:02d}${'.' * 53}"


def current_password(session: Session, account_id: int) -> PasswordCredential | None:
    """The credential that opens the account now."""
    return session.scalars(_CURRENT, {"account_id": account_id}).one_or_none()


def recent_hashes(session: Session, account_id: int, number: int) -> Sequence[str]:
    """Hashes of the last passwords, the current one among them."""
    query = select(PasswordCredential.hash).where(PasswordCredential.account_id == account_id)
    return session.scalars(query.order_by(PasswordCredential.id.desc()).limit(number)).all()


def retire_password(session: Session, account_id: int, now: datetime) -> None:
    """End the password without another in its place: a mailed link has to bring one."""
    session.execute(_RETIRE, {"holder": account_id, "now": now})


def set_password(session: Session, account_id: int, hashed: str, now: datetime) -> None:
    """Replace the password; the one before is retired and kept for the history rule."""
    retire_password(session, account_id, now)
    session.execute(
        insert(_CREDENTIAL), {"account_id": account_id, "hash": hashed, "scheme": SCHEME, "created_at": now}
    )
