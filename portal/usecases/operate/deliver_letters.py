"""Sending what waits in the outbox, and reading it in the demonstration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from jinja2 import TemplateError

from portal.config import Settings
from portal.domain.actor import Circumstance
from portal.domain.letter import LetterState, OutgoingLetter
from portal.domain.one_time_token import shown_code, token_text
from portal.domain.refusal import NotFound
from portal.mail.addresses import CODE_LETTERS, letter_link
from portal.mail.delivery import Later, Never
from portal.mail.render import render
from portal.store.database import read, write
from portal.store.letters import claim_letter, letter_by_public_id, letter_counts, letters

ATTEMPTS: Final = 12
"""After about two days of refusals a letter is dead and shown to an administrator."""

Send = Callable[[str, str, str, str], None]
"""message_id, recipient, subject, body; raises `Later` or `Never`."""


@dataclass(frozen=True)
class ReadableLetter:
    """A letter as its recipient reads it."""

    public_id: str
    recipient: str
    subject: str
    body: str
    link: str
    state: LetterState
    created_at: datetime
    attempts: int
    last_error: str | None


def deliver_letters(send: Send, settings: Settings, clock: Callable[[], datetime], most: int = 100) -> int:
    """Send up to `most` letters that are due; returns how many left.

    A letter is claimed before it is sent and marked afterwards: a worker killed in between sends it
    again with the same Message-ID, and never loses it.
    """
    sent = 0
    for _ in range(most):
        with write() as session:
            letter = claim_letter(session, clock())
            if letter is None:
                break
            letter_id, message_id = letter.id, letter.message_id
            text = _written(letter, settings)
        problem: Later | Never | None = None
        if text is None:
            problem = Never("this letter cannot be written: its template and its context do not fit")
        else:
            try:
                send(message_id, text.recipient, text.subject, text.body)
            except (Later, Never) as caught:
                problem = caught
        with write() as session:
            _mark(session.get_one(OutgoingLetter, letter_id), problem, clock())
        sent += problem is None
    return sent


def _written(letter: OutgoingLetter, settings: Settings) -> ReadableLetter | None:
    """The letter's text, or None if it cannot be made: one bad letter must not stop the others."""
    try:
        return _readable(letter, settings)
    except (KeyError, ValueError, TemplateError):
        return None


def _mark(letter: OutgoingLetter, problem: Later | Never | None, now: datetime) -> None:
    if problem is None:
        letter.state, letter.sent_at, letter.last_error = LetterState.SENT, now, None
        return
    letter.last_error = str(problem)[:300]
    if isinstance(problem, Never) or letter.attempts >= ATTEMPTS:
        letter.state = LetterState.DEAD
    else:
        letter.due_at = now + timedelta(minutes=min(2**letter.attempts, 360))


def waiting_letters(settings: Settings, limit: int = 200) -> Sequence[ReadableLetter]:
    """The newest letters, for the demonstration's mailbox and for `flask portal letters`."""
    shown = [LetterState.QUEUED, LetterState.SENT, LetterState.DEAD]
    return [_readable(letter, settings) for letter in letters(read(), shown, limit)]


def one_letter(public_id: str, settings: Settings) -> ReadableLetter:
    """One letter; raises `NotFound`."""
    letter = letter_by_public_id(read(), public_id)
    if letter is None or letter.state is LetterState.WITHHELD:
        raise NotFound
    return _readable(letter, settings)


def dead_letters(at: Circumstance, limit: int = 200) -> Sequence[OutgoingLetter]:
    """Letters nobody will get, for an administrator to see and to act on."""
    at.require_actor()
    return letters(read(), [LetterState.DEAD], limit)


def outbox_counts() -> dict[LetterState, int]:
    """How many letters are in each state."""
    return letter_counts(read())


def _readable(letter: OutgoingLetter, settings: Settings) -> ReadableLetter:
    key = settings.key("one-time-token")
    token = token_text(key, letter.token_id) if letter.token_id else None
    link = letter_link(settings.public_origin, letter.kind, letter.context, token)
    code = shown_code(key, letter.token_id) if letter.kind in CODE_LETTERS and letter.token_id else ""
    subject, body = render(letter.kind, letter.context, link, code)
    return ReadableLetter(
        letter.public_id,
        letter.recipient,
        subject,
        body,
        link,
        letter.state,
        letter.created_at,
        letter.attempts,
        letter.last_error,
    )
