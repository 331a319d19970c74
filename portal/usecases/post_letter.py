"""Putting letters in the outbox, in the transaction that causes them."""

from __future__ import annotations

from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from portal.domain.account import Account
from portal.domain.actor import Circumstance
from portal.domain.counter import LETTERS_BY_ADDRESS, LETTERS_BY_ADDRESSEE, Limit
from portal.mail.letter import Letter
from portal.store.counters import counter_key, take
from portal.store.letters import put_in_outbox


def post_letter(
    session: Session,
    letter: Letter,
    at: Circumstance,
    account: Account | None = None,
    withheld: bool = False,
) -> None:
    """Keep a letter until the worker sends it."""
    put_in_outbox(
        session,
        letter.kind,
        letter.to,
        letter.context,
        at.now,
        domain=urlsplit(at.settings.public_origin).hostname or "localhost",
        token_id=letter.token_id,
        account_id=account.id if account else None,
        withheld=withheld,
    )


def may_write_again(session: Session, email_key: str, at: Circumstance) -> bool:
    """Whether another letter may go to this address on somebody's demand; counts the demand."""
    return letters_limited(session, email_key, at) is None


def letters_limited(
    session: Session, email_key: str, at: Circumstance, by_network: bool = True
) -> Limit | None:
    """The limit that forbids another letter to this address, or None; counts the demand.

    An address is not charged for what its network may not ask for any more. `by_network`: False where somebody
    signed in answers for the demand.
    """
    wanted = [(LETTERS_BY_ADDRESSEE, email_key)]
    if by_network:
        wanted.insert(0, (LETTERS_BY_ADDRESS, at.address))
    for limit, whose in wanted:
        if not take(session, limit, counter_key(limit, whose), at.now):
            return limit
    return None
