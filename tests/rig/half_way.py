"""The boss of a bureau, half-way through signing in: needs an application context."""

from __future__ import annotations

from sqlalchemy import delete, select

from portal.domain.account import Account
from portal.domain.actor import Circumstance
from portal.domain.audit import AuditEvent
from portal.domain.authenticator import Authenticator
from portal.domain.login_session import LoginSession
from portal.proofs.one_time_code import code_at, step_of
from portal.store.authenticators import authenticator_of
from portal.store.database import read, write
from portal.usecases.entry.set_authenticator import secret_of
from portal.usecases.entry.sign_in import PasswordProved, sign_in
from tests.rig.acts import HWMS, PASSWORD


def ticket(at: Circumstance, password: str = PASSWORD) -> str:
    """Half of a sign-in."""
    half = sign_in(HWMS, "boss", password, "", at)
    assert isinstance(half, PasswordProved)
    return half.ticket


def row(name: str = "boss") -> Account:
    read().rollback()
    return read().scalars(select(Account).where(Account.name == name)).one()


def code(at: Circumstance, steps: int = 0) -> str:
    """What the app of the boss shows, `steps` later or earlier."""
    authenticator = authenticator_of(read(), row().id)
    assert authenticator is not None
    return code_at(secret_of(authenticator, at), step_of(at.now) + steps)


def wrong_code(at: Circumstance) -> str:
    """Six digits that are none of the three that count."""
    right = {int(code(at, steps)) for steps in (-1, 0, 1)}
    return f"{next(n for n in range(4) if n not in right):06}"


def forget_authenticators() -> None:
    with write() as session:
        session.execute(delete(Authenticator))


def sessions() -> int:
    read().rollback()
    return len(read().scalars(select(LoginSession).where(LoginSession.ended_at.is_(None))).all())


def last_event() -> AuditEvent:
    read().rollback()
    event = read().scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert event is not None
    return event
