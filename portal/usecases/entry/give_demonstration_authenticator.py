"""Demonstration only: whoever needs an authenticator has one, whose code the page shows."""

from __future__ import annotations

from sqlalchemy.orm import Session

from portal.domain.account import Account
from portal.domain.actor import Circumstance
from portal.domain.system import InformationSystem
from portal.proofs.one_time_code import new_secret
from portal.store.authenticators import authenticator_of, keep_authenticator
from portal.store.sealed import seal
from portal.usecases.entry.sign_in import needs_second_proof


def give_demonstration_authenticator(
    session: Session, system: InformationSystem, account: Account, at: Circumstance
) -> None:
    """So that a newcomer reads the code off the page; one that is there stays."""
    if needs_second_proof(session, system, account) and authenticator_of(session, account.id) is None:
        sealed = seal(at.settings.key("authenticator"), new_secret())
        keep_authenticator(session, account.id, sealed, 0, at.now)
