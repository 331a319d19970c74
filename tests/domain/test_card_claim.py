"""What a claim compares: codes and names as people and offices write them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from portal.domain.card_claim import certificate_of, certificate_text, read_code, same_name
from portal.domain.certificate import CardProfile
from tests.rig.card_acts import presented


@given(st.text(max_size=40))
def test_what_is_no_code_is_none(typed):
    code = read_code(typed)
    assert code == "" or (len(code) == 8 and code.isascii() and code.isdigit())


NAMES = st.text(st.characters(categories=["Lo", "Lu", "Ll"]), min_size=1, max_size=12)


@given(NAMES, st.sampled_from([" ", "　", "·", "‧", "・", "•"]), st.integers(0, 12))
def test_blanks_and_dots_make_no_other_name(name, between, place):
    assert same_name(name, name[:place] + between + name[place:])


@given(NAMES, NAMES)
def test_other_letters_make_another_name(one, other):
    assert same_name(one, other) == same_name(other, one)
    assert not same_name(one, one + "明")


@given(st.text(max_size=30), st.none() | st.text(max_size=4), st.sampled_from(CardProfile))
def test_a_sealed_certificate_is_the_same_again(name, last_four, profile):
    told = presented(name=name, last_four=last_four, profile=profile)
    assert certificate_of(certificate_text(told)) == told


@given(
    st.from_regex(r"[0-9]{8}", fullmatch=True),
    st.sampled_from([" ", "　", "-", "\t", "－"]),
    st.integers(0, 8),
)
def test_a_code_is_read_however_it_is_grouped(code, between, place):
    wide = code.translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)})
    for typed in (code, wide):
        assert read_code(f" {typed[:place]}{between}{typed[place:]}　") == code
