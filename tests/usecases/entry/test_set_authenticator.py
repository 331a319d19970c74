"""設定驗證器: the first one on the way in, another one later, and the operator who begins anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.domain.audit import AuditEvent, EventType
from portal.domain.authenticator import SETTING_UP_LIFE
from portal.domain.login_session import LoginSession
from portal.domain.refusal import NotFound, Overtaken
from portal.proofs.one_time_code import SECONDS, code_at, step_of
from portal.store.authenticators import authenticator_of
from portal.store.database import read
from portal.usecases.entry.reset_password import reset_password
from portal.usecases.entry.second_proof import (
    USED,
    candidate_owner,
    confirm_code,
    set_first_authenticator,
    ways_on,
)
from portal.usecases.entry.set_authenticator import NOT_SIX, NOT_THE_FIRST, candidate_for, shown_key
from portal.usecases.entry.sign_in import SignedIn, sign_in
from portal.usecases.entry.use_own_account import SIGN_IN_AGAIN
from portal.usecases.operate.reset_second_proof import reset_second_proof
from portal.usecases.own_account.renew_authenticator import renew_authenticator
from tests.rig.acts import HWMS, OTHER_PASSWORD, PASSWORD, acting, letters_to, newest_link
from tests.rig.half_way import code, forget_authenticators, last_event, row, sessions, ticket
from tests.rig.people import circumstance
from tests.rig.refusals import refusal_of
from tests.rig.threads import together

STEP = timedelta(seconds=SECONDS)
QUARTER = timedelta(minutes=15)


@pytest.fixture
def boss(make_person):
    return make_person("boss", kind="unit-administrator")


@pytest.fixture
def at(app):
    with app.app_context():
        yield circumstance(app)


def test_the_first_time_an_authenticator_is_set_up(app, boss, at):
    forget_authenticators()
    half = ticket(at)
    assert ways_on(HWMS, half, at).begins
    account = candidate_owner(HWMS, half, at)
    candidate = candidate_for(account.id, "", at)
    assert candidate_for(account.id, candidate.sealed, at) == candidate, "the page may be loaded again"
    assert candidate.secret not in candidate.sealed
    assert shown_key(account, HWMS, candidate, at).demo_code is None
    refusal = refusal_of(set_first_authenticator, HWMS, half, candidate, "000000", at)
    assert (refusal.sentence, refusal.field) == (NOT_THE_FIRST, "code")
    assert authenticator_of(read(), account.id) is None, "nothing counts before its first right code"
    late = circumstance(app, now=at.now + SETTING_UP_LIFE - timedelta(seconds=1))
    first = code_at(candidate.secret, step_of(late.now))
    assert set_first_authenticator(HWMS, half, candidate, first, late).token
    assert [letter.kind for letter in letters_to(boss.email)][-1] == "authenticator-set"
    again = circumstance(app, now=late.now)
    assert refusal_of(confirm_code, HWMS, ticket(again), first, again).sentence == USED
    after = circumstance(app, now=late.now + STEP)
    assert confirm_code(HWMS, ticket(after), code(after), after).token


def test_a_second_first_time_is_too_late(app, boss, at):
    forget_authenticators()
    half, other = ticket(at), ticket(at)
    account = candidate_owner(HWMS, half, at)
    candidates = [(each, candidate_for(account.id, "", at)) for each in (half, other)]

    def set_up(pair):
        here = circumstance(app, at.now)
        shown = code_at(pair[1].secret, step_of(at.now))
        return set_first_authenticator(HWMS, pair[0], pair[1], shown, here)

    answers = together(app, set_up, candidates)
    assert sum(isinstance(answer, SignedIn) for answer in answers) == 1
    assert sum(isinstance(answer, Overtaken) for answer in answers) == 1
    assert isinstance(refusal_of(candidate_owner, HWMS, ticket(at), at), Overtaken)


def test_somebody_elses_key_is_not_taken(make_person, boss, at):
    forget_authenticators()
    fox = make_person("fox")
    half = ticket(at)
    candidate = candidate_for(row(fox.name).id, "", at)
    shown = code_at(candidate.secret, step_of(at.now))
    assert refusal_of(set_first_authenticator, HWMS, half, candidate, shown, at).sentence == NOT_THE_FIRST
    assert candidate_for(row().id, candidate.sealed, at).secret != candidate.secret


def test_renewing_it_ends_other_sessions_and_the_old_app(app, boss, at):
    elsewhere, here = acting(app, boss), acting(app, boss)
    old = authenticator_of(read(), row().id).sealed_secret
    candidate = candidate_for(row().id, "", here)
    shown = code_at(candidate.secret, step_of(here.now))
    tired = replace(here, now=here.now + QUARTER + STEP)
    assert refusal_of(renew_authenticator, HWMS, candidate, shown, tired).sentence == SIGN_IN_AGAIN
    assert refusal_of(renew_authenticator, HWMS, candidate, "12", here).sentence == NOT_SIX
    renew_authenticator(HWMS, candidate, shown, here)
    read().rollback()
    ended = select(LoginSession.token_hash).where(LoginSession.ended_at.is_not(None))
    assert read().scalars(ended).all() == [elsewhere.actor.session_hash]
    assert authenticator_of(read(), row().id).sealed_secret != old
    assert letters_to(boss.email)[-1].kind == "authenticator-set"
    assert last_event().type is EventType.AUTHENTICATOR_SET


def test_who_needs_none_cannot_set_one(app, make_person, at):
    fox = acting(app, make_person("fox"))
    candidate = candidate_for(row("fox").id, "", fox)
    shown = code_at(candidate.secret, step_of(fox.now))
    assert isinstance(refusal_of(renew_authenticator, HWMS, candidate, shown, fox), NotFound)


def test_the_operator_lets_somebody_begin_anew(app, boss, at):
    acting(app, boss)
    link = reset_second_proof(HWMS, " BOSS ", at)
    assert sessions() == 0
    assert refusal_of(sign_in, HWMS, "boss", PASSWORD, "", at).code == "sign-in-wrong", (
        "the password ended, too"
    )
    assert link.rpartition("/")[2] == newest_link(boss.email, "authenticator-removed", at)
    assert last_event().type is EventType.SIGN_IN_FAILED
    reset_password(HWMS, link.rpartition("/")[2], "boss", OTHER_PASSWORD, at)
    assert ways_on(HWMS, ticket(at, OTHER_PASSWORD), at).begins
    removed = select(AuditEvent).where(AuditEvent.type == EventType.AUTHENTICATOR_REMOVED)
    event = read().scalars(removed).one()
    assert (event.actor, event.target) == ("command line", "hwms/boss")


def test_the_command(app, make_person, boss):
    make_person("fox")
    run = app.test_cli_runner().invoke
    told = run(args=["portal", "reset-second-proof", "hwms/boss"])
    assert told.exit_code == 0, told.output
    assert "http://localhost/letter/" in told.output
    for wrong in ("boss", "nothing/boss", "hwms/nobody", "hwms/fox", "hwms/"):
        assert run(args=["portal", "reset-second-proof", wrong]).exit_code == 1
