"""Sending what waits: every letter leaves once, waits when it must, and is dead when nobody will take it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal.domain.letter import LetterState, OutgoingLetter
from portal.mail.delivery import Later, Never
from portal.store.database import read, write
from portal.usecases.apply.apply_for_account import apply_for_account
from portal.usecases.apply.prove_email import ask_verification
from portal.usecases.operate.deliver_letters import (
    ATTEMPTS,
    dead_letters,
    deliver_letters,
    one_letter,
    outbox_counts,
    waiting_letters,
)
from portal.usecases.operate.purge_leftovers import purge_leftovers
from tests.rig.acts import HWMS, letters_to, link_in, submission
from tests.rig.people import circumstance
from tests.rig.refusals import refusal_of
from tests.rig.rows import NOON
from tests.rig.threads import together

HOUR = timedelta(hours=1)


@pytest.fixture
def at(app):
    """Five letters wait since noon."""
    at = circumstance(app, now=NOON)
    with app.app_context():
        for number in range(5):
            apply_for_account(HWMS, submission(f"fox{number}"), at)
        yield at


class Post:
    """Takes letters; says what it is told to say instead."""

    def __init__(self, *answers: Exception | None) -> None:
        self.answers, self.taken = list(answers), []

    def __call__(self, *letter: str) -> None:
        self.taken.append(letter)
        answer = self.answers.pop(0) if self.answers else None
        if answer:
            raise answer


def deliver(at, post, now=NOON, most=100) -> int:
    read().rollback()
    return deliver_letters(post, at.settings, lambda: now, most)


def rows() -> list[OutgoingLetter]:
    read().rollback()
    query = select(OutgoingLetter).order_by(OutgoingLetter.id).execution_options(populate_existing=True)
    return list(read().scalars(query))


def test_every_letter_leaves_once_with_its_link(at):
    post = Post()
    assert deliver(at, post) == 5
    assert deliver(at, post, NOON + 100 * HOUR) == 0
    assert outbox_counts() == {LetterState.SENT: 5}
    for (message_id, recipient, subject, body), row in zip(post.taken, rows(), strict=True):
        assert (message_id, recipient) == (row.message_id, row.recipient)
        assert f"http://localhost/letter/{link_in(row, at)}" in body
        assert "\n" not in subject
        assert row.sent_at == NOON
        assert link_in(row, at) not in str(row.context), "the outbox holds no link"


def test_two_workers_at_once_send_each_letter_once(app, at):
    post = Post()
    sent = together(app, lambda _: deliver_letters(post, at.settings, lambda: NOON), range(2))
    assert sum(sent) == 5
    assert len({letter[0] for letter in post.taken}) == len(post.taken) == 5


def test_a_killed_worker_loses_nothing_and_repeats_with_the_same_message_id(at):
    post = Post(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        deliver(at, post)
    again = Post()
    assert deliver(at, again) == 4, "the first one is leased"
    assert deliver(at, again, NOON + HOUR) == 1
    assert again.taken[-1] == post.taken[0]


def test_a_slow_or_refusing_server_delays_and_the_others_still_leave(at):
    post = Post(Later("451 come back"))
    assert deliver(at, post) == 4
    waiting = rows()[0]
    assert (waiting.state, waiting.attempts, waiting.last_error) == (LetterState.QUEUED, 1, "451 come back")
    assert deliver(at, post, NOON + timedelta(minutes=1)) == 0
    assert deliver(at, post, NOON + timedelta(minutes=2)) == 1
    done = rows()[0]
    assert (done.state, done.attempts, done.last_error) == (LetterState.SENT, 2, None)


def test_a_letter_refused_for_good_is_dead_at_once_and_shown(at):
    assert deliver(at, Post(Never("550 no such user\r\n" + "x" * 900))) == 4
    (dead,) = dead_letters(circumstance_of_an_administrator(at))
    assert dead.state is LetterState.DEAD
    assert len(dead.last_error) == 300
    assert deliver(at, Post(), NOON + 1000 * HOUR) == 0


def circumstance_of_an_administrator(at):
    """Whoever asks has been let in by the route."""
    from dataclasses import replace

    from portal.domain.actor import Actor

    actor = Actor(1, "x", "portal", "service-desk", "desk", "林", 1, "00001", frozenset(), True, "x", NOON)
    return replace(at, actor=actor)


def test_after_many_attempts_over_days_a_letter_is_dead(at):
    now, tries = NOON, 0
    first = rows()[0].id
    with write() as session:
        session.execute(
            update(OutgoingLetter).where(OutgoingLetter.id != first).values(state=LetterState.SENT)
        )
    gaps = []
    while rows()[0].state is LetterState.QUEUED:
        assert deliver(at, Post(Later("451")), now) == 0
        tries += 1
        gaps.append(rows()[0].due_at - now)
        now = rows()[0].due_at
    assert (tries, rows()[0].state) == (ATTEMPTS, LetterState.DEAD)
    assert now - NOON > timedelta(days=1)
    assert max(gaps[:-1]) <= 6 * HOUR
    assert gaps[:-1] == sorted(gaps[:-1])


def test_a_letter_that_cannot_be_written_stops_no_other(at):
    first = rows()[0].id
    with write() as session:
        session.execute(update(OutgoingLetter).where(OutgoingLetter.id == first).values(context={}))
    assert deliver(at, Post()) == 4
    assert rows()[0].state is LetterState.DEAD


def test_withheld_letters_never_leave_and_are_shown_to_nobody(at):
    ask_verification(HWMS, "nobody@example.com", at)
    post = Post()
    deliver(at, post)
    assert "nobody@example.com" not in {letter[1] for letter in post.taken}
    (withheld,) = letters_to("nobody@example.com")
    assert refusal_of(one_letter, withheld.public_id, at.settings).status == 404
    assert refusal_of(one_letter, "nobody", at.settings).status == 404
    assert withheld.public_id not in {letter.public_id for letter in waiting_letters(at.settings)}


def test_the_mailbox_reads_what_would_be_sent(at):
    newest = waiting_letters(at.settings, limit=2)
    assert [letter.recipient for letter in newest] == ["fox4@example.com", "fox3@example.com"]
    assert one_letter(newest[0].public_id, at.settings) == newest[0]
    assert newest[0].link in newest[0].body


def test_so_many_at_a_time(at):
    assert deliver(at, Post(), most=2) == 2
    assert outbox_counts() == {LetterState.SENT: 2, LetterState.QUEUED: 3}


def test_purging_keeps_what_may_still_be_needed(at):
    deliver(at, Post(Never("550")), most=3)
    assert purge_leftovers(NOON + timedelta(days=181)) >= 2
    assert outbox_counts() == {LetterState.DEAD: 1, LetterState.QUEUED: 2}
