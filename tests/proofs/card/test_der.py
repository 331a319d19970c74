"""The look at bare bytes: what DER is, and what only resembles it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.proofs.card.demo_authority import tlv
from portal.proofs.card.der import NotDer, check_der, dotted

LEAVES = st.one_of(
    st.integers(-(2**70), 2**70).map(
        lambda number: tlv(
            2, number.to_bytes((number + (number < 0)).bit_length() // 8 + 1, "big", signed=True)
        )
    ),
    st.binary(max_size=300).map(lambda content: tlv(4, content)),
    st.booleans().map(lambda yes: tlv(1, b"\xff" if yes else b"\0")),
    st.just(b"\5\0"),
    st.text(max_size=20).map(lambda text: tlv(12, text.encode())),
    st.binary(max_size=20).map(lambda content: tlv(3, b"\0" + content)),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.tuples(st.sampled_from([0x30, 0x31, 0xA0, 0xA1]), st.lists(inner, max_size=5)).map(
        lambda node: tlv(node[0], b"".join(node[1]))
    ),
    max_leaves=30,
)


@given(TREES)
def test_der_is_let_through(der):
    check_der(der)


@given(TREES, st.binary(min_size=1, max_size=9))
def test_nothing_may_follow(der, more):
    with pytest.raises(NotDer) as caught:
        check_der(der + more)
    assert caught.value.trailing


@given(TREES)
def test_nothing_may_be_missing(der):
    with pytest.raises(NotDer) as caught:
        check_der(der[:-1])
    assert not caught.value.trailing


@pytest.mark.parametrize(
    "text",
    [
        "", "30", "3080 0500 0000", "308101 05", "30820002 0500", "30850000000002 0500", "3082ffff 0500",
        "020200 01", "0202ff ff", "0200", "010101", "0100", "010200 00", "050100", "0300", "030108", "030201 ff",
        "030101", "0600", "060181", "1000", "1100", "2403 040100", "2c00", "2200", "1f1f00", "bf1f00", "0000",
        "3002 0000", "0a0200 01", "0a00",
    ],
)  # fmt: skip
def test_what_is_none(text):
    with pytest.raises(NotDer):
        check_der(bytes.fromhex(text))


@pytest.mark.parametrize(
    "text", ["3000", "020100", "0201ff", "02020080", "0202ff7f", "0a0101", "030100", "030201fe"]
)
def test_what_only_looks_strange(text):
    check_der(bytes.fromhex(text))


def test_object_identifiers():
    names = {"2a864886f70d010702": "1.2.840.113549.1.7.2", "608676016402814c": "2.16.886.1.100.2.204", "00": "0.0",
             "8837": "2.999", "551d09": "2.5.29.9"}  # fmt: skip
    assert {dotted(bytes.fromhex(content)): content for content in names} == {
        told: had for had, told in names.items()
    }
    with pytest.raises(NotDer):
        dotted(bytes.fromhex("2a8001"))
