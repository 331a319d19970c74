"""A certificate that opens its account no more: one event for each and one letter, wherever it comes from."""

from __future__ import annotations

from sqlalchemy.orm import Session

from portal.domain.account import Account
from portal.domain.actor import Circumstance
from portal.domain.audit import EventType
from portal.domain.certificate_binding import CertificateBinding
from portal.domain.system import InformationSystem
from portal.mail import credential_letters
from portal.store.audit_events import record
from portal.store.certificate_bindings import bindings_of, end_binding
from portal.usecases.post_letter import post_letter
from portal.usecases.review.activate_account import signature


def unbind(
    session: Session,
    account: Account,
    binding: CertificateBinding,
    at: Circumstance,
    reason: str,
    actor: str | None = None,
) -> bool:
    """End one binding of the (locked) account and write it down; False if it had ended. The letter is the caller's."""
    if not end_binding(session, account.id, binding.public_id, at.now):
        return False
    record(
        session,
        EventType.CERTIFICATE_UNBOUND,
        at,
        actor=actor,
        target=signature(account),
        binding=binding.public_id,
        card=binding.fingerprint,
        holder=binding.holder_name,
        reason=reason,
    )
    return True


def unbind_everything(
    session: Session, system: InformationSystem, account: Account, at: Circumstance, actor: str | None = None
) -> None:
    """The cards of an account that has ended are free for the next one of their holder, who is told by letter."""
    ended = [
        unbind(session, account, binding, at, "account-ended", actor)
        for binding in bindings_of(session, account.id)
    ]
    if any(ended):
        letter = credential_letters.certificate_unbound(system, account, at.now, account_ended=True)
        post_letter(session, letter, at, account)
