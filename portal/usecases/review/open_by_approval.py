"""What an approval does to the account itself: it opens, or comes back with its history (manual 5)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from portal.domain.account import Account, AccountState, holder_values
from portal.domain.actor import Circumstance
from portal.domain.application import Application, ApplicationPurpose, RequestState
from portal.domain.audit import EventType
from portal.domain.system import InformationSystem
from portal.mail import letters
from portal.store.accounts import change_state
from portal.store.audit_events import record
from portal.store.permission_requests import UNDECIDED
from portal.store.units import unit_by_id
from portal.usecases.card.unbind_cards import unbind_everything
from portal.usecases.post_letter import post_letter
from portal.usecases.review.activate_account import outstanding, signature


def open_by_approval(
    session: Session, system: InformationSystem, account: Account, application: Application, at: Circumstance
) -> bool:
    """Let the first approval of an application open or bring back its (locked) account; False if it was open.

    What a suspended account's holder typed is taken over only now: who sent the application had shown
    nothing but a number that others may know, until somebody who knows them approved it.
    """
    if account.state is AccountState.PENDING:
        account.reviewed_at = account.reviewed_at or at.now
        session.flush()
        if outstanding(session, system, account):
            return False
        change_state(session, account, AccountState.ACTIVE, activated_at=at.now, idle_since=at.now)
        record(session, EventType.ACCOUNT_ACTIVATED, at, target=signature(account))
        return True
    if account.state is not AccountState.SUSPENDED:
        return False
    if application.purpose is ApplicationPurpose.RETURN:
        _take_over(session, system, account, application, at)
    account.reviewed_at = at.now
    account.suspended_because = account.warned_before = None
    session.flush()
    change_state(session, account, AccountState.ACTIVE, suspended_at=None, idle_since=at.now)
    record(session, EventType.ACCOUNT_RETURNED, at, target=signature(account), case=application.case_number)
    return True


def _take_over(
    session: Session, system: InformationSystem, account: Account, application: Application, at: Circumstance
) -> None:
    """Contact data of the application become the account's; another address is told to the old one, too."""
    before = (account.email, account.email_key)
    for name, value in holder_values(application.answers).items():
        setattr(account, name, value)
    if account.email_key != before[1]:
        for address in (before[0], account.email):
            post_letter(session, letters.contact_changed(system, account, address, at.now), at, account)


def settle_unit(session: Session, account: Account, application: Application) -> None:
    """所屬單位 of an account in use is one that approved it: it moves when its own has nothing left of that.

    As long as something waits there the unit stays, so that the order of two reviewers does not matter. What
    is asked for later, by somebody in use, moves nobody.
    """
    if account.state is not AccountState.ACTIVE or application.purpose is ApplicationPurpose.CHANGE:
        return
    approved = [one.unit_id for one in application.requests if one.state is RequestState.APPROVED]
    waiting = [one.unit_id for one in application.requests if one.state in UNDECIDED]
    if approved and account.unit_id not in approved + waiting:
        unit = unit_by_id(session, approved[0])
        account.unit_id, account.unit_path = unit.id, unit.path


def end_if_refused(
    session: Session, system: InformationSystem, account: Account, application: Application, at: Circumstance
) -> bool:
    """End an account that never opened once nothing of its application is left, so that one may apply anew."""
    if account.state is not AccountState.PENDING:
        return False
    closed = {RequestState.REFUSED, RequestState.WITHDRAWN}
    if any(request.state not in closed for request in application.requests):
        return False
    change_state(session, account, AccountState.ENDED, ended_at=at.now)
    unbind_everything(session, system, account, at)  # a card may be bound before the approval, at an update
    record(session, EventType.ACCOUNT_ENDED, at, target=signature(account), case=application.case_number)
    return True
