"""Codes of authenticator apps: the vectors of RFC 6238, and what is taken for a code."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from portal.proofs.one_time_code import (
    code_at,
    key_address,
    key_groups,
    key_picture,
    matching_step,
    new_secret,
    read_code,
    step_of,
)

SECRET = base64.b32encode(b"12345678901234567890").decode()
NOON = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
RFC_6238 = {
    59: "94287082",
    1111111109: "07081804",
    1111111111: "14050471",
    1234567890: "89005924",
    2000000000: "69279037",
    20000000000: "65353130",
}
"""Appendix B, SHA-1; apps show the last six digits."""


@pytest.mark.parametrize("seconds", RFC_6238)
def test_the_vectors_of_the_standard(seconds):
    now = datetime.fromtimestamp(seconds, UTC)
    assert code_at(SECRET, step_of(now)) == RFC_6238[seconds][-6:]
    assert matching_step(SECRET, RFC_6238[seconds][-6:], now) == seconds // 30


@pytest.mark.parametrize(
    ("seconds", "counts"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)]
)
def test_one_step_before_and_after_counts_too(seconds, counts):
    step = step_of(NOON + timedelta(seconds=seconds))
    assert matching_step(SECRET, code_at(SECRET, step), NOON) == (step if counts else None)


def test_another_key_has_other_codes():
    assert matching_step(new_secret(), code_at(SECRET, step_of(NOON)), NOON) is None
    assert len({new_secret() for _ in range(50)}) == 50
    assert len(base64.b32decode(new_secret())) == 20


@pytest.mark.parametrize("typed", ["123456", "123 456", " 123-456 ", "123456\t"])
def test_six_digits_however_grouped(typed):
    assert read_code(typed) == "123456"


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "12345a", "１２３４５６", "١٢٣٤٥٦", "123456\0", "-"]
)
def test_nothing_else_is_a_code(typed):
    assert read_code(typed) is None


def test_what_the_app_is_given():
    address = urlsplit(key_address("帳號入口 HWMS", "boss&secret=x", SECRET))
    facts = parse_qs(address.query)
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert facts["secret"] == [SECRET]
    assert facts["issuer"] == ["帳號入口 HWMS"]
    assert set(facts) == {"secret", "issuer"}, "the rest is as apps take it unless told"
    assert "".join(key_groups(SECRET)) == SECRET
    assert {len(group) for group in key_groups(SECRET)} == {4}


def test_the_picture_is_an_image_that_the_policy_allows():
    picture = key_picture(key_address("x", "boss", SECRET))
    assert picture.startswith("data:image/svg+xml")
    assert "style=" not in picture
    assert SECRET not in picture
