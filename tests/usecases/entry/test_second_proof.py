"""第二項驗證: who reviews others needs a code beside the password; it counts once, and guesses are counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from portal.domain.audit import EventType
from portal.domain.authenticator import HALF_WAY_LIFE
from portal.store.audit_events import broken_links
from portal.store.authenticators import authenticator_of
from portal.store.database import read
from portal.usecases.entry.reset_password import ask_reset, reset_password
from portal.usecases.entry.second_proof import CLOSED, USED, WRONG, SignInOver, confirm_code, ways_on
from portal.usecases.entry.set_authenticator import NOT_SIX, secret_of
from portal.usecases.entry.sign_in import PasswordProved, SignedIn, actor_of, sign_in
from tests.rig.acts import DESK, HWMS, OTHER_PASSWORD, PASSWORD, letters_to, newest_link
from tests.rig.half_way import code, last_event, row, sessions, ticket, wrong_code
from tests.rig.people import circumstance
from tests.rig.refusals import refusal_of
from tests.rig.threads import together

QUARTER = timedelta(minutes=15)


@pytest.fixture
def boss(make_person):
    return make_person("boss", kind="unit-administrator")


@pytest.fixture
def at(app):
    with app.app_context():
        yield circumstance(app)


def test_the_password_alone_opens_nothing(boss, at):
    half = ticket(at)
    assert sessions() == 0
    assert actor_of(half, at) is None
    assert (last_event().type, last_event().actor) == (EventType.SECOND_PROOF_ASKED, "hwms/boss")
    opened = confirm_code(HWMS, half, code(at), at)
    assert opened.reviews
    assert actor_of(opened.token, at).name == "boss"
    assert (last_event().type, last_event().details) == (EventType.SIGNED_IN, {"second": "authenticator"})
    assert broken_links(read()) == []


def test_who_reviews_nobody_is_asked_for_nothing(make_person, at):
    make_person("fox")
    assert isinstance(sign_in(HWMS, "fox", PASSWORD, "", at), SignedIn)
    silent = replace(HWMS, second_proof=())
    make_person("boss", kind="unit-administrator")
    assert isinstance(sign_in(silent, "boss", PASSWORD, "", at), SignedIn), "the file decides"


def test_the_service_desk_is_asked_too(make_desk, at):
    desk = make_desk()
    assert isinstance(sign_in(DESK, desk.name, desk.password, "", at), PasswordProved)


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_code_counts_once_and_no_earlier_one_after_it(boss, at, steps):
    shown = code(at, steps)
    assert confirm_code(HWMS, ticket(at), shown, at).token
    for again in range(-1, steps + 1):
        assert refusal_of(confirm_code, HWMS, ticket(at), code(at, again), at).sentence == USED
    assert sessions() == 1


def test_codes_of_other_times_do_not_count(boss, at):
    for steps in (-3, -2, 2, 3):
        refusal = refusal_of(confirm_code, HWMS, ticket(at), code(at, steps), at)
        assert (refusal.sentence, refusal.field, refusal.code) == (WRONG, "code", "second-proof-wrong")
    assert (last_event().type, last_event().outcome) == (EventType.SECOND_PROOF_FAILED, "refused")


def test_what_is_no_code_is_no_guess(boss, at):
    for typed in ("", "12345", "abcdef", "1" * 5000, "١٢٣٤٥٦"):
        assert refusal_of(confirm_code, HWMS, ticket(at), typed, at).sentence == NOT_SIX
    wide = code(at).translate({ord(str(n)): ord("０") + n for n in range(10)})
    assert confirm_code(HWMS, ticket(at), f" {wide[:3]} {wide[3:]} ", at).token


def test_five_failures_close_for_fifteen_minutes_and_tell_the_holder(app, boss, at):
    half = ticket(at)
    for _ in range(5):
        assert refusal_of(confirm_code, HWMS, half, wrong_code(at), at).sentence == WRONG
    assert [letter.kind for letter in letters_to(boss.email, "second-proof-closed")] == [
        "second-proof-closed"
    ]
    refusal = refusal_of(confirm_code, HWMS, half, code(at), at)
    assert (refusal.sentence, refusal.status) == (CLOSED, 429)
    assert last_event().type is EventType.SIGN_IN_CLOSED
    later = circumstance(app, now=at.now + QUARTER)
    assert confirm_code(HWMS, ticket(later), code(later), later).token
    assert len(letters_to(boss.email, "second-proof-closed")) == 1


def test_a_success_begins_anew(boss, at):
    for later in range(2):
        for _ in range(4):
            assert refusal_of(confirm_code, HWMS, ticket(at), wrong_code(at), at).sentence == WRONG
        assert confirm_code(HWMS, ticket(at), code(at, later), at).token


def test_sixteen_guesses_at_once_and_no_more_than_five_are_looked_at(app, boss, at):
    half, guess = ticket(at), wrong_code(at)
    answers = together(app, lambda _: confirm_code(HWMS, half, guess, circumstance(app, at.now)), range(16))
    assert sorted(answer.sentence for answer in answers) == sorted([WRONG] * 5 + [CLOSED] * 11)
    read().rollback()
    assert len(letters_to(boss.email, "second-proof-closed")) == 1


def test_four_times_the_same_code_at_once_and_one_gets_in(app, boss, at):
    half, shown = ticket(at), code(at)
    answers = together(app, lambda _: confirm_code(HWMS, half, shown, circumstance(app, at.now)), range(4))
    assert sum(isinstance(answer, SignedIn) for answer in answers) == 1
    assert {answer.sentence for answer in answers if not isinstance(answer, SignedIn)} == {USED}
    assert sessions() == 1


def test_a_proved_password_waits_five_minutes(app, boss, at):
    half = ticket(at)
    ways = ways_on(HWMS, half, circumstance(app, now=at.now + HALF_WAY_LIFE - timedelta(seconds=1)))
    assert (ways.account_name, ways.has_authenticator, ways.begins) == ("boss", True, False)
    late = circumstance(app, now=at.now + HALF_WAY_LIFE + timedelta(seconds=1))
    for act in (lambda: ways_on(HWMS, half, late), lambda: confirm_code(HWMS, half, code(late), late)):
        assert isinstance(refusal_of(act), SignInOver)


@pytest.mark.parametrize("forged", ["", "1 1 1", "狐", "gAAAAA", "x" * 4000])
def test_a_ticket_cannot_be_made(boss, at, forged):
    assert isinstance(refusal_of(ways_on, HWMS, forged, at), SignInOver)
    assert isinstance(refusal_of(confirm_code, HWMS, forged, code(at), at), SignInOver)


def test_a_ticket_is_for_its_system_and_password_only(app, boss, at):
    half, shown = ticket(at), code(at)
    assert isinstance(refusal_of(confirm_code, DESK, half, shown, at), SignInOver)
    ask_reset(HWMS, boss.email, at)
    reset_password(HWMS, newest_link(boss.email, "reset-password", at), "boss", OTHER_PASSWORD, at)
    assert isinstance(refusal_of(confirm_code, HWMS, half, shown, at), SignInOver)
    assert refusal_of(confirm_code, HWMS, ticket(at, OTHER_PASSWORD), wrong_code(at), at).sentence == WRONG, (
        "a new password does not remove the authenticator"
    )


def test_the_key_is_unreadable_at_rest_and_shown_in_the_demonstration_only(boss, at):
    authenticator = authenticator_of(read(), row().id)
    assert secret_of(authenticator, at).encode() not in authenticator.sealed_secret
    assert ways_on(HWMS, ticket(at), at).demo_code is None
    demo = replace(at, settings=replace(at.settings, portal_demo=True))
    for _ in range(2):  # also right after it was used
        half = ticket(demo)
        assert confirm_code(HWMS, half, ways_on(HWMS, half, demo).demo_code, demo).token
