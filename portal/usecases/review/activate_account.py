"""An account becomes active when everything its system asks for is there, in any order."""

from __future__ import annotations

from sqlalchemy.orm import Session

from portal.domain.account import Account, AccountState
from portal.domain.actor import Circumstance
from portal.domain.audit import EventType
from portal.domain.proof import ProofState
from portal.domain.system import InformationSystem
from portal.mail import letters
from portal.store.accounts import change_state
from portal.store.applications import proofs_of
from portal.store.audit_events import record
from portal.usecases.post_letter import post_letter


def outstanding(session: Session, system: InformationSystem, account: Account) -> list[str]:
    """What is still missing, in the order of the system file: `review` and kinds of proof."""
    there = {proof.kind for proof in proofs_of(session, account) if proof.state is ProofState.PROVEN}
    if account.reviewed_at:
        there.add("review")
    return [condition for condition in system.active_when if condition not in there]


def activate_if_complete(
    session: Session, system: InformationSystem, account: Account, at: Circumstance
) -> bool:
    """Activate the (locked) account if nothing is missing; tells the holder."""
    if account.state is not AccountState.PENDING or outstanding(session, system, account):
        return False
    if not change_state(session, account, AccountState.ACTIVE, activated_at=at.now, idle_since=at.now):
        return False
    record(session, EventType.ACCOUNT_ACTIVATED, at, target=signature(account))
    post_letter(session, letters.account_activated(system, account), at, account)
    return True


def signature(account: Account) -> str:
    """How the audit trail names an account."""
    return f"{account.system}/{account.name}"
