"""The outbox: each letter is taken up by one worker, and none is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.domain.letter import LetterState, OutgoingLetter
from portal.store.database import read, write
from portal.store.letters import (
    LEASE,
    claim_letter,
    letter_by_public_id,
    letter_counts,
    letters,
    purge_letters,
    put_in_outbox,
)
from tests.rig.rows import NOON
from tests.rig.threads import together

MOMENT = timedelta(microseconds=1)


def put(number: int = 1, now=NOON, withheld: bool = False) -> int:
    with write() as session:
        put_in_outbox(
            session,
            "verify-email",
            f"{number}@x.tw",
            {"n": number},
            now,
            domain="portal.tw",
            withheld=withheld,
        )
        return session.scalars(select(func.max(OutgoingLetter.id))).one()


def claim(now=NOON) -> int | None:
    with write() as session:
        letter = claim_letter(session, now)
        return letter.id if letter else None


def test_two_workers_share_the_letters_and_neither_takes_one_twice(app):
    with app.app_context():
        put_in = {put(number) for number in range(12)}

    def work(_) -> list[int]:
        return list(iter(claim, None))

    shares = together(app, work, range(2))
    assert sorted(shares[0] + shares[1]) == sorted(put_in)


def test_sixteen_workers_and_one_letter(app):
    with app.app_context():
        only = put()
    answers = together(app, lambda _: claim(), range(16))
    assert sorted(answers, key=str) == sorted([only, *[None] * 15], key=str)
    with app.app_context():
        assert read().get_one(OutgoingLetter, only).attempts == 1


def test_the_letter_of_a_killed_worker_is_taken_up_after_its_lease(app):
    with app.app_context():
        only = put()
        assert claim() == only
        assert claim(NOON + LEASE - MOMENT) is None
        assert claim(NOON + LEASE) == only
        assert read().get_one(OutgoingLetter, only).attempts == 2


def test_a_claim_that_is_rolled_back_leaves_the_letter_as_it_was(app):
    with app.app_context():
        only = put()
        session = read()
        assert claim_letter(session, NOON).id == only
        session.rollback()
        assert claim() == only
        assert read().get_one(OutgoingLetter, only).attempts == 1


def test_the_oldest_goes_first_and_nothing_goes_before_its_time(app):
    with app.app_context():
        late, early, tomorrow = (
            put(1, NOON),
            put(2, NOON - timedelta(hours=1)),
            put(3, NOON + timedelta(days=1)),
        )
        assert [claim(), claim(), claim()] == [early, late, None]
        assert claim(NOON + timedelta(days=1)) in {late, early, tomorrow}


@pytest.mark.parametrize("state", [LetterState.SENT, LetterState.DEAD, LetterState.WITHHELD])
def test_only_queued_letters_leave(app, state):
    with app.app_context():
        only = put()
        with write() as session:
            session.get_one(OutgoingLetter, only).state = state
        assert claim(NOON + timedelta(days=400)) is None


def test_withheld_letters_are_withheld_from_the_first_moment(app):
    with app.app_context():
        put(withheld=True)
        assert claim(NOON + timedelta(days=400)) is None
        assert letter_counts(read()) == {LetterState.WITHHELD: 1}


def test_message_ids_differ_and_carry_the_portals_domain(app):
    with app.app_context():
        for number in range(50):
            put(number)
        ids = read().scalars(select(OutgoingLetter.message_id)).all()
        assert len(set(ids)) == 50
        assert all(each.startswith("<") and each.endswith("@portal.tw>") and len(each) < 120 for each in ids)


def test_the_newest_are_listed_first_by_state(app):
    with app.app_context():
        numbers = [put(number) for number in range(5)]
        with write() as session:
            session.get_one(OutgoingLetter, numbers[1]).state = LetterState.DEAD
        assert [letter.id for letter in letters(read(), [LetterState.DEAD], 10)] == [numbers[1]]
        both = letters(read(), [LetterState.DEAD, LetterState.QUEUED], 3)
        assert [letter.id for letter in both] == [numbers[4], numbers[3], numbers[2]]
        assert letter_by_public_id(read(), both[0].public_id) is both[0]
        assert letter_by_public_id(read(), "nobody") is None
        assert letter_counts(read()) == {LetterState.QUEUED: 4, LetterState.DEAD: 1}


def test_purging_keeps_what_waits_or_is_dead(app):
    with app.app_context():
        for number, state in enumerate(LetterState):
            for created in (NOON - timedelta(days=2), NOON):
                old = put(number, created)
                with write() as session:
                    session.get_one(OutgoingLetter, old).state = state
        with write() as session:
            assert purge_letters(session, NOON - timedelta(days=1)) == 2
        left = dict.fromkeys(LetterState, 2) | {LetterState.SENT: 1, LetterState.WITHHELD: 1}
        assert letter_counts(read()) == left
