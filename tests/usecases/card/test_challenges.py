"""Challenges for cards: one browser, one purpose, one account, two minutes, one answer."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest

from portal.domain.audit import EventType
from portal.domain.card_challenge import CHALLENGE_LIFE, CardPurpose
from portal.domain.certificate import CardProfile, CardRefusal, PresentedCertificate
from portal.domain.system_rules import CardRule
from portal.proofs.card.challenge import Challenge, _written, make_challenge, read_challenge
from portal.proofs.card.gate import LARGEST
from portal.usecases.card.prove_card import ask_card, read_card
from portal.usecases.operate.purge_leftovers import SPENT_KEPT, purge_leftovers
from tests.rig.acts import DESK, HWMS, acting, more_rows, row_counts
from tests.rig.authority import NOON, YEAR
from tests.rig.card_acts import BROWSER, NUMBER, asked, events, kept, later, sent, sign
from tests.rig.card_answers import pkcs7
from tests.rig.people import circumstance
from tests.rig.refusals import refusal_of
from tests.rig.threads import together

SIGN_IN, BIND, CHECK = CardPurpose.SIGN_IN, CardPurpose.BIND, CardPurpose.CHECK
MOMENT = timedelta(microseconds=1)
R = CardRefusal


def refused(signed, at, purpose=SIGN_IN, browser=BROWSER, system=HWMS):
    """The code; one event tells it, one sentence helps, and no row is added but the event and the counts."""
    before, told = row_counts(), len(events(EventType.CARD_REFUSED))
    refusal = refusal_of(read_card, system, purpose, signed, browser, at)
    assert refusal.sentence == R(refusal.code).trouble.value
    assert refusal.code not in refusal.sentence
    added = more_rows(before)
    assert added.pop("counter", 0) <= 1 + (refusal.code == "answer-other-content")
    assert added == {"audit_event": 1}
    event = events(EventType.CARD_REFUSED)[told]
    known = (
        {} if refusal.code == "challenge-malformed" else {"challenge": read_challenge(signed.challenge).nonce}
    )
    assert event.details == {"code": refusal.code, **known}, "what is known of the proof, and no more"
    assert (event.outcome, event.target) == ("refused", system.key)
    assert (event.address, event.at) == (at.address, at.now)
    return refusal.code


def test_what_is_asked(at):
    text = ask_card(HWMS, SIGN_IN, BROWSER, at)
    told, row = read_challenge(text), kept(text)
    assert (told.aud, told.op, told.account) == ("http://127.0.0.1:8000", "login", None)
    assert told.expires == int((NOON + timedelta(seconds=120)).timestamp())
    assert (row.text, row.purpose, row.system, row.used_at) == (text, SIGN_IN, "hwms", None)
    assert row.expires_at == NOON + CHALLENGE_LIFE
    assert row.session_hash == told.session == hashlib.sha256(b"card browser " + BROWSER.encode()).hexdigest()
    assert len(told.nonce) >= 43, "32 random bytes"
    assert ask_card(HWMS, SIGN_IN, BROWSER, at) != text


def test_a_challenge_for_binding_names_the_account(app, make_person):
    with app.app_context():
        fox = acting(app, make_person("fox"), NOON)
        text = ask_card(HWMS, BIND, BROWSER, fox)
        assert read_challenge(text).account == fox.actor.public_id
        assert kept(text).account_id == fox.actor.account_id


@pytest.mark.parametrize("bare", [False, True], ids=["pkcs7", "pkcs1"])
def test_an_answer_counts_once(at, card, bare):
    signed = asked(card, SIGN_IN, at, bare=bare)
    shown = read_card(HWMS, SIGN_IN, signed, BROWSER, at)
    assert (shown.holder.name, shown.holder.last_four) == ("王小明", "6789")
    assert shown.card_number == (None if bare else NUMBER)
    assert kept(signed.challenge).used_at == NOON
    assert refused(signed, at) == "challenge-spent"
    assert refused(sign(card, signed.challenge), at) == "challenge-spent", "signed anew"


def test_a_bare_answer_of_a_professional(at, tree):
    system = replace(HWMS, card=CardRule(("hca",)))
    signed = asked(tree.card(CardProfile.HCA), SIGN_IN, at, bare=True)
    assert read_card(system, SIGN_IN, signed, BROWSER, at).holder.profile is CardProfile.HCA


def test_eight_answers_at_once_and_one_counts(app, at, card):
    signed = asked(card, SIGN_IN, at)

    def answer(_):
        return read_card(HWMS, SIGN_IN, signed, BROWSER, circumstance(app, NOON))

    answers = together(app, answer, range(8))
    assert sum(isinstance(one, PresentedCertificate) for one in answers) == 1
    codes = [event.details["code"] for event in events(EventType.CARD_REFUSED)]
    assert codes == ["challenge-spent"] * 7


def test_two_minutes_and_no_longer(app, at, card):
    for after, code in ((CHALLENGE_LIFE, "challenge-expired"), (timedelta(days=1), "challenge-expired")):
        assert refused(asked(card, SIGN_IN, at), circumstance(app, NOON + after)) == code
    in_time = circumstance(app, NOON + CHALLENGE_LIFE - MOMENT)
    assert read_card(HWMS, SIGN_IN, asked(card, SIGN_IN, at), BROWSER, in_time)


def test_an_expired_one_is_used_up_too(app, at, card):
    signed = asked(card, SIGN_IN, at)
    assert refused(signed, circumstance(app, NOON + CHALLENGE_LIFE)) == "challenge-expired"
    assert refused(signed, at) == "challenge-spent"


def test_it_is_not_for_others_and_they_cannot_spoil_it(at, card):
    signed = asked(card, SIGN_IN, at)
    assert refused(signed, at, browser="another browser") == "challenge-other-session"
    assert refused(signed, at, browser="") == "challenge-other-session"
    assert refused(signed, at, purpose=CHECK) == "challenge-other-purpose"
    assert refused(signed, at, purpose=BIND) == "challenge-other-purpose"
    assert refused(signed, at, system=DESK) == "challenge-other-purpose"
    assert kept(signed.challenge).used_at is None
    assert read_card(HWMS, SIGN_IN, signed, BROWSER, at), "its own browser still can"


def test_it_belongs_to_the_account_that_asked(app, make_person, card):
    with app.app_context():
        fox, hare = (acting(app, make_person(name), NOON) for name in ("fox", "hare"))
        signed = asked(card, BIND, fox)
        assert refused(signed, hare, BIND) == "challenge-other-account"
        assert refused(signed, circumstance(app, NOON), BIND) == "challenge-other-account"
        assert kept(signed.challenge).used_at is None
        nobodys = asked(card, CHECK, circumstance(app, NOON))
        assert refused(nobodys, fox, CHECK) == "challenge-other-account"
        assert read_card(HWMS, BIND, signed, BROWSER, later(app, fox, NOON))


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "x",
        "TBS",
        "cardauth.v1.",
        "cardauth.v1.e30",
        "cardauth.v2.e30",
        "cardauth.v1." + "A" * 4000,
        "憑證",
    ],
)
def test_garbage_is_no_challenge(at, card, garbage):
    assert refused(sent(garbage, pkcs7(card, garbage.encode())), at) == "challenge-malformed"


def test_what_we_never_asked_is_no_challenge(at, card):
    own = read_challenge(ask_card(HWMS, SIGN_IN, BROWSER, at))
    invented = make_challenge(own.aud, "login", own.session, None, "n" * 43, NOON + CHALLENGE_LIFE)
    assert refused(sign(card, invented), at) == "challenge-malformed"


@pytest.mark.parametrize(
    "change",
    [
        {"expires": int(NOON.timestamp()) + 86400},
        {"op": "bind"},
        {"aud": "https://elsewhere.example"},
        {"account": "somebody"},
        {"session": "0" * 64},
    ],
)
def test_a_challenge_with_one_word_changed_is_not_ours(at, card, change):
    text = ask_card(HWMS, SIGN_IN, BROWSER, at)
    changed = _written(Challenge(**{**vars(read_challenge(text)), **change}))
    assert refused(sign(card, changed), at) == "challenge-malformed"
    assert kept(text).used_at is None


def test_the_signature_must_be_of_this_challenge(at, card):
    text, other = (ask_card(HWMS, SIGN_IN, BROWSER, at) for _ in range(2))
    crossed = replace(sign(card, other), challenge=text)
    assert refused(crossed, at) == "answer-other-content"
    assert refused(sign(card, text), at) == "challenge-spent", "used up before the signature is looked at"
    bare = replace(sign(card, text, bare=True), challenge=other)
    assert refused(bare, at) == "answer-signature"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"shape": "pkcs12"}, "answer-shape"),
        ({"shape": ""}, "answer-shape"),
        ({"signature": "A" * (LARGEST + 4)}, "answer-too-large"),
        ({"certificate": "A" * LARGEST}, "answer-too-large"),
        ({"signature": "not base64"}, "answer-not-base64"),
        ({"signature": "憑證"}, "answer-not-base64"),
        ({"signature": ""}, "answer-empty"),
        ({"signature": "MAAA"}, "answer-trailing-bytes"),
    ],
)
def test_what_is_no_answer_at_all_is_written_down_and_uses_the_challenge_up(at, card, changed, code):
    signed = asked(card, SIGN_IN, at)
    assert refused(replace(signed, **changed), at) == code
    assert kept(signed.challenge).used_at == NOON
    assert refused(signed, at) == "challenge-spent"


def test_a_card_that_signed_is_named_in_its_refusal(at, tree):
    """From the signature on the card is known, whatever its certificate is worth; the PIN's page is never told."""
    expired = tree.card(begin=NOON - 9 * YEAR)
    signed = asked(expired, SIGN_IN, at)
    assert refusal_of(read_card, HWMS, SIGN_IN, signed, BROWSER, at).code == "card-expired"
    fingerprint = hashlib.sha256(expired.der).hexdigest()
    nonce = read_challenge(signed.challenge).nonce
    (event,) = events(EventType.CARD_REFUSED)
    assert event.details == {"code": "card-expired", "challenge": nonce, "card": fingerprint}


def test_two_signatures_of_one_browser_do_not_disturb_each_other(at, card):
    first, second = asked(card, SIGN_IN, at), asked(card, CHECK, at)
    assert read_card(HWMS, CHECK, second, BROWSER, at)
    assert read_card(HWMS, SIGN_IN, first, BROWSER, at)


def test_old_challenges_are_dropped(at):
    text = ask_card(HWMS, SIGN_IN, BROWSER, at)
    assert purge_leftovers(NOON + CHALLENGE_LIFE + SPENT_KEPT) == 1, "the counter alone"
    assert kept(text)
    assert purge_leftovers(NOON + CHALLENGE_LIFE + SPENT_KEPT + MOMENT) == 1
