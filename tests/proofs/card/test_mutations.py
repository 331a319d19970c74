"""A good answer with any part of it changed is refused, or means exactly the same; nothing else is ever raised."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.certificate import CertificateStatus
from portal.domain.refusal import Refusal
from portal.proofs.card.crl import BadList, take_crl
from portal.proofs.card.demo_authority import CardText, make_crl, tlv
from portal.proofs.card.demo_cards import citizen
from portal.proofs.card.der import read_head
from portal.proofs.card.gate import CardAnswer
from portal.proofs.card.ocsp import build_request, read_response
from portal.proofs.card.status import Unchecked
from portal.proofs.card.verify import verify
from tests.proofs.card.answers import CHALLENGE
from tests.rig.authority import DAY, NOON, ocsp_answer
from tests.rig.card_answers import pkcs1, pkcs7

RESPONDER = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])


@pytest.fixture(scope="module")
def good(tree):
    return pkcs7(tree.card(), CHALLENGE, at=NOON)


@pytest.fixture(scope="module")
def outcome(pinned, revocation):
    """What an answer is taken for; None if it is refused."""

    def told(answer):
        try:
            return verify(answer, CHALLENGE, pinned, revocation, NOON)
        except Refusal as refusal:
            return None if refusal.code else refusal

    return told


@given(data=st.data())
@settings(max_examples=600)
def test_any_byte_changed(data, good, outcome):
    place = data.draw(st.integers(0, len(good.signature) - 1))
    mutated = bytearray(good.signature)
    mutated[place] ^= data.draw(st.integers(1, 255))
    told = outcome(replace(good, signature=bytes(mutated)))
    assert told in (None, outcome(good)), place


@given(data=st.data())
@settings(max_examples=200)
def test_any_byte_of_a_bare_answer_changed(data, tree, outcome):
    good = pkcs1(tree.card(), CHALLENGE)
    signature, certificate = bytearray(good.signature), bytearray(good.certificate)
    part = data.draw(st.sampled_from([signature, certificate]))
    part[data.draw(st.integers(0, len(part) - 1))] ^= data.draw(st.integers(1, 255))
    assert outcome(CardAnswer("pkcs1", bytes(signature), bytes(certificate))) in (None, outcome(good))


@given(data=st.data())
@settings(max_examples=300)
def test_any_byte_of_a_responders_answer_changed(data, tree, pinned):
    issuer, nonce = pinned.by_key_id(tree.moica.key_id), b"sixteen numbers."
    text = CardText(citizen().subject, serial=7, extensions=((RESPONDER, False),))
    signer = tree.card(text=text, key=tree.keys[1]) if data.draw(st.booleans()) else None
    answer = bytearray(ocsp_answer(build_request(issuer, 99, nonce), tree.moica, signer=signer))
    answer[data.draw(st.integers(0, len(answer) - 1))] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(Unchecked):
        told = read_response(bytes(answer), issuer, 99, nonce, NOON, lambda _: True)
        assert told is CertificateStatus.GOOD


@given(data=st.data())
@settings(max_examples=300)
def test_any_byte_of_a_list_changed(data, tree, pinned, tmp_path_factory):
    issuer, reason = pinned.by_key_id(tree.moica.key_id), x509.ReasonFlags.certificate_hold
    crl = bytearray(make_crl(tree.moica, {5: reason, 9: reason}, NOON - DAY))
    crl[data.draw(st.integers(0, len(crl) - 1))] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(BadList, UserWarning):
        facts, _ = take_crl(bytes(crl), issuer, tmp_path_factory.mktemp("lists"), NOON)
        assert (facts.number, facts.revoked, facts.suspended) == (1, 0, 2)


@given(noise=st.binary(max_size=400))
@settings(max_examples=200)
def test_anything_at_all(noise, outcome):
    assert outcome(CardAnswer("pkcs7", noise)) is None
    assert outcome(CardAnswer("pkcs1", noise[:50], noise[50:])) is None


@given(data=st.data())
@settings(max_examples=150)
def test_a_piece_cut_out_or_doubled(data, good, outcome):
    begin = data.draw(st.integers(0, len(good.signature)))
    end = data.draw(st.integers(begin, min(len(good.signature), begin + 40)))
    der = good.signature
    changed = data.draw(st.sampled_from([der[:begin] + der[end:], der[:end] + der[begin:]]))
    assert changed == der or outcome(replace(good, signature=changed)) is None


Node = tuple[int, "bytes | list[Node]"]


def taken_apart(der: bytes, start: int = 0, end: int | None = None) -> list[Node]:
    end, nodes = len(der) if end is None else end, []
    while start < end:
        tag, content, after = read_head(der, start, end)
        nodes.append((tag, taken_apart(der, content, after) if tag & 0x20 else der[content:after]))
        start = after
    return nodes


def put_together(nodes: list[Node]) -> bytes:
    return b"".join(
        tlv(tag, inside if isinstance(inside, bytes) else put_together(inside)) for tag, inside in nodes
    )


def lists_within(nodes: list[Node], place: str = "") -> Iterator[tuple[str, list[Node]]]:
    for number, (_, inside) in enumerate(nodes):
        if not isinstance(inside, bytes):
            yield f"{place}/{number}", inside
            yield from lists_within(inside, f"{place}/{number}")


@pytest.mark.parametrize("extra", [b"\5\0", b"\4\3abc", b"\x30\0", b"\xa0\0"], ids=bytes.hex)
def test_a_value_too_many_anywhere(extra, good, outcome):
    nodes, (node,) = taken_apart(good.signature), taken_apart(extra)
    assert put_together(nodes) == good.signature
    let_in = []
    for place, inside in list(lists_within(nodes)):
        inside.append(node)
        if outcome(replace(good, signature=put_together(nodes))) is not None:
            let_in.append(place)
        inside.pop()
    assert let_in == []


def test_bits_of_a_certificates_signature_are_whole_bytes(tree, pinned, revocation, outcome):
    """One unused bit, which is zero, changes nothing but the fingerprint; half of all signatures end in such a bit."""
    for serial in range(1, 40):
        card = tree.card(text=replace(citizen(), serial=serial))
        unused = card.der[:-257] + b"\1" + card.der[-256:]
        if card.der[-257] == 0 and not card.der[-1] & 1:
            answer = pkcs7(card, CHALLENGE)
            assert outcome(answer) is not None
            changed = answer.signature.replace(card.der, unused)
            assert changed != answer.signature
            assert outcome(replace(answer, signature=changed)) is None
            return
    raise AssertionError("no certificate was fit for the test")


def test_a_value_too_few_anywhere(good, outcome):
    nodes = taken_apart(good.signature)
    let_in = []
    for place, inside in list(lists_within(nodes)):
        if inside:
            last = inside.pop()
            if outcome(replace(good, signature=put_together(nodes))) not in (None, outcome(good)):
                let_in.append(place)
            inside.append(last)
    assert let_in == []
