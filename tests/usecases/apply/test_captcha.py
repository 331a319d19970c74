"""One guess at each picture; a right answer is a pass for one form and a few looks at a name."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.domain.counter import NAME_CHECKS_BY_CAPTCHA, SOUNDS_BY_ADDRESS
from portal.proofs import captcha
from portal.usecases.apply.apply_for_account import apply_for_account
from portal.usecases.apply.check_account_name import check_account_name
from portal.usecases.apply.solve_captcha import (
    captcha_answer,
    captcha_picture,
    captcha_sound,
    new_captcha,
    read_captcha_pass,
    solve_captcha,
)
from tests.rig.acts import HWMS, more_rows, row_counts, submission
from tests.rig.people import circumstance
from tests.rig.refusals import refusal_of
from tests.rig.threads import together


@pytest.fixture
def at(app):
    with app.app_context():
        yield circumstance(app)


def answer(at, challenge: str) -> str:
    return captcha.answer(at.settings.key("captcha"), challenge)


def wrong(digits: str) -> str:
    return f"{(int(digits) + 1) % 100_000:05d}"


def test_a_right_answer_may_come_twice_for_a_form_sent_twice(at):
    challenge = new_captcha(at)
    passes = [solve_captcha(challenge, answer(at, challenge), at) for _ in range(2)]
    assert read_captcha_pass(passes[0], at) == read_captcha_pass(passes[1], at)


def test_a_wrong_guess_uses_the_picture_up(at):
    challenge = new_captcha(at)
    assert refusal_of(solve_captcha, challenge, wrong(answer(at, challenge)), at).code == "captcha-wrong"
    assert refusal_of(solve_captcha, challenge, answer(at, challenge), at).code == "captcha-replayed"


def test_sixteen_guesses_at_once_are_one_guess(app, at):
    challenge = new_captcha(at)
    first = int(answer(at, challenge))
    guesses = [f"{(first + number) % 100_000:05d}" for number in range(1, 16)]
    together(app, lambda guess: solve_captcha(challenge, guess, at), guesses)
    assert refusal_of(solve_captcha, challenge, answer(at, challenge), at).code == "captcha-replayed"


def test_what_is_no_answer_leaves_the_picture(at):
    challenge = new_captcha(at)
    before = row_counts()
    for typed in ("", " ", "abcde", "1234", "123456", "１２３４"):
        assert refusal_of(solve_captcha, challenge, typed, at).field == "captcha"
    assert more_rows(before) == {}
    assert solve_captcha(challenge, answer(at, challenge), at)


def test_a_pass_is_read_for_an_hour_and_cannot_be_made(app, at):
    challenge = new_captcha(at)
    text = solve_captcha(challenge, answer(at, challenge), at)
    for bad in ("", "x", text[:-1], challenge, "狐"):
        assert refusal_of(read_captcha_pass, bad, at).field == "captcha"
    late = circumstance(app, now=at.now + timedelta(minutes=61))
    assert refusal_of(read_captcha_pass, text, late).code == "captcha-pass"


def test_the_answer_is_told_in_the_demonstration_only(app, make_app, at):
    challenge = new_captcha(at)
    assert captcha_answer(challenge, at) is None
    demo = make_app(PORTAL_DEMO=True)
    assert captcha_answer(challenge, circumstance(demo)) == answer(at, challenge)


def test_picture_and_sound_are_of_ours_only_and_the_sound_is_counted(at):
    challenge = new_captcha(at)
    assert captcha_picture(challenge, at).startswith(b"\x89PNG")
    assert captcha_sound(challenge, at).startswith(b"RIFF")
    for act in (captcha_picture, captcha_sound):
        assert refusal_of(act, "forged", at).status == 404
    for _ in range(SOUNDS_BY_ADDRESS.times - 2):
        refusal_of(captcha_sound, "forged", at)
    assert refusal_of(captcha_sound, challenge, at).status == 429


def test_a_name_can_be_looked_at_before_it_is_given(at, make_person):
    assert check_account_name(HWMS, "Fox@example.com", "nonce", at) == ("fox", False)
    make_person("fox", state="waiting")
    assert check_account_name(HWMS, "fox@elsewhere.com", "nonce", at) == ("fox01", True)
    assert refusal_of(check_account_name, HWMS, "no address", "nonce", at).field == "email"


def test_looking_says_nothing_of_the_address(at, make_person):
    make_person("fox", state="waiting")
    known = check_account_name(HWMS, "fox@example.com", "n1", at)
    unknown = check_account_name(HWMS, "fox@elsewhere.com", "n2", at)
    assert known == unknown == ("fox01", True)


def test_a_few_looks_for_each_captcha(at):
    for number in range(NAME_CHECKS_BY_CAPTCHA.times):
        assert check_account_name(HWMS, f"fox{number}@x.tw", "nonce", at)
    refusal = refusal_of(check_account_name, HWMS, "fox@x.tw", "nonce", at)
    assert refusal.field == "email"
    assert check_account_name(HWMS, "fox@x.tw", "another", at).name == "fox"


def test_looking_and_sending_with_one_captcha(at):
    challenge = new_captcha(at)
    nonce = read_captcha_pass(solve_captcha(challenge, answer(at, challenge), at), at)
    check_account_name(HWMS, "fox@x.tw", nonce, at)
    assert apply_for_account(HWMS, submission(nonce=nonce), at)
