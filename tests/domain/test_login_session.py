"""How long a session stays open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from portal.domain.login_session import ABSOLUTE_LIMIT, IDLE_LIMIT, SEEN_STEP, still_open

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
SPANS = st.timedeltas(timedelta(0), timedelta(hours=10))
MOMENT = timedelta(microseconds=1)


def test_limits():
    assert timedelta(minutes=30) >= IDLE_LIMIT
    assert timedelta(hours=12) >= ABSOLUTE_LIMIT
    assert SEEN_STEP * 10 < IDLE_LIMIT, "noting the time once a minute hardly shortens the half hour"


@given(SPANS, SPANS)
def test_open_means_within_both_limits(idle, more):
    now = START + idle + more
    expected = idle < IDLE_LIMIT and idle + more < ABSOLUTE_LIMIT
    assert still_open(START, now - idle, now) == expected


def test_the_edges():
    assert still_open(START, START, START + IDLE_LIMIT - MOMENT)
    assert not still_open(START, START, START + IDLE_LIMIT)
    end = START + ABSOLUTE_LIMIT
    assert still_open(START, end - MOMENT, end - MOMENT)
    assert not still_open(START, end, end)
