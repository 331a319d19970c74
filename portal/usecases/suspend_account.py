"""停用: an account that is not used any more, or has no permission left (manual 5, 停用帳號)."""

from __future__ import annotations

from typing import Final

from sqlalchemy.orm import Session

from portal.domain.account import Account, AccountState, SuspensionCause
from portal.domain.actor import Circumstance
from portal.domain.audit import EventType
from portal.domain.grant import GrantState
from portal.domain.system import InformationSystem
from portal.mail import letters
from portal.store.accounts import change_state
from portal.store.audit_events import record
from portal.store.grants import end_grants, grants_of
from portal.store.login_sessions import end_sessions_of
from portal.usecases.post_letter import post_letter
from portal.usecases.review.activate_account import signature
from portal.usecases.review.route_request import reroute_requests

_GRANTS_END: Final = {
    SuspensionCause.DORMANT: GrantState.EXPIRED,
    SuspensionCause.GIVEN_UP: GrantState.GIVEN_UP,
    SuspensionCause.WITHDRAWN: GrantState.WITHDRAWN,
}


def suspend(
    session: Session, system: InformationSystem, account: Account, cause: SuspensionCause, at: Circumstance
) -> bool:
    """Suspend the (locked) account: what it holds ends, its sessions too; False if it was not in use.

    An application that is still open stays so: its approval brings the account back.
    """
    if not change_state(session, account, AccountState.SUSPENDED, suspended_at=at.now):
        return False
    account.suspended_because, account.warned_before = cause, None
    reviewed = {
        (g.permission, g.unit_path) for g in grants_of(session, account.id) if _reviews(system, g.role)
    }
    end_grants(session, account.id, _GRANTS_END[cause], at.now)
    end_sessions_of(session, account.id, at.now)
    for permission, unit_path in sorted(reviewed):
        reroute_requests(session, system, permission, unit_path)
    record(session, EventType.ACCOUNT_SUSPENDED, at, target=signature(account), because=cause.value)
    return True


def suspend_if_dormant(
    session: Session, system: InformationSystem, account: Account, at: Circumstance
) -> bool:
    """Suspend the (locked) account if nobody signed in for too long, and tell the holder; whether it was done."""
    rule = system.dormancy
    if rule is None or account.state is not AccountState.ACTIVE or account.idle_since is None:
        return False
    if rule.ends(account.idle_since) > at.now:
        return False
    if not suspend(session, system, account, SuspensionCause.DORMANT, at):
        return False
    letter = letters.account_suspended(system, account, SuspensionCause.DORMANT, at.now)
    post_letter(session, letter, at, account)
    return True


def _reviews(system: InformationSystem, role: str) -> bool:
    return role in system.reviewing_roles()
