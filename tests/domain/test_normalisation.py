"""One way to read what people type."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.normalisation import email_key, plain, refuse_controls, search_key, tidy
from portal.domain.refusal import Refusal

CONTROLS = [
    *range(0x20), *range(0x7F, 0xA0),  # ASCII and Latin-1 controls
    0x061C, *range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x206A),  # widthless, directions
    0x115F, 0x1160, 0x3164, 0xFFA0,  # letters that show nothing
    0xFEFF, 0xFFF9, 0xFFFC, 0xFFFD, 0xFFFE, 0xFFFF, 0xE0001, 0xE0041, 0xE007F,  # marks, leftovers, tags
]  # fmt: skip
SHOWN = (
    "王小明",
    "𡍼思妤",
    "谷辣斯．尤達卡",
    "Kolas Yotaka",
    "O’Brien",
    "葛󠄀城",
    "かな",
    "02-2556 9785",
    "臺北市",
)


@given(st.text())
def test_tidying_twice_is_tidying_once(text):
    for fold in (tidy, plain, search_key, email_key):
        once = fold(text)
        assert fold(once) == once
        assert once == once.strip()
        assert "  " not in once


@given(st.text(alphabet="0123456789abcXYZ@.-#() ", min_size=1))
def test_full_width_forms_read_like_plain_ones(text):
    wide = "".join("　" if c == " " else chr(ord(c) + 0xFEE0) for c in text)
    assert plain(wide) == tidy(text)
    assert email_key(wide) == email_key(text)


def test_tidy_keeps_what_was_typed_otherwise():
    assert tidy(" 臺北　Ａ  b\t") == "臺北 Ａ b"


@pytest.mark.parametrize(
    ("one", "other"),
    [("臺北市", "台北市"), ("新巿區", "新市區"), ("ＡＢＣ", "abc"), ("Straße", "STRASSE"), ("１０１", "101")],
)
def test_search_finds_both_ways_of_writing(one, other):
    assert search_key(one) == search_key(other)


def test_search_keeps_different_names_apart():
    names = ["中正區清潔隊", "中山區清潔隊", "臺北市", "臺中市"]
    assert len({search_key(name) for name in names}) == len(names)


@pytest.mark.parametrize("code", CONTROLS, ids=hex)
def test_characters_that_nobody_sees_are_refused(code):
    with pytest.raises(Refusal) as caught:
        refuse_controls(f"王{chr(code)}明", "name")
    assert (caught.value.field, caught.value.status) == ("name", 422)


@pytest.mark.parametrize("text", SHOWN)
def test_characters_that_people_use_are_not(text):
    refuse_controls(text, "name")


def test_no_control_and_no_change_of_direction_gets_by():
    every = [chr(code) for code in range(0x3000)]
    directions = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    wanted = [
        c for c in every if unicodedata.category(c) == "Cc" or unicodedata.bidirectional(c) in directions
    ]
    assert len(wanted) == 65 + len(directions)
    for character in wanted:
        with pytest.raises(Refusal):
            refuse_controls(character, "name")
