"""驗證器 of whoever is signed in: when it was set, and another one in its place (a new telephone)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.domain.account import Account
from portal.domain.actor import Circumstance
from portal.domain.refusal import NotFound
from portal.domain.system import InformationSystem
from portal.store.authenticators import authenticator_of
from portal.store.database import read, write
from portal.store.login_sessions import end_sessions_of
from portal.usecases.card.bind_certificate import is_fresh
from portal.usecases.entry.set_authenticator import Candidate, put_authenticator
from portal.usecases.entry.sign_in import needs_second_proof
from portal.usecases.entry.use_own_account import own_account_locked, require_fresh


@dataclass(frozen=True)
class OwnAuthenticator:
    """The account, when its authenticator was set (None: there is none), and whether it may be set now."""

    account: Account
    set_at: datetime | None
    fresh: bool


def own_authenticator(system: InformationSystem, at: Circumstance) -> OwnAuthenticator:
    """The actor's; raises `NotFound` where no second proof is asked of them."""
    session = read()
    account = session.get_one(Account, at.require_actor().account_id)
    if not needs_second_proof(session, system, account):
        raise NotFound
    authenticator = authenticator_of(session, account.id)
    return OwnAuthenticator(account, authenticator.set_at if authenticator else None, is_fresh(at))


def renew_authenticator(
    system: InformationSystem, candidate: Candidate, typed: str, at: Circumstance
) -> None:
    """Set another authenticator after a recent sign-in; other sessions end, the holder is told.

    Raises `Refusal`, or `NotFound` where no second proof is asked of the actor.
    """
    own_authenticator(system, at)
    require_fresh(at)
    with write() as session:
        account = own_account_locked(session, system, at)
        put_authenticator(session, system, account, candidate, typed, at)
        end_sessions_of(session, account.id, at.now, at.require_actor().session_hash)
