"""The way back for administrators who lost telephone and card: the operator, who knows them, begins anew."""

from __future__ import annotations

from portal.domain.account import AccountState
from portal.domain.actor import Circumstance
from portal.domain.audit import EventType
from portal.domain.normalisation import plain
from portal.domain.one_time_token import TokenPurpose, token_text
from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem
from portal.mail import credential_letters
from portal.mail.addresses import letter_link
from portal.store.accounts import account_by_name, locked
from portal.store.audit_events import record
from portal.store.authenticators import drop_authenticator
from portal.store.certificate_bindings import bindings_of
from portal.store.credentials import retire_password
from portal.store.database import read, write
from portal.store.login_sessions import end_sessions_of
from portal.store.one_time_tokens import issue_token
from portal.usecases.card.unbind_cards import unbind
from portal.usecases.entry.sign_in import needs_second_proof
from portal.usecases.post_letter import post_letter
from portal.usecases.review.activate_account import signature


def reset_second_proof(system: InformationSystem, name: str, at: Circumstance) -> str:
    """Forget authenticator, cards and password of an account; returns the one-time link to a new password.

    The link is mailed as well. An old password alone would otherwise set the next authenticator, whoever
    knows it; so it ends, too. Raises `Refusal`.
    """
    found = account_by_name(read(), system.key, plain(name).lower())
    if found is None or found.state is not AccountState.ACTIVE:
        raise Refusal(f"no account in use is called {system.key}/{name}.")
    account_id = found.id
    with write() as session:
        account = locked(session, account_id)
        if not needs_second_proof(session, system, account):
            raise Refusal(f"{signature(account)} signs in without a second proof; nothing was changed.")
        drop_authenticator(session, account_id)
        for binding in bindings_of(session, account_id):
            unbind(session, account, binding, at, "second-proof-reset", "command line")
        retire_password(session, account_id, at.now)
        end_sessions_of(session, account_id, at.now)
        token = issue_token(session, TokenPurpose.RESET_PASSWORD, system.key, account.email_key, None, at.now)
        record(session, EventType.AUTHENTICATOR_REMOVED, at, actor="command line", target=signature(account))
        letter = credential_letters.authenticator_removed(system, account, at.now, token)
        post_letter(session, letter, at, account)
        text = token_text(at.settings.key("one-time-token"), token.id)
        return letter_link(at.settings.public_origin, letter.kind, letter.context, text)
