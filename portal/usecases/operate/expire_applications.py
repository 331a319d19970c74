"""逾期: applications whose own applicant did not go on are closed; the nightly command."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal.domain.account import Account, AccountState
from portal.domain.actor import Circumstance
from portal.domain.application import Application, ApplicationState, RequestState
from portal.domain.audit import EventType
from portal.domain.grant import GrantState
from portal.domain.proof import ProofState
from portal.domain.system import InformationSystem
from portal.domain.system_rules import ExpiryRule
from portal.mail import letters
from portal.store.accounts import change_state, locked
from portal.store.applications import OPEN_STATES, change_application, latest_application, proofs_of
from portal.store.audit_events import record
from portal.store.database import write
from portal.store.grants import end_grants
from portal.store.unfinished_accounts import unfinished_accounts
from portal.usecases.card.unbind_cards import unbind_everything
from portal.usecases.post_letter import post_letter
from portal.usecases.read_systems import systems
from portal.usecases.review.activate_account import signature


@dataclass
class Expired:
    """What was closed in one system, by account name; of a dry run, what would be."""

    system: str
    names: list[str] = field(default_factory=list)


def expire_applications(at: Circumstance, dry_run: bool = False) -> list[Expired]:
    """Close them in every system that has a rule; as often as one likes, and side by side.

    Each account is a transaction of its own, decided by its rows as they are then.
    """
    done = []
    for system in systems().values():
        if rule := system.expiry:
            expired = Expired(system.key)
            for batch in unfinished_accounts(system.key, at.now - timedelta(days=rule.days)):
                expired.names += [name for one in batch if (name := _expire(system, rule, one, at, dry_run))]
            done.append(expired)
    return done


def _expire(
    system: InformationSystem, rule: ExpiryRule, account_id: int, at: Circumstance, dry_run: bool
) -> str:
    """The account's name if it ended, "" if it is not to end."""
    with write() as session:
        account = locked(session, account_id)
        application = latest_application(session, account)
        since = _waiting_since(session, account, application)
        if since is None or since > at.now - timedelta(days=rule.days):
            return ""
        if dry_run:
            return account.name
        if application and application.state in OPEN_STATES:
            if not change_application(session, application, ApplicationState.EXPIRED, at.now):
                return ""
            for request in application.requests:
                if request.state in {RequestState.REQUESTED, RequestState.RETURNED}:
                    request.state = RequestState.WITHDRAWN
        if not change_state(session, account, AccountState.ENDED, ended_at=at.now):
            return ""
        end_grants(session, account.id, GrantState.EXPIRED, at.now)
        unbind_everything(session, system, account, at)
        record(session, EventType.APPLICATION_EXPIRED, at, target=signature(account), days=rule.days)
        post_letter(session, letters.application_expired(system, account, rule.days), at, account)
        return account.name


def _waiting_since(session: Session, account: Account, application: Application | None) -> datetime | None:
    """Since when the (locked) account waits for its own applicant; None if it does not."""
    if account.state is not AccountState.PENDING:
        return None
    if application and application.state is ApplicationState.RETURNED:
        returned = [one.decided_at for one in application.requests if one.state is RequestState.RETURNED]
        return max((one for one in returned if one), default=application.submitted_at)
    if any(proof.state is ProofState.AWAITED for proof in proofs_of(session, account)):
        begun = application.submitted_at if application else account.created_at
        return max(
            begun, account.reviewed_at or begun
        )  # the letter of the review asks for the proof once more
    return None
