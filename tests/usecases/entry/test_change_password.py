"""變更密碼 when signed in: the present password is asked for, and guessing it is counted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.usecases.entry.reset_password import USED_BEFORE, change_password
from portal.usecases.entry.sign_in import actor_of
from tests.rig.acts import HWMS, OTHER_PASSWORD, PASSWORD, acting, letters_to, signed_in
from tests.rig.people import circumstance
from tests.rig.refusals import refusal_of
from tests.rig.threads import together


@pytest.fixture
def fox(make_person):
    return make_person("fox")


@pytest.fixture
def at(app, fox):
    with app.app_context():
        yield acting(app, fox)


def test_this_session_stays_and_the_others_end(app, fox, at):
    here, there = signed_in(app, fox).token, signed_in(app, fox).token
    change_password(HWMS, PASSWORD, OTHER_PASSWORD, circumstance(app, actor=actor_of(here, at)))
    assert actor_of(here, at) is not None
    assert actor_of(there, at) is None
    assert letters_to(fox.email)[-1].kind == "password-changed"


def test_the_present_password_can_be_guessed_five_times(app, at):
    for _ in range(5):
        refusal = refusal_of(change_password, HWMS, "wrong", OTHER_PASSWORD, at)
        assert (refusal.field, refusal.status) == ("current", 422)
    refusal = refusal_of(change_password, HWMS, PASSWORD, OTHER_PASSWORD, at)
    assert (refusal.field, refusal.status) == ("current", 429)
    later = circumstance(app, now=at.now + timedelta(minutes=15), actor=at.actor)
    change_password(HWMS, PASSWORD, OTHER_PASSWORD, later)


def test_trying_out_new_passwords_is_no_guessing(app, at):
    for _ in range(8):
        assert refusal_of(change_password, HWMS, PASSWORD, "too weak", at).field == "password"
    change_password(HWMS, PASSWORD, OTHER_PASSWORD, at)


def test_the_last_three_are_refused_here_too(at):
    assert refusal_of(change_password, HWMS, PASSWORD, PASSWORD, at).sentence == USED_BEFORE


def test_sixteen_guesses_at_once_and_no_more_than_five_are_looked_at(app, at, monkeypatch):
    looked_at: list[str] = []
    monkeypatch.setattr(
        "portal.usecases.entry.reset_password.password_matches",
        lambda typed, *_: looked_at.append(typed) or False,
    )
    answers = together(
        app, lambda number: change_password(HWMS, f"wrong{number}", OTHER_PASSWORD, at), range(16)
    )
    assert len(looked_at) == 5
    assert sorted(answer.status for answer in answers) == [422] * 5 + [429] * 11
