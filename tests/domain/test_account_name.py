"""How an account gets its name: the local part, and a running suffix where it is taken."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.account_name import MAXIMUM, base_name, next_name

BASES = st.sampled_from(["fox52fox", "fox", "fox01", "f", "user", "a.b-c_d", "x9999999", "n" * MAXIMUM])
SUFFIXES = st.sampled_from(
    ["", "00", "01", "02", "09", "10", "42", "98", "99", "100", "101", "999999", "1", "x", "01x"]
)


@pytest.mark.parametrize(
    ("email", "name"),
    [
        ("hwms@ustrust.com.tw", "hwms"), ("Fox52Fox@ntpc.gov.tw", "fox52fox"), ("ＦＯＸ＠ntpc.gov.tw", "fox"),
        ("wang.mei-ling_2@x.tw", "wang.mei-ling_2"), ("fox+portal@x.tw", "foxportal"), ("o'brien@x.tw", "obrien"),
        (".dots.@x.tw", "dots"), ("!#$%@x.tw", "user"), ("小狐@x.tw", "user"), (f"{'a' * 64}@x.tw", "a" * MAXIMUM),
    ],
)  # fmt: skip
def test_the_name_is_the_local_part(email, name):
    assert base_name(email) == name


@given(st.text(max_size=80))
def test_a_name_can_always_be_typed(text):
    name = base_name(f"{text}@example.com")
    assert re.fullmatch(rf"[a-z0-9._-]{{1,{MAXIMUM}}}", name)
    assert base_name(f"{name}@example.com") in {name, name.strip(".-_")}


def test_the_suffix_of_the_manual():
    assert next_name("fox52fox", []) == "fox52fox"
    assert next_name("fox52fox", ["fox52fox"]) == "fox52fox01"
    assert next_name("fox52fox", ["fox52fox", "fox52fox01"]) == "fox52fox02"
    assert next_name("fox", ["fox", "foxy", "fox1", "foxtrot02"]) == "fox01"
    assert next_name("fox", ["fox", *(f"fox{number:02d}" for number in range(1, 100))]) == "fox100"


@pytest.mark.parametrize("stranger", ["wang1985", "wang07", "wang99", "wang999999"])
def test_a_number_in_somebody_elses_name_is_not_counted_on_from(stranger):
    assert next_name("wang", ["wang", stranger]) == "wang01"
    assert next_name("wang", ["wang", "wang01", stranger]) == "wang02"


@given(BASES, st.lists(st.tuples(BASES, SUFFIXES).map("".join), max_size=30))
def test_a_name_is_never_given_twice(base, taken):
    name = next_name(base, taken)
    assert name not in taken
    assert name == base or re.fullmatch(re.escape(base) + r"[0-9]{2,3}", name)
    assert (name == base) == (base not in taken)


@given(BASES, st.integers(1, 150))
def test_names_given_one_after_another_count_up(base, many):
    given_names: list[str] = []
    for _ in range(many):
        given_names.append(next_name(base, given_names))
    assert given_names == [base, *(f"{base}{number:02d}" for number in range(1, many))]
