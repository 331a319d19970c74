"""Counters and single-use values are exact, however many ask at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.domain import counter
from portal.domain.counter import Counter, Limit, SpentNonce
from portal.store.counters import counter_key, forget, give_back, purge, spend, take, was_spent
from portal.store.database import read, write
from tests.rig.threads import together

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
LIMIT = Limit("tests", 5, timedelta(minutes=15))
MINUTE = timedelta(minutes=1)


def take_once(key: str = "tests:x", now: datetime = NOON, limit: Limit = LIMIT) -> bool:
    with write() as session:
        return take(session, limit, key, now)


def test_sixteen_at_once_and_exactly_five_get_through(app):
    answers = together(app, lambda _: take_once(), range(16))
    assert sorted(answers) == [False] * 11 + [True] * 5
    with app.app_context():
        assert read().get(Counter, "tests:x").count == 16


def test_sixteen_at_once_over_several_keys(app):
    keys = [f"tests:{number % 4}" for number in range(16)]
    answers = together(app, take_once, keys)
    assert answers == [True] * 16
    assert sum(together(app, take_once, keys)) == 4, "one more of each"


def test_a_value_is_spent_once_by_sixteen_at_once(app):
    def spend_once(_):
        with write() as session:
            return spend(session, "nonce", NOON)

    assert sorted(together(app, spend_once, range(16))) == [False] * 15 + [True]
    with app.app_context():
        assert was_spent(read(), "nonce")
        assert not was_spent(read(), "another")


def test_five_failures_close_the_door_for_the_whole_window_after_the_fifth(app):
    with app.app_context():
        fifth = NOON + 14 * MINUTE
        for moment in (NOON, NOON + MINUTE, NOON + 2 * MINUTE, NOON + 3 * MINUTE, fifth):
            assert take_once(now=moment)
        for moment in (fifth, NOON + LIMIT.window, fifth + LIMIT.window - timedelta(microseconds=1)):
            assert not take_once(now=moment), "trying on does not open it sooner"
        assert take_once(now=fifth + LIMIT.window), "and does not keep it closed longer"


def test_slow_failures_never_close_the_door(app):
    with app.app_context():
        assert all(take_once(now=NOON + number * timedelta(minutes=4)) for number in range(30))


def test_keys_and_limits_do_not_touch_one_another(app):
    with app.app_context():
        assert all(take_once() for _ in range(5))
        assert not take_once()
        assert take_once("tests:y")
        with write() as session:
            forget(session, "tests:x")
        assert take_once()


def test_what_is_given_back_does_not_count(app):
    with app.app_context():
        for _ in range(20):
            assert take_once()
            with write() as session:
                give_back(session, "tests:x")
        with write() as session:
            give_back(session, "tests:x")
            give_back(session, "never taken")
        assert [take_once() for _ in range(6)] == [True] * 5 + [False]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 9), min_size=1, max_size=25), st.integers(1, 4))
def test_the_counter_does_what_its_model_does(app, steps, times):
    limit, key = Limit("model", times, timedelta(minutes=15)), f"model:{id(steps)}"
    now, count, ends = NOON, 0, NOON
    with app.app_context():
        with write() as session:
            forget(session, key)
        for step in steps:
            now += step * MINUTE
            count, ends = (1, now + limit.window) if ends <= now else (count + 1, ends)
            if count == times:
                ends = now + limit.window
            assert take_once(key, now, limit) == (count <= times)


def test_a_refused_transaction_counts_nothing(app):
    def refused() -> None:
        with write() as session:
            take(session, LIMIT, "tests:x", NOON)
            spend(session, "nonce", NOON)
            raise ZeroDivisionError

    with app.app_context():
        with pytest.raises(ZeroDivisionError):
            refused()
        assert read().get(Counter, "tests:x") is None
        assert not was_spent(read(), "nonce")


def test_purging_drops_what_decides_nothing_any_more(app):
    with app.app_context():
        take_once("tests:old", NOON - timedelta(hours=1))
        take_once("tests:new", NOON)
        with write() as session:
            spend(session, "old", NOON - timedelta(days=2))
            spend(session, "new", NOON)
        with write() as session:
            assert purge(session, NOON, NOON - timedelta(days=1)) == 2
        assert [row.key for row in read().query(Counter)] == ["tests:new"]
        assert [row.nonce for row in read().query(SpentNonce)] == ["new"]


def test_a_key_names_nobody():
    key = counter_key(LIMIT, "hwms", "fox52fox", "192.0.2.7")
    assert key.startswith("tests:")
    assert "fox" not in key
    assert "192" not in key
    assert len(key) <= Counter.__table__.c.key.type.length


@given(
    st.lists(st.text(max_size=5), min_size=1, max_size=3),
    st.lists(st.text(max_size=5), min_size=1, max_size=3),
)
def test_different_parts_have_different_keys(one, other):
    if "\0".join(one) != "\0".join(other):
        assert counter_key(LIMIT, *one) != counter_key(LIMIT, *other)


def test_every_limit_has_a_name_of_its_own():
    limits = [value for value in vars(counter).values() if isinstance(value, Limit)]
    assert len({limit.name for limit in limits}) == len(limits) >= 6
    signing_in = counter.SIGN_IN_FAILURES
    assert (signing_in.times, signing_in.window) == (5, timedelta(minutes=15))
    assert (counter.LETTERS_BY_ADDRESSEE.times, counter.LETTERS_BY_ADDRESSEE.window) == (
        3,
        timedelta(hours=1),
    )
