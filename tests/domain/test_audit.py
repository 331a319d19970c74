"""The seal of an event covers all of it, and does not depend on how it is written down."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.audit import FIRST_HASH, AuditEvent, EventType, seal

NOON = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)
DETAILS = st.dictionaries(
    st.text(max_size=8),
    st.text(max_size=8) | st.integers() | st.none() | st.lists(st.text(max_size=4), max_size=3),
)


def event(**changed) -> AuditEvent:
    values = {
        "type": EventType.SIGNED_IN, "at": NOON, "address": "192.0.2.1", "request_id": "r1", "actor": "a/b",
        "target": "a/b", "outcome": "ok", "details": {"case": "HWMS-1"}, "previous_hash": FIRST_HASH,
    }  # fmt: skip
    return AuditEvent(**{**values, **changed})


CHANGES = {
    "type": EventType.SIGN_IN_FAILED, "at": NOON + timedelta(microseconds=1), "address": "192.0.2.2",
    "request_id": "r2", "actor": None, "target": None, "outcome": "refused", "details": {"case": "HWMS-2"},
    "previous_hash": "1" * 64,
}  # fmt: skip


@pytest.mark.parametrize("field", CHANGES)
def test_every_part_of_an_event_is_sealed(field):
    assert seal(event(**{field: CHANGES[field]})) != seal(event())


def test_the_fields_tested_are_all_there_are():
    assert {column.name for column in AuditEvent.__table__.columns} - {"id", "hash"} == set(CHANGES)


def test_parts_cannot_be_moved_from_one_field_to_the_next():
    assert seal(event(actor="a", target="bc")) != seal(event(actor="ab", target="c"))
    assert seal(event(actor=None)) != seal(event(actor="None"))


@given(DETAILS)
def test_details_read_back_from_the_database_have_the_same_seal(details):
    back = json.loads(json.dumps(details))
    turned = dict(reversed(list(details.items())))
    assert seal(event(details=back)) == seal(event(details=turned)) == seal(event(details=details))


@given(st.datetimes(timezones=st.just(timezone(timedelta(hours=8)))))
def test_the_same_moment_in_another_zone_has_the_same_seal(moment):
    assert seal(event(at=moment)) == seal(event(at=moment.astimezone(UTC)))


def test_names_of_events_are_stable_and_differ():
    values = [each.value for each in EventType]
    assert len(set(values)) == len(values)
    assert all(len(value) <= 32 for value in values), "the column's width"
