"""The tables of allowed changes, as data: whole, without a way back from the end."""

from __future__ import annotations

import enum

import pytest

from portal.domain.account import ACCOUNT_CHANGES, AccountState
from portal.domain.application import APPLICATION_CHANGES, REQUEST_CHANGES, ApplicationState, RequestState

TABLES = {
    "account": (AccountState, ACCOUNT_CHANGES, AccountState.PENDING, {AccountState.ENDED}),
    "application": (
        ApplicationState,
        APPLICATION_CHANGES,
        ApplicationState.DRAFT,
        {ApplicationState.DECIDED, ApplicationState.WITHDRAWN, ApplicationState.EXPIRED},
    ),
    "request": (
        RequestState,
        REQUEST_CHANGES,
        RequestState.REQUESTED,
        {RequestState.APPROVED, RequestState.REFUSED, RequestState.WITHDRAWN},
    ),
}


def reachable(changes, start: enum.Enum) -> set[enum.Enum]:
    found, waiting = {start}, [start]
    while waiting:
        for new in changes[waiting.pop()] - found:
            found.add(new)
            waiting.append(new)
    return found


@pytest.mark.parametrize("name", TABLES)
def test_every_state_stands_in_the_table_and_can_be_reached(name):
    states, changes, first, _ = TABLES[name]
    assert set(changes) == set(states)
    assert reachable(changes, first) == set(states)
    assert all(old not in new for old, new in changes.items()), "no change is no change"


@pytest.mark.parametrize("name", TABLES)
def test_from_an_end_there_is_no_way_on_and_to_an_end_there_always_is(name):
    states, changes, _, ends = TABLES[name]
    assert {state for state in states if not changes[state]} == ends
    for state in states:
        assert reachable(changes, state) & ends


def test_the_changes_of_an_account():
    allowed = {(old.value, new.value) for old, after in ACCOUNT_CHANGES.items() for new in after}
    assert allowed == {
        ("pending", "active"), ("pending", "ended"), ("active", "suspended"), ("active", "ended"),
        ("suspended", "active"), ("suspended", "ended"),
    }  # fmt: skip


def test_nothing_becomes_active_again_once_it_has_ended():
    assert AccountState.ACTIVE not in reachable(ACCOUNT_CHANGES, AccountState.ENDED)
    assert AccountState.PENDING not in reachable(ACCOUNT_CHANGES, AccountState.ACTIVE)


def test_a_decided_application_is_never_open_again():
    for end in (ApplicationState.DECIDED, ApplicationState.WITHDRAWN, ApplicationState.EXPIRED):
        assert reachable(APPLICATION_CHANGES, end) == {end}
