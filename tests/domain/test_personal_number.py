"""Personal numbers: what the check digit finds, and how people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.personal_number import (
    PersonalNumberKind,
    has_check_digit,
    masked_number,
    read_personal_number,
)
from tests.rig.refusals import refusal_of

# Values of the first letter as the household registration prints them.
VALUES = dict(zip("ABCDEFGHJKLMNPQRSTUVXYWZIO", range(10, 36), strict=True))
NATIONAL = ["A123456789", "A168243408", "B135424341", "O160264257", "W245916419", "Z250929465", "I168746228"]
RESIDENT = ["A807130711", "F904130172", "Z839438452", "AA08887115", "FB50078009", "OD18438918", "IC22970828"]
WRONG = ["A123456788", "A807130712", "F904130173", "AA08887116", "HC42032870", "A323456789", "AE12345678"]


def checked(letter: str, second: str, middle: str) -> str:
    """A number whose last digit is right, worked out the long way: each digit of the letter by itself."""
    tens, ones = divmod(VALUES[letter], 10)
    place = int(second) if second.isdigit() else VALUES[second] % 10
    total = (
        tens + ones * 9 + place * 8 + sum(int(d) * w for d, w in zip(middle, range(7, 0, -1), strict=True))
    )
    return f"{letter}{second}{middle}{-total % 10}"


NUMBERS = st.builds(
    checked,
    st.sampled_from(sorted(VALUES)),
    st.sampled_from("1289ABCD"),
    st.text("0123456789", min_size=7, max_size=7),
)


@pytest.mark.parametrize("number", NATIONAL + RESIDENT)
def test_real_ones(number):
    assert has_check_digit(number)


@pytest.mark.parametrize(
    "number", [*WRONG, "a123456789", "A12345678", "A1234567890", "1123456789", "Ａ１２３４５６７８９", ""]
)
def test_the_strict_rule_takes_nothing_else(number):
    assert not has_check_digit(number)


@given(NUMBERS, st.integers(2, 9), st.integers(1, 9))
def test_every_single_wrong_digit_is_found_but_where_a_weight_hides_it(number, place, by):
    assert has_check_digit(number)
    changed = number[:place] + str((int(number[place]) + by) % 10) + number[place + 1 :]
    weight = 1 if place == 9 else 9 - place
    assert has_check_digit(changed) == (by * weight % 10 == 0), (
        "five times two is ten: such slips stay unseen"
    )


@given(NUMBERS)
def test_as_people_type_them(number):
    read = read_personal_number(number, "personal_number")
    assert read.text == number
    wide = "".join(chr(ord(character) + 0xFEE0) for character in number)
    for typed in (number.lower(), wide, f" {number[:4]} {number[4:]} ", f"{number[:1]}-{number[1:]}"):
        assert read_personal_number(typed, "personal_number") == read
    national = number[1] in "12"
    assert read.kind is (PersonalNumberKind.NATIONAL if national else PersonalNumberKind.RESIDENT)
    assert read.last_four == number[-4:]
    assert read.masked == f"{number[:3]}•••••{number[-2:]}"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "請輸入使用者身分證號"),
        ("A123456788", "檢查碼不符"),
        ("A12345678", "改填護照號碼"),
        ("M12345678X", "改填護照號碼"),
        ("王小明", "改填護照號碼"),
        ("٣٣٣٣٣٣٣٣٣٣", "改填護照號碼"),
    ],
)
def test_what_is_refused_says_what_to_do(typed, said):
    refusal = refusal_of(read_personal_number, typed, "personal_number")
    assert refusal.field == "personal_number"
    assert said in refusal.sentence


def test_a_passport_is_taken_where_the_person_says_so():
    for typed, kept in (
        ("e1234 5678", "E12345678"),
        ("300123456", "300123456"),
        ("ＣＤ１２３４５", "CD12345"),
    ):
        number = read_personal_number(typed, "personal_number", passport=True)
        assert (number.kind, number.text) == (PersonalNumberKind.PASSPORT, kept)
    for typed in ("12345", "A" * 13, "護照123456", "AB_123456", "<b>123456"):
        assert (
            "護照號碼" in refusal_of(read_personal_number, typed, "personal_number", passport=True).sentence
        )


@given(st.text(max_size=40))
def test_a_mask_never_shows_more_than_five_characters(text):
    assert len(masked_number(text).replace("•", "")) <= 5
