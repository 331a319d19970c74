"""One-time tokens: only the key makes them, and no other text is one."""

from __future__ import annotations

import re
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from portal.domain.one_time_token import TOKEN_LIFE, TokenPurpose, new_token_id, read_token, token_text

KEY = b"a key of thirty-two bytes, or so"
IDS = st.builds(lambda raw: raw, st.from_regex(r"\A[A-Za-z0-9_-]{22}\Z"))


def test_ids_are_random_and_long():
    ids = {new_token_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22}", each) for each in ids)


@given(IDS, st.binary(min_size=1, max_size=64))
def test_a_token_gives_its_number_under_its_own_key_only(token_id, other):
    text = token_text(KEY, token_id)
    assert read_token(KEY, text) == token_id
    assert re.fullmatch(r"[A-Za-z0-9_.=-]+", text), "fit for an address"
    if other != KEY:
        assert read_token(other, text) is None


@given(IDS, st.data())
def test_a_changed_or_shortened_token_is_none(token_id, data):
    text = token_text(KEY, token_id)
    place = data.draw(st.integers(0, len(text) - 1))
    character = data.draw(st.characters())
    changed = text[:place] + character + text[place + 1 :]
    if changed != text:
        assert read_token(KEY, changed) is None
    assert read_token(KEY, text[:place]) is None
    assert read_token(KEY, text[place + 1 :]) is None
    assert read_token(KEY, text + character) is None


@given(IDS, IDS)
def test_the_digest_of_one_does_not_fit_another(one, other):
    if one != other:
        assert read_token(KEY, f"{other}.{token_text(KEY, one).partition('.')[2]}") is None


@given(st.text())
def test_no_other_text_is_a_token(text):
    assert read_token(KEY, text) is None


def test_the_number_alone_tells_nothing_of_the_link():
    token_id = new_token_id()
    digest = token_text(KEY, token_id).partition(".")[2]
    assert len(digest) == 32, "24 bytes"
    assert read_token(KEY, token_id) is None
    assert read_token(KEY, f"{token_id}.") is None


def test_every_purpose_has_a_life_and_none_is_long():
    assert set(TOKEN_LIFE) == set(TokenPurpose)
    assert TOKEN_LIFE[TokenPurpose.RESET_PASSWORD] <= timedelta(hours=1)
    assert TOKEN_LIFE[TokenPurpose.ACCEPT_INVITATION] <= timedelta(days=1)
    assert max(TOKEN_LIFE.values()) <= timedelta(days=7)
