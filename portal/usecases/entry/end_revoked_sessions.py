"""Sessions that a card opened which was revoked or suspended meanwhile end with the next revocation list."""

from __future__ import annotations

from portal.domain.account import Account
from portal.domain.actor import Circumstance
from portal.domain.audit import EventType
from portal.domain.certificate import CertificateStatus
from portal.store.audit_events import record
from portal.store.database import read, write
from portal.store.login_sessions import certificates_signed_in, end_sessions_by
from portal.usecases.card.trust_authorities import trusted
from portal.usecases.review.activate_account import signature


def end_revoked_sessions(at: Circumstance) -> int:
    """Ends what such cards opened, and leaves what a password opened; returns how many accounts were signed out.

    The lists say it, and a responder where they cannot tell. A certificate of which nothing can be told
    ends nothing: its next sign-in is refused.
    """
    trust, bad = trusted(at.settings), (CertificateStatus.REVOKED, CertificateStatus.SUSPENDED)
    session = read()
    signed_in = certificates_signed_in(session, at.now)
    for row in signed_in:
        session.expunge(row)
    session.rollback()  # a responder may be slow
    revoked = [row for row in signed_in if trust.status_of(row, at.now, ask=True) in bad]
    with write() as session:
        ended = [row for row in revoked if end_sessions_by(session, row.id, at.now)]
        for row in ended:
            who = signature(session.get_one(Account, row.account_id))
            record(
                session, EventType.SESSIONS_ENDED, at, target=who, reason="certificate", card=row.fingerprint
            )
    return len({row.account_id for row in ended})
