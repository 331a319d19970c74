"""What a card is asked to sign: plain characters, one way to write it, nothing else is read."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.refusal import Refusal
from portal.proofs.card.challenge import Challenge, make_challenge, read_challenge

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TEXT = st.text(max_size=40)


def written(**changes):
    told = {"aud": "https://portal.example", "op": "bind", "session": "ab12", "account": "x7", "nonce": "n-1",
            "expires": 1_795_176_000, **changes}  # fmt: skip
    return encoded(json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode())


def encoded(body: bytes) -> str:
    return "cardauth.v1." + base64.urlsafe_b64encode(body).decode().rstrip("=")


@given(aud=TEXT, session=TEXT, account=st.none() | TEXT, nonce=TEXT)
def test_it_comes_back_as_it_was(aud, session, account, nonce):
    text = make_challenge(aud, "login", session, account, nonce, NOON + timedelta(seconds=120))
    assert re.fullmatch(r"[A-Za-z0-9._-]+", text)
    told = read_challenge(text)
    assert told == Challenge(aud, "login", session, account, nonce, int(NOON.timestamp()) + 120)
    assert make_challenge(aud, "login", session, account, nonce, NOON + timedelta(seconds=120)) == text


def test_the_form_of_the_examples_below():
    assert read_challenge(written()).account == "x7"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cardauth.v1.",
        "cardauth.v2." + written()[12:],
        written()[12:],
        written() + "\n",
        written() + "A",
        written() + "=",
        written(op="sign"),
        written(more="x"),
        written(expires="1"),
        written(expires=True),
        written(expires=1.0),
        written(aud=None),
        written(account=7),
        written(account=0),
        encoded(b'{"aud": "x"}'),
        encoded(b"[]"),
        encoded(b"7"),
        encoded(b"\xff"),
        encoded(b"[" * 1000),
        encoded(
            b"{" + b'"op":"login",' * 2 + b'"aud":"a","session":"s","account":null,"nonce":"n","expires":1}'
        ),
        encoded(b'{"aud":"a","op":"login","session":"s","account":null,"nonce":"n","expires":1}'),
        written(nonce="x" * 3000),
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(Refusal) as caught:
        read_challenge(text)
    assert caught.value.code == "challenge-malformed"
