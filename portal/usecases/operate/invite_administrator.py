"""The first administrators: from a one-time link and never with a default password."""

from __future__ import annotations

from sqlalchemy.orm import Session

from portal.domain.account import Account, AccountState
from portal.domain.account_name import base_name
from portal.domain.actor import Circumstance
from portal.domain.answers import read_email, read_person_name
from portal.domain.audit import EventType
from portal.domain.normalisation import email_key
from portal.domain.one_time_token import TokenPurpose, token_text
from portal.domain.proof import Proof
from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem
from portal.domain.unit import Unit
from portal.mail import credential_letters
from portal.mail.addresses import letter_link
from portal.store.accounts import accounts_at, add_account
from portal.store.audit_events import record
from portal.store.database import write
from portal.store.one_time_tokens import issue_token
from portal.store.units import add_unit, unit_by_code
from portal.usecases.post_letter import post_letter
from portal.usecases.review.activate_account import signature

DESK_CODE = "SERVICE-DESK"


def invite_administrator(
    system: InformationSystem, email: str, name: str, at: Circumstance
) -> tuple[str, str]:
    """Account name and one-time link for a new service-desk account; the link is mailed as well.

    Inviting the same address again makes a new link for the same account while it has no password.
    Raises `Refusal`.
    """
    address = read_email(email)
    holder = read_person_name(name, "name", 60)
    if system.step:
        raise Refusal(f"accounts of {system.short} are applied for; nobody is invited there.")
    kind = next(kind for kind in system.account_kind if kind.default)
    with write() as session:
        unit = unit_by_code(session, DESK_CODE) or add_unit(
            session, Unit(kind=kind.unit_kinds[0], code=DESK_CODE, name="系統服務台", aliases=[]), None
        )
        known = accounts_at(session, system.key, email_key(address))
        waiting = [account for account in known if account.state is AccountState.PENDING]
        if known and not waiting:
            raise Refusal(
                f"{address} already has the account {known[0].name}; use the forgotten-password page."
            )
        account = (
            waiting[0] if waiting else _new_account(session, system, kind.key, unit, address, holder, at)
        )
        token = issue_token(
            session, TokenPurpose.ACCEPT_INVITATION, system.key, account.email_key, account.id, at.now
        )
        record(session, EventType.ADMINISTRATOR_INVITED, at, actor="command line", target=signature(account))
        letter = credential_letters.administrator_invitation(system, account, token)
        post_letter(session, letter, at, account)
        text = token_text(at.settings.key("one-time-token"), token.id)
        return account.name, letter_link(at.settings.public_origin, letter.kind, letter.context, text)


def _new_account(
    session: Session,
    system: InformationSystem,
    kind: str,
    unit: Unit,
    address: str,
    holder: str,
    at: Circumstance,
) -> Account:
    account = add_account(
        session,
        base_name(address),
        {
            "system": system.key,
            "kind": kind,
            "state": AccountState.PENDING,
            "unit_id": unit.id,
            "unit_path": unit.path,
            "holder_name": holder,
            "email": address,
            "email_key": email_key(address),
            "created_at": at.now,
        },
    )
    session.add(Proof(account_id=account.id, kind="email-link"))
    return account
