"""Telephone numbers as people write them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.phone import read_extension, read_phone, show_phone
from portal.domain.refusal import Refusal
from tests.rig.refusals import outcome, refusal_of

MARKS = ["#", "轉", "分機", "轉分機", "ext.", "ext", "Ext. ", " # ", "轉 ", "分機：", "，分機", " EXT:"]
WAYS = [
    "0223117722", "02-23117722", "02-2311-7722", "(02)23117722", "(02) 2311-7722", "02 2311 7722", "02.2311.7722",
    "０２－２３１１７７２２", "（０２）２３１１—７７２２", "+886-2-2311-7722", "+886 2 23117722", "+886(0)2-2311-7722",
    "+886223117722", "00886-2-23117722", "＋８８６２２３１１７７２２", " 02-2311 7722 ", "02−23117722", "02～23117722",
]  # fmt: skip
NOT_NUMBERS = [
    "23117722", "2311-7722", "02", "02-2311-772A", "02-2311-7722-99999", "886223117722", "+1-202-555-0123",
    "12345678901", "O2-23117722", "電話", "02-23117722/02-23117723", "02-23117722#", "02-23117722轉接", "+886", "-",
    "#12", "〇二二三一一七七二二",
]  # fmt: skip


@pytest.mark.parametrize("text", WAYS)
def test_every_way_of_writing_gives_the_same_digits(text):
    assert read_phone(text, "phone") == ("0223117722", None)


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("text", WAYS[:8])
def test_an_extension_written_along_is_set_apart(text, mark):
    assert read_phone(f"{text}{mark}2345", "phone") == ("0223117722", "2345")


def test_the_form_of_the_data_notes():
    assert read_phone("０２－２３１１７７２２轉２３４５", "phone") == ("0223117722", "2345")


@pytest.mark.parametrize("text", NOT_NUMBERS)
def test_what_is_no_number_is_refused_at_the_field(text):
    refusal = refusal_of(read_phone, text, "fax")
    assert refusal.field == "fax"
    assert "區碼" in refusal.sentence


@given(st.text(max_size=60))
def test_whatever_is_typed_gives_digits_or_a_refusal(text):
    read = outcome(read_phone, text, "phone")
    if isinstance(read, Refusal):
        assert read.field == "phone"
        return
    number, extension = read
    assert re.fullmatch(r"0[0-9]{8,9}", number)
    assert extension is None or re.fullmatch(r"[0-9]{1,6}", extension)


@given(st.from_regex(r"\A0[2-9][0-9]{7,8}\Z"), st.none() | st.from_regex(r"\A[0-9]{1,6}\Z"))
def test_a_number_that_is_shown_can_be_typed_again(number, extension):
    assert read_phone(show_phone(number, extension), "phone") == (number, extension)


@pytest.mark.parametrize(
    ("digits", "shown"),
    [
        ("0223117722", "02-23117722"), ("0912345678", "0912-345-678"), ("037123456", "037-123456"),
        ("0492222222", "049-2222222"), ("082325610", "082-325610"), ("083625022", "0836-25022"),
        ("082666666", "0826-66666"), ("089322002", "089-322002"), (None, ""), ("", ""),
    ],
)  # fmt: skip
def test_the_area_code_is_set_off(digits, shown):
    assert show_phone(digits) == shown


@pytest.mark.parametrize(
    "text", ["12", " 12 ", "#12", "分機12", "轉 12", "ext. 12", "EXT12", "＃１２", "分機：12", "轉分機12"]
)
def test_an_extension_in_its_own_box(text):
    assert read_extension(text, "phone_extension") == "12"


@pytest.mark.parametrize("text", ["", "  ", "　"])
def test_no_extension(text):
    assert read_extension(text, "phone_extension") is None


@given(st.text(max_size=20))
def test_anything_else_is_no_extension(text):
    read = outcome(read_extension, text, "phone_extension")
    if isinstance(read, Refusal):
        assert read.field == "phone_extension"
    else:
        assert read is None or re.fullmatch(r"[0-9]{1,6}", read)


@pytest.mark.parametrize("text", ["1234567", "12a", "無", "1 2", "-1", "1.5", "٣"])
def test_a_bad_extension_is_refused_at_its_box(text):
    assert refusal_of(read_extension, text, "phone_extension").field == "phone_extension"
