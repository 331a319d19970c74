"""忘記密碼 and 變更密碼: who may set a new password, by which link, and what ends with it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.domain.account import Account, AccountState
from portal.domain.letter import LetterState
from portal.domain.one_time_token import OneTimeToken
from portal.store.accounts import change_state, locked
from portal.store.database import read, write
from portal.usecases.apply.prove_email import BadLink
from portal.usecases.entry.reset_password import USED_BEFORE, ask_reset, reset_password
from portal.usecases.entry.sign_in import CLOSED, actor_of, sign_in
from tests.rig.acts import (
    DESK,
    HWMS,
    OTHER_PASSWORD,
    PASSWORD,
    letters_to,
    more_rows,
    newest_link,
    row_counts,
    signed_in,
)
from tests.rig.people import circumstance
from tests.rig.refusals import refusal_of
from tests.rig.threads import together

MORE = ["Vb6^hRz3tNcL", "Tg5%pWy8sMdF", "Hn2@kXv7qBzC"]


@pytest.fixture
def fox(make_person):
    return make_person("fox")


@pytest.fixture
def asked(app, fox):
    """A letter just asked for: the circumstance, and its link."""
    at = circumstance(app)
    with app.app_context():
        ask_reset(HWMS, fox.email, at)
        yield at, newest_link(fox.email, "reset-password", at)


def opens(app, password: str, name: str = "fox") -> bool:
    read().rollback()
    try:
        sign_in(HWMS, name, password, "", circumstance(app))
    except Exception:  # noqa: BLE001  whatever it was: it did not open
        return False
    return True


def test_the_new_password_opens_and_the_old_one_no_more(app, fox, asked):
    at, link = asked
    reset_password(HWMS, link, "fox", OTHER_PASSWORD, at)
    assert (opens(app, OTHER_PASSWORD), opens(app, PASSWORD)) == (True, False)
    letter = letters_to(fox.email)[-1]
    assert (letter.kind, letter.context["account_name"]) == ("password-changed", "fox")


def test_it_signs_nobody_in_and_ends_every_session(app, fox, asked):
    at, link = asked
    tokens = [signed_in(app, fox).token for _ in range(2)]
    before = row_counts()
    reset_password(HWMS, link, "fox", OTHER_PASSWORD, at)
    assert [actor_of(token, at) for token in tokens] == [None, None]
    assert "login_session" not in more_rows(before)


@pytest.mark.parametrize("name", ["FOX", " fox ", "ｆｏｘ"])
def test_the_account_is_known_however_it_is_typed(app, asked, name):
    at, link = asked
    reset_password(HWMS, link, name, OTHER_PASSWORD, at)
    assert opens(app, OTHER_PASSWORD)


def test_an_account_of_somebody_else_is_refused_and_the_link_is_not_used_up(app, make_person, asked):
    at, link = asked
    make_person("wolf")
    for name in ("wolf", "nobody", "", "fox%", "fox@example.com"):
        refusal = refusal_of(reset_password, HWMS, link, name, OTHER_PASSWORD, at)
        assert (refusal.field, refusal.status) == ("name", 422)
    assert opens(app, PASSWORD, "wolf")
    reset_password(HWMS, link, "fox", OTHER_PASSWORD, at)


REFUSED = {
    "too short": "Qz7#mKp2vXw",
    "no symbol": "Qz7fmKp2vXw9",
    "guessable": "Password2026#",
    "own name": "Fox1234Fox#Ab",
    "the present one": PASSWORD,
    "nothing": "",
    "much too much": "Qz7#" * 5000,
}


def test_a_password_that_will_not_do_is_refused_and_the_link_is_not_used_up(app, asked):
    at, link = asked
    for why, password in REFUSED.items():
        assert refusal_of(reset_password, HWMS, link, "fox", password, at).field == "password", why
    assert opens(app, PASSWORD)
    reset_password(HWMS, link, "fox", OTHER_PASSWORD, at)


def test_none_of_the_last_three(app, fox):
    with app.app_context():
        current = PASSWORD
        for number, new in enumerate([OTHER_PASSWORD, *MORE]):
            at = circumstance(app)
            ask_reset(HWMS, fox.email, circumstance(app, now=at.now + number * timedelta(hours=2)))
            link = newest_link(fox.email, "reset-password", at)
            for old in [PASSWORD, OTHER_PASSWORD, *MORE][: number + 1][-3:]:
                assert refusal_of(reset_password, HWMS, link, "fox", old, at).sentence == USED_BEFORE
            reset_password(HWMS, link, "fox", new, at)
            current = new
        at = circumstance(app, now=at.now + timedelta(days=1))
        ask_reset(HWMS, fox.email, at)
        reset_password(HWMS, newest_link(fox.email, "reset-password", at), "fox", OTHER_PASSWORD, at)
        assert opens(app, OTHER_PASSWORD), "the fourth before the last may come back"
        assert not opens(app, current)


def test_links_that_do_not_work(app, fox, asked):
    at, link = asked

    def reason(text: str, now=at.now) -> str:
        refusal = refusal_of(reset_password, HWMS, text, "fox", OTHER_PASSWORD, circumstance(app, now=now))
        assert isinstance(refusal, BadLink)
        return refusal.reason

    assert reason(link, at.now + timedelta(hours=1)) == "late"
    for junk in ("", "x", link[:-1], link + "x", newest_link(fox.email, "verify-email", at)):
        assert reason(junk) == "forged"
    ask_reset(HWMS, fox.email, at)
    assert reason(link) == "superseded"
    newer = newest_link(fox.email, "reset-password", at)
    reset_password(HWMS, newer, "fox", OTHER_PASSWORD, at)
    assert reason(newer) == "used"


def test_a_link_of_one_system_opens_nothing_in_another(app, make_desk, fox, asked):
    at, link = asked
    make_desk("fox")
    assert (
        refusal_of(reset_password, DESK, link, "fox", "石頭底下有一條安靜的河流四十七步", at).field == "name"
    )


def test_eight_at_once_and_one_sets_the_password(app, asked):
    at, link = asked
    words = [f"{letter}d4=wTnb8sYf" for letter in "ABCDEGHJ"]
    answers = together(app, lambda word: reset_password(HWMS, link, "fox", word, at), words)
    (winner,) = [word for word, answer in zip(words, answers, strict=True) if answer is None]
    assert all(isinstance(answer, BadLink) for answer in answers if answer is not None)
    loser = next(word for word in words if word != winner)
    assert [opens(app, word) for word in (winner, loser, PASSWORD)] == [True, False, False]


def test_every_account_of_the_address_is_named_and_one_link_serves_one(app, make_person):
    make_person("fox")
    make_person("fox", state="waiting")
    with app.app_context():
        at = circumstance(app)
        ask_reset(HWMS, "FOX@example.com", at)
        (letter,) = letters_to("fox@example.com", "reset-password")
        assert letter.context["account_names"] == ["fox", "fox01"]
        link = newest_link("fox@example.com", "reset-password", at)
        reset_password(HWMS, link, "fox01", OTHER_PASSWORD, at)
        assert isinstance(refusal_of(reset_password, HWMS, link, "fox", OTHER_PASSWORD, at), BadLink)
        account = read().scalars(select(Account).where(Account.name == "fox01")).one()
        assert account.state is AccountState.PENDING, "a new password opens no account that was not open"


def test_an_unknown_address_costs_the_same_rows_and_says_the_same(app, make_person):
    make_person("fox")
    work = {}
    with app.app_context():
        for address in ("fox@example.com", "nobody@example.com"):
            before = row_counts()
            assert ask_reset(HWMS, address, circumstance(app)) is None
            work[address] = more_rows(before)
        assert work["fox@example.com"] == work["nobody@example.com"]
        (letter,) = letters_to("nobody@example.com")
        assert letter.state is LetterState.WITHHELD
        token = read().get_one(OneTimeToken, letter.token_id)
        assert token.account_id is None


def test_three_letters_an_hour_for_known_and_unknown_alike(app, fox):
    with app.app_context():
        for address in (fox.email, "nobody@example.com"):
            before = len(letters_to(address))
            for _ in range(6):
                assert ask_reset(HWMS, address, circumstance(app)) is None
            assert len(letters_to(address)) - before == 3


def test_what_is_no_address_is_refused_at_its_field(app):
    with app.app_context():
        before = row_counts()
        for typed in ("", "  ", "fox", "fox@", "a@x.tw, b@x.tw", "a@x.tw\r\nBcc: b@x.tw", "\0", "a" * 5000):
            assert refusal_of(ask_reset, HWMS, typed, circumstance(app)).field == "email"
        assert more_rows(before) == {}


def test_a_reset_opens_a_closed_sign_in_for_its_owner(app, fox, asked):
    at, link = asked
    for _ in range(6):
        refusal = refusal_of(sign_in, HWMS, "fox", "wrong", "", at)
    assert refusal.sentence == CLOSED
    reset_password(HWMS, link, "fox", OTHER_PASSWORD, at)
    assert sign_in(HWMS, "fox", OTHER_PASSWORD, "", at).token


def test_a_suspended_account_stays_suspended(app, fox, asked):
    at, link = asked
    with write() as session:
        account = session.scalars(select(Account)).one()
        change_state(session, locked(session, account.id), AccountState.SUSPENDED)
    reset_password(HWMS, link, "fox", OTHER_PASSWORD, at)
    assert refusal_of(sign_in, HWMS, "fox", OTHER_PASSWORD, "", at).code == "sign-in-suspended"
