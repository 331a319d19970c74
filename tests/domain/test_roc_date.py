"""Dates as Taiwan writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.application import new_case_number
from portal.domain.roc_date import TAIPEI, roc_compact, roc_date, roc_time

MOMENTS = st.datetimes(
    min_value=datetime(1980, 1, 2),  # noqa: DTZ001  the zone is drawn, too
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, TAIPEI, timezone(timedelta(hours=-11))]),
)


def test_as_it_is_printed():
    moment = datetime(2026, 11, 20, 6, 5, tzinfo=UTC)
    assert roc_date(moment) == "115/11/20"
    assert roc_compact(moment) == "1151120"
    assert roc_time(moment) == "115/11/20（五）14:05"


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 11, 20, 15, 59, 59, tzinfo=UTC), "115/11/20"),
        (datetime(2026, 11, 20, 16, 0, tzinfo=UTC), "115/11/21"),
        (datetime(2025, 12, 31, 16, 0, tzinfo=UTC), "115/01/01"),
        (datetime(2011, 1, 1, 4, 0, tzinfo=UTC), "100/01/01"),
        (datetime(2010, 12, 31, 4, 0, tzinfo=UTC), "99/12/31"),
    ],
)
def test_the_day_changes_at_midnight_in_taipei(moment, day):
    assert roc_date(moment) == day


@given(MOMENTS)
def test_the_same_moment_is_written_alike_in_every_zone(moment):
    assert roc_time(moment) == roc_time(moment.astimezone(timezone(timedelta(hours=5, minutes=45))))


@given(MOMENTS)
def test_what_is_written_names_the_moment_to_the_minute(moment):
    day, _, rest = roc_time(moment).partition("（")
    weekday, _, clock = rest.partition("）")
    year, month, number = map(int, day.split("/"))
    hour, minute = map(int, clock.split(":"))
    read = datetime(year + 1911, month, number, hour, minute, tzinfo=TAIPEI)
    assert timedelta(0) <= moment - read < timedelta(minutes=1)
    assert "一二三四五六日"[read.weekday()] == weekday


@given(MOMENTS)
def test_a_case_number_begins_with_system_and_day(moment):
    short, day, tail = new_case_number("HWMS", moment).split("-")
    assert (short, day) == ("HWMS", roc_compact(moment))
    assert len(tail) == 6
    assert re.fullmatch(r"[A-Z0-9]+", tail)
    assert not set(tail) & set("01IO"), "nobody mistakes one letter for another"


def test_case_numbers_of_a_day_differ():
    now = datetime(2026, 11, 20, tzinfo=UTC)
    assert len({new_case_number("HWMS", now) for _ in range(500)}) >= 499
