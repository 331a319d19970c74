"""出示憑證: what a good answer tells about the holder and the certificate, and the words for a bad one."""

from __future__ import annotations

import base64
import hashlib
import threading
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import serialization

from portal.domain.certificate import CardProfile, CardRefusal, CardTrouble, refusal
from portal.domain.refusal import Refusal
from portal.proofs.card import verify as way_in
from portal.proofs.card.gate import LARGEST, CardAnswer, read_answer
from portal.proofs.card.verify import verify
from tests.proofs.card.answers import CHALLENGE
from tests.rig.authority import NOON, YEAR
from tests.rig.card_answers import pkcs1, pkcs7

MOICA, MOEACA, HCA = CardProfile


@pytest.fixture
def tell(pinned, revocation):
    return lambda answer: verify(answer, CHALLENGE, pinned, revocation, NOON)


def test_a_citizen(tree, tell):
    card = tree.card()
    told = tell(pkcs7(card, CHALLENGE))
    assert (told.holder.profile, told.holder.name, told.holder.last_four) == (MOICA, "王小明", "6789")
    assert told.holder.subject_serial == "1234567890123456"
    assert (told.holder.ubn, told.holder.rank) == (None, None)
    assert told.holder.is_person
    assert told.card_number == "AB12345678901234"
    assert told.issuer_key_id == tree.moica.key_id
    assert int(told.serial, 16) == card.certificate.serial_number
    assert told.fingerprint == hashlib.sha256(card.der).hexdigest()
    spki = card.key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert told.spki_hash == hashlib.sha256(spki).hexdigest()
    assert (told.not_before, told.not_after) == (NOON - YEAR, NOON + 4 * YEAR)


def test_a_company_is_nobody_in_particular(tree, tell):
    holder = tell(pkcs7(tree.card(MOEACA), CHALLENGE)).holder
    assert (holder.name, holder.ubn, holder.rank) == ("示範環保股份有限公司", "12345675", "primary")
    assert not holder.is_person


def test_a_health_professional_by_bare_signature(tree, tell):
    told = tell(pkcs1(tree.card(HCA), CHALLENGE))
    assert (told.holder.profile, told.holder.name) == (HCA, "林怡君")
    assert told.holder.subject_class == "2.16.886.1.100.3.1.7"
    assert told.card_number is None


@pytest.mark.parametrize(
    ("number", "told"),
    [("TTAJ123456789012", "TTAJ123456789012"), ("ab12345678901234", None), ("AB1234567890123\0", None)],
)
def test_a_card_number_has_the_known_form(number, told, tree, tell):
    assert tell(pkcs7(tree.card(), CHALLENGE, card_number=number)).card_number == told


def test_a_serial_is_written_in_one_way():
    assert [way_in.hex_serial(number) for number in (1, 0x0ABC, 0x80, 1 << 64)] == [
        "01", "0abc", "80", "010000000000000000",
    ]  # fmt: skip


def test_an_answer_from_a_form(tree, tell):
    answer = pkcs1(tree.card(HCA), CHALLENGE)
    texts = [base64.b64encode(part).decode() for part in (answer.signature, answer.certificate)]
    assert read_answer("pkcs1", *texts) == answer
    assert read_answer("pkcs7", texts[0]) == CardAnswer("pkcs7", answer.signature)


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (("raw", "AAAA"), CardRefusal.ANSWER_SHAPE),
        (("pkcs7", "AA\nAA"), CardRefusal.ANSWER_NOT_BASE64),
        (("pkcs7", "AA"), CardRefusal.ANSWER_NOT_BASE64),
        (("pkcs7", "ＡＡＡＡ"), CardRefusal.ANSWER_NOT_BASE64),
        (("pkcs7", "AA-_"), CardRefusal.ANSWER_NOT_BASE64),
        (("pkcs7", "A" * (LARGEST + 1)), CardRefusal.ANSWER_TOO_LARGE),
        (("pkcs1", "A" * LARGEST, "AAAA"), CardRefusal.ANSWER_TOO_LARGE),
    ],
)
def test_a_form_that_is_none(texts, code):
    with pytest.raises(Refusal) as caught:
        read_answer(*texts)
    assert caught.value.code == code.value


def test_every_refusal_has_a_sentence_that_says_what_to_do():
    for reason in CardRefusal:
        made = refusal(reason)
        assert made.code == reason.value
        assert made.sentence.endswith("。")
        assert "請" in made.sentence
        assert not any(word in made.sentence.lower() for word in ("ocsp", "crl", "sha", "der"))
    assert {reason.trouble for reason in CardRefusal} == set(CardTrouble)
    assert refusal(CardRefusal.CARD_SUSPENDED).sentence != refusal(CardRefusal.CARD_REVOKED).sentence


def test_eight_threads_at_once(tree, pinned, revocation):
    answers = [pkcs7(tree.card(profile), CHALLENGE) for profile in CardProfile]
    start, names, lock = threading.Barrier(8), [], threading.Lock()

    def work():
        start.wait()
        for number in range(30):
            told = verify(answers[number % 3], CHALLENGE, pinned, revocation, NOON)
            with lock:
                names.append(told.holder.name)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {name: names.count(name) for name in set(names)} == {
        "王小明": 80, "示範環保股份有限公司": 80, "林怡君": 80,
    }  # fmt: skip


def test_answers_do_not_change_what_is_pinned(tree, pinned, tell):
    before = [one.certificate.dump(force=False) for one in pinned.issuers]
    tell(pkcs7(tree.card(), CHALLENGE))
    assert [one.certificate.dump() for one in pinned.issuers] == before
    assert replace(pinned) == pinned
