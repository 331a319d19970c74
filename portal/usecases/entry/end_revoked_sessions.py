"""Sessions of accounts whose card was revoked or suspended meanwhile end with the next revocation list."""

from __future__ import annotations

from portal.domain.account import Account
from portal.domain.actor import Circumstance
from portal.domain.audit import EventType
from portal.domain.certificate import CertificateStatus
from portal.store.audit_events import record
from portal.store.certificate_bindings import bound_and_signed_in
from portal.store.database import write
from portal.store.login_sessions import end_sessions_of
from portal.usecases.card.trust_authorities import trusted
from portal.usecases.review.activate_account import signature


def end_revoked_sessions(at: Circumstance) -> int:
    """Ends them by what the lists say now, asking nobody; returns how many accounts were signed out.

    A certificate of which nothing can be told ends nothing: its next sign-in is refused.
    """
    revocation = trusted(at.settings).revocation
    bad = (CertificateStatus.REVOKED, CertificateStatus.SUSPENDED)
    with write() as session:
        accounts = {
            account_id
            for account_id, issuer_key_id, serial in bound_and_signed_in(session)
            if revocation.status_of(issuer_key_id, serial, at.now) in bad
        }
        for account_id in sorted(accounts):
            end_sessions_of(session, account_id, at.now)
            account = session.get_one(Account, account_id)
            record(session, EventType.SESSIONS_ENDED, at, target=signature(account), reason="certificate")
    return len(accounts)
