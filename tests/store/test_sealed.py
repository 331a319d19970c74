"""Personal numbers: read back with the key alone, found again without being told."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.fernet import InvalidToken
from hypothesis import given
from hypothesis import strategies as st

from portal.config import read_settings
from portal.store.sealed import blind_index, seal, unseal
from tests.rig.settings import TEST_SETTINGS

KEY, OTHER = (hashlib.sha256(word).digest() for word in (b"one", b"two"))
NUMBER = "AB12345678901234"


@given(st.text(alphabet=st.characters(exclude_categories=("Cs",))))
def test_what_was_sealed_is_read_back(text):
    assert unseal(KEY, seal(KEY, text)) == text


def test_a_seal_tells_nothing():
    sealed = seal(KEY, NUMBER)
    assert NUMBER.encode() not in sealed
    assert NUMBER[-4:].encode() not in sealed
    assert seal(KEY, NUMBER) != sealed, "nor that two are the same"


@pytest.mark.parametrize("place", [0, 1, 12, 40, -1])
def test_a_changed_seal_is_noticed(place):
    sealed = bytearray(seal(KEY, NUMBER))
    sealed[place] ^= 1
    with pytest.raises(InvalidToken):
        unseal(KEY, bytes(sealed))


@pytest.mark.parametrize("broken", [b"", b"x", b"gAAAAA==", NUMBER.encode()])
def test_what_is_no_seal_is_noticed(broken):
    with pytest.raises(InvalidToken):
        unseal(KEY, broken)


def test_another_key_opens_nothing():
    with pytest.raises(InvalidToken):
        unseal(OTHER, seal(KEY, NUMBER))


def test_a_blind_index_is_the_same_for_the_same_and_for_nothing_else():
    index = blind_index(KEY, NUMBER)
    assert index == blind_index(KEY, NUMBER)
    assert len({index, blind_index(KEY, NUMBER[:-1]), blind_index(KEY, ""), blind_index(OTHER, NUMBER)}) == 4
    assert len(index) == 64
    assert index != hashlib.sha256(NUMBER.encode()).hexdigest(), "a list of all numbers does not help"


def test_the_key_follows_the_secret_of_the_portal():
    first, again, other = (
        read_settings(environ={}, **{**TEST_SETTINGS, "SECRET_KEY": secret * 40}).key("personal-numbers")
        for secret in "aab"
    )
    assert first == again != other
    assert len(first) == 32
