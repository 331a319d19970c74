"""Which passwords are accepted: the manual's rule, the portal's own, and what is too easy to guess."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from portal.domain.password_policy import check_password, rule_lines
from portal.domain.refusal import Refusal
from portal.domain.system_rules import PasswordRule
from portal.usecases.read_systems import systems
from tests.rig.refusals import refusal_of

MANUAL = systems()["hwms"].password
OWN = systems()["portal"].password
GOOD = "Qz7#mKp2vXw9"
SYMBOLS = "@#%^="
FOREIGN = [c for c in map(chr, range(0x20, 0x7F)) if not (c.isalnum() or c in SYMBOLS)]
BREAKS = {
    "too short": ("Qz7#mKp2vXw", "長度"),
    "too long": ("Qz7#mKp2vXw9Qz8", "長度"),
    "no capital": ("qz7#mkp2vxw9", "大寫"),
    "no small letter": ("QZ7#MKP2VXW9", "小寫"),
    "no digit": ("Qzf#mKpbvXwy", "數字"),
    "no symbol": ("Qz7fmKp2vXw9", "特殊符號"),
    "a blank": ("Qz7#mKp 2vXw9", "只用"),
    "a blank at the end": ("Qz7#mKp2vXw9 ", "只用"),
    "a line's end": ("Qz7#mKp2vXw9\n", "只用"),
    "a tab": ("Qz7#\tmKp2vXw9", "只用"),
    "a full-width letter": ("Qz7#mKp2vXwＡ9", "只用"),
    "a full-width digit": ("Qz7#mKp2vXw９", "只用"),
    "a Han character": ("Qz7#mKp2vXw環", "只用"),
    "an accent": ("Qz7#mKp2vXé9", "只用"),
    **{f"the symbol {c!r}": (f"Qz7#mKp2vX{c}9", "只用") for c in FOREIGN},
}


def refused(password, rule=MANUAL, **more) -> Refusal:
    return refusal_of(check_password, password, rule, **more)


def test_a_good_password_is_accepted():
    check_password(GOOD, MANUAL, words=["fox52fox@ntpc.gov.tw", "黃小狐", "0225569785"])


def test_a_line_s_end_counts_as_a_character():
    sentence = refused("Qz7#mKp2vXw9Qz\n").sentence
    assert "長度" in sentence
    assert "只用" in sentence


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_each_symbol_of_the_manual_will_do(symbol):
    check_password(GOOD.replace("#", symbol), MANUAL)


@pytest.mark.parametrize(("password", "word"), BREAKS.values(), ids=list(BREAKS))
def test_a_password_that_breaks_one_rule_is_told_which(password, word):
    refusal = refused(password, field="password")
    assert refusal.field == "password"
    told = refusal.sentence.removeprefix("密碼還不符合規則：").removesuffix("。")
    assert word in told
    assert told in {sentence for _, sentence, _ in rule_lines(MANUAL)}, "one line and no other"


LETTERS = {
    "upper": string.ascii_uppercase,
    "lower": string.ascii_lowercase,
    "digit": string.digits,
    "symbol": SYMBOLS,
}


@given(st.data())
def test_exactly_the_broken_lines_are_named(data):
    pools = data.draw(st.sets(st.sampled_from(sorted(LETTERS)), min_size=1))
    alphabet = "".join(LETTERS[pool] for pool in sorted(pools)) + data.draw(
        st.sampled_from(["", "!", " ", "\n", "環"])
    )
    password = data.draw(st.text(alphabet=alphabet, max_size=18))
    broken = [sentence for _, sentence, pattern in rule_lines(MANUAL) if not re.search(pattern, password)]
    expected = set()
    if not 12 <= len(password) <= 14:
        expected.add("長度 12 至 14 個字元")
    expected |= {
        f"至少一個{word}"
        for word, pool in (("大寫英文", "upper"), ("小寫英文", "lower"), ("數字", "digit"))
        if not set(password) & set(LETTERS[pool])
    }
    if not set(password) & set(SYMBOLS):
        expected.add("至少一個特殊符號（@ # % ^ =）")
    if set(password) - set("".join(LETTERS.values())):
        expected.add("只用英文字母、數字和 @ # % ^ =")
    assert set(broken) == expected
    if expected:
        sentence = refused(password).sentence
        assert all(line in sentence for line in expected)


@given(st.text(min_size=0, max_size=140))
def test_the_portals_own_rule_asks_for_length_only(password):
    assume(len(set(password.lower())) > 12 or not 15 <= len(password) <= 128)
    if 15 <= len(password) <= 128:
        assert not [key for key, _, pattern in rule_lines(OWN) if not re.search(pattern, password)]
    else:
        assert "長度 15 至 128 個字元" in refused(password, OWN).sentence


def test_a_phrase_of_words_nobody_knows_will_do():
    check_password("石頭底下有一條安靜的河流四十七步", OWN)
    check_password("quiet river under pale stones 47", OWN)


GUESSABLE = {
    "a common word and a year": ("Password2026#", []),
    "the same, disguised": ("P@ssw0rd2026", []),
    "a walk along the keyboard": ("Qwertyuiop1#", []),
    "a walk back": ("0987654321qA#", []),
    "columns of the keyboard": ("1qaz2wsx3eD#", []),
    "the alphabet": ("Abcdefghij1#", []),
    "one letter again and again": ("Aaaaaaaaaa1#", []),
    "own account name": ("Fox52fox52#A1", ["fox52fox@ntpc.gov.tw"]),
    "own telephone": ("0225569785Aa#", ["0225569785"]),
    "system and year of the republic": ("Hwms115hwms#1", ["hwms"]),
    "the ministry": ("MoenvMoenv1#", []),
}


@pytest.mark.parametrize(("password", "words"), GUESSABLE.values(), ids=list(GUESSABLE))
def test_a_guessable_password_is_refused_though_it_keeps_the_rule(password, words):
    assert all(re.search(pattern, password) for _, _, pattern in rule_lines(MANUAL)), "it keeps the rule"
    assert "太容易被猜到" in refused(password, words=words).sentence


@given(st.from_regex(r"\A[a-z0-9]{5,9}\Z"), st.text(alphabet="A7#k@", min_size=3, max_size=5), st.booleans())
def test_own_data_with_a_little_around_it_is_refused(name, little, first):
    password = little + name.upper() if first else name.capitalize() + little
    assert "太容易" in refused(password, PasswordRule((8, 64), "x"), words=[f"{name}@x.tw"]).sentence


def test_what_is_refused_for_one_person_is_free_to_another():
    password = "Ustrust4K#m9"
    refused(password, words=["ustrust4k"])
    check_password(password, MANUAL, words=["fox52fox", "王小明"])


def test_the_rule_of_the_page_is_the_rule_of_the_check():
    keys = [key for key, _, _ in rule_lines(MANUAL)]
    assert keys == ["length", "upper", "lower", "digit", "symbol", "only"]
    assert [key for key, _, _ in rule_lines(OWN)] == ["length"]
    for _, _, pattern in rule_lines(MANUAL):
        assert not re.search(r"\(\?[^!]|\\Z|\\A", pattern), "a browser must read it, too"
