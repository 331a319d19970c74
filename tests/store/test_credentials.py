"""Passwords: hashed as the house says, one at a time, with the ones before kept for the history."""

from __future__ import annotations

import base64
import hmac
import threading
import time
import unicodedata

import bcrypt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from portal.domain.credential import PasswordCredential
from portal.store import credentials
from portal.store.credentials import (
    current_password,
    hash_password,
    nobodys_hash,
    password_matches,
    recent_hashes,
    set_password,
)
from portal.store.database import read, write
from tests.rig.refusals import refusal_of
from tests.rig.rows import NOON, new_account
from tests.rig.threads import together

PEPPER = "a pepper for tests only, as long as it must be"
PASSWORDS = st.text(max_size=200)


@settings(max_examples=25)
@given(PASSWORDS, PASSWORDS)
@example("a" * 72, "a" * 73)
@example("a\0b", "a\0c")
@example("石" * 128, "石" * 127)
@example(" x ", "x")
@example("Ａ", "A")
def test_only_the_same_password_matches(password, other):
    hashed = hash_password(password, PEPPER, 4)
    assert password_matches(password, hashed, PEPPER)
    same = unicodedata.normalize("NFC", password) == unicodedata.normalize("NFC", other)
    assert password_matches(other, hashed, PEPPER) == same
    assert not password_matches(password, hashed, PEPPER + "x")


def test_the_same_word_composed_in_two_ways_is_one_password():
    hashed = hash_password("caf\u00e9", PEPPER, 4)
    assert password_matches("cafe\u0301", hashed, PEPPER)


def test_the_scheme_is_the_one_that_the_row_names():
    digest = base64.b64encode(hmac.digest(PEPPER.encode(), b"secret", "sha384"))
    assert bcrypt.checkpw(digest, hash_password("secret", PEPPER, 4).encode())
    assert credentials.SCHEME == "bcrypt-hmac-sha384"
    assert hash_password("secret", PEPPER, 5).startswith("$2b$05$")


def test_hashes_are_salted():
    assert hash_password("secret", PEPPER, 4) != hash_password("secret", PEPPER, 4)


@pytest.mark.parametrize("password", ["", "secret", "." * 53, "\0"])
def test_nobodys_hash_matches_nothing_and_costs_as_much(password):
    hashed = nobodys_hash(4)
    assert not password_matches(password, hashed, PEPPER)
    assert hashed.split("$")[2] == "04"
    assert nobodys_hash(12).split("$")[2] == "12"


def test_one_hash_at_a_time(monkeypatch):
    running, most = 0, 0
    lock = threading.Lock()

    def slow(*_: object) -> bool:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.005)
        with lock:
            running -= 1
        return True

    monkeypatch.setattr(bcrypt, "checkpw", slow)
    assert together(None, lambda _: password_matches("x", "y", PEPPER), range(8)) == [True] * 8
    assert most == 1


def test_who_waits_too_long_is_asked_to_try_again(monkeypatch):
    monkeypatch.setattr(credentials, "WAIT", 0.01)
    with credentials._QUEUE:
        refusal = refusal_of(password_matches, "x", nobodys_hash(4), PEPPER)
    assert refusal.status == 429
    assert not password_matches("x", nobodys_hash(4), PEPPER), "the turn comes back"


def test_who_finds_the_queue_full_is_asked_at_once(monkeypatch):
    monkeypatch.setattr(credentials, "PLACES", 4)
    release = threading.Event()
    monkeypatch.setattr(bcrypt, "checkpw", lambda *_: release.wait(10))
    threading.Timer(0.3, release.set).start()
    answers = together(None, lambda _: password_matches("x", "y", PEPPER), range(9))
    assert answers.count(True) == 5, "one whose turn it is, and four places"
    assert {answer.status for answer in answers if answer is not True} == {429}


def test_turns_come_in_the_order_of_arrival():
    queue, served = credentials._QUEUE, []

    def wait_for_turn(number: int) -> None:
        with queue:
            served.append(number)

    threads = [threading.Thread(target=wait_for_turn, args=[number]) for number in range(6)]
    with queue:
        for number, thread in enumerate(threads, 1):
            thread.start()
            while len(queue._turns) < number:
                time.sleep(0.001)
    for thread in threads:
        thread.join(10)
    assert served == list(range(6))


def test_a_failing_hash_gives_the_turn_back(monkeypatch):
    with pytest.raises(ValueError, match="salt"):
        password_matches("x", "no hash at all", PEPPER)
    monkeypatch.setattr(credentials, "WAIT", 0.01)
    assert not password_matches("x", nobodys_hash(4), PEPPER)


def test_a_new_password_retires_the_one_before(app):
    with app.app_context():
        with write() as session:
            mine, other = new_account(session).id, new_account(session).id
            set_password(session, other, "theirs", NOON)
        for number in range(5):
            with write() as session:
                set_password(session, mine, f"hash{number}", NOON)
        assert current_password(read(), mine).hash == "hash4"
        assert current_password(read(), other).hash == "theirs"
        assert current_password(read(), 0) is None
        assert recent_hashes(read(), mine, 3) == ["hash4", "hash3", "hash2"]
        retired = select(PasswordCredential.retired_at).where(PasswordCredential.account_id == mine)
        assert read().scalars(retired.order_by(PasswordCredential.id)).all() == [NOON] * 4 + [None]
