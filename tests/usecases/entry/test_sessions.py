"""Whose browser it is: limits, background requests, and permissions at the next request."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal.domain.account import Account, AccountState
from portal.domain.audit import AuditEvent, EventType
from portal.domain.login_session import ABSOLUTE_LIMIT, IDLE_LIMIT, LoginSession
from portal.domain.permission import Permission
from portal.store.database import read, write
from portal.usecases.entry.sign_in import actor_of, extend_session, may_administer, sign_out
from tests.rig.acts import acting, signed_in
from tests.rig.people import circumstance

MINUTE, MOMENT = timedelta(minutes=1), timedelta(microseconds=1)


@pytest.fixture
def fox(make_person):
    return make_person("fox")


@pytest.fixture
def opened(app, fox):
    """When a session began, and its secret."""
    at = circumstance(app)
    with app.app_context():
        yield at.now, signed_in(app, fox, at.now).token


def look(app, opened, after: timedelta, **more):
    began, token = opened
    read().rollback()
    return actor_of(token, circumstance(app, now=began + after), **more)


def test_half_an_hour_without_a_request_ends_it(app, opened):
    assert look(app, opened, IDLE_LIMIT - MOMENT, background=True)
    assert look(app, opened, IDLE_LIMIT) is None
    assert look(app, opened, IDLE_LIMIT + MINUTE) is None


def test_requests_keep_it_open_until_the_working_day_is_over(app, opened):
    after = timedelta(0)
    while after + 20 * MINUTE < ABSOLUTE_LIMIT:
        after += 20 * MINUTE
        assert look(app, opened, after)
    assert look(app, opened, ABSOLUTE_LIMIT - MOMENT)
    assert look(app, opened, ABSOLUTE_LIMIT) is None


def test_what_runs_in_the_background_prolongs_nothing(app, opened):
    for minutes in range(1, 30):
        assert look(app, opened, minutes * MINUTE, background=True)
    assert look(app, opened, IDLE_LIMIT) is None


def test_the_holder_can_prolong_it(app, fox, opened):
    began, token = opened
    now = began + 29 * MINUTE
    actor = actor_of(token, circumstance(app, now=now), background=True)
    extend_session(circumstance(app, now=now, actor=actor))
    assert look(app, opened, 58 * MINUTE, background=True)
    assert look(app, opened, 29 * MINUTE + IDLE_LIMIT) is None


def test_a_page_a_second_writes_once_a_minute(app, opened):
    seen = set()
    for seconds in range(0, 181, 10):
        assert look(app, opened, timedelta(seconds=seconds))
        read().rollback()
        seen.add(read().scalars(select(LoginSession.seen_at)).one())
    assert 2 <= len(seen) <= 4


def test_signing_out_ends_it_and_no_other(app, fox, opened):
    other = signed_in(app, fox, opened[0]).token
    actor = look(app, opened, MINUTE)
    sign_out(circumstance(app, now=opened[0] + MINUTE, actor=actor))
    assert look(app, opened, MINUTE) is None
    assert look(app, (opened[0], other), MINUTE)
    event = read().scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert (event.type, event.actor, event.target) == (EventType.SIGNED_OUT, "hwms/fox", "hwms/fox")


@pytest.mark.parametrize("state", [AccountState.SUSPENDED, AccountState.ENDED, AccountState.PENDING])
def test_an_account_that_is_no_longer_active_is_out_at_the_next_request(app, opened, state):
    with write() as session:
        session.execute(update(Account).values(state=state))
    assert look(app, opened, MINUTE) is None


def test_a_change_of_kind_takes_effect_at_the_next_request(app, opened):
    assert not may_administer(look(app, opened, MINUTE))
    for kind, permitted in (("unit-administrator", True), ("general", False), ("abolished", False)):
        with write() as session:
            session.execute(update(Account).values(kind=kind))
        actor = look(app, opened, MINUTE)
        assert may_administer(actor) == permitted
        assert Permission.USE_OWN_ACCOUNT in actor.permissions
        assert Permission.READ_LETTERS not in actor.permissions


def test_what_is_no_session(app, opened):
    for token in ("", "x", "狐", "a" * 5000, "' or 1=1 --", opened[1][:-1], opened[1] + "x"):
        assert actor_of(token, circumstance(app)) is None


def test_the_service_desk_serves_every_system(app, make_desk):
    desk = make_desk()
    with app.app_context():
        actor = acting(app, desk).actor
        assert actor.every_system
        assert actor.permissions == set(Permission)
