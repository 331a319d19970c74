"""憑證綁定: adding a card, in time, once, and to one account; the holder is told, the number is sealed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from portal.domain.audit import EventType
from portal.domain.card_challenge import CardPurpose as Purpose
from portal.domain.certificate import CardRefusal, PresentedCertificate
from portal.domain.certificate_binding import CertificateBinding
from portal.domain.letter import OutgoingLetter
from portal.proofs.card.challenge import read_challenge
from portal.proofs.card.demo_cards import citizen
from portal.store.database import is_sqlite, read
from portal.store.sealed import blind_index, unseal
from portal.usecases.card.bind_certificate import (
    BOUND_ELSEWHERE,
    FRESH,
    bind_certificate,
    own_certificates,
    unbind_certificate,
)
from portal.usecases.entry.sign_in import actor_of
from tests.rig.acts import DESK, HWMS, acting, letters_to, more_rows, row_counts
from tests.rig.authority import NOON, REVOKED, YEAR
from tests.rig.card_acts import BROWSER, NUMBER, add, add_for, all_bindings, asked, enter, events, later
from tests.rig.people import circumstance
from tests.rig.refusals import refusal_of
from tests.rig.threads import together

MOMENT = timedelta(microseconds=1)


@pytest.fixture
def fox(app, make_person):
    """Somebody who has just signed in."""
    with app.app_context():
        yield acting(app, make_person("fox"), NOON)


@pytest.fixture
def hare(app, make_person):
    with app.app_context():
        yield acting(app, make_person("hare"), NOON)


def refused(card, at):
    """The refusal and its code; nothing is bound and nobody is written to."""
    signed = asked(card, Purpose.BIND, at)
    before, told = row_counts(), len(events(EventType.CARD_REFUSED))
    refusal = refusal_of(bind_certificate, HWMS, signed, BROWSER, at)
    added = more_rows(before)
    assert added.pop("counter", 0) <= 2
    assert added == {"audit_event": 1}
    return refusal, events(EventType.CARD_REFUSED)[told].details


def test_a_card_is_added_and_its_holder_told(fox, cards):
    signed = asked(cards[0], Purpose.BIND, fox)
    before = row_counts()
    shown = bind_certificate(HWMS, signed, BROWSER, fox)
    added = more_rows(before)
    assert (added["certificate_binding"], added["audit_event"], added["outgoing_letter"]) == (1, 1, 1)
    row = all_bindings()[0]
    assert (row.account_id, row.system, row.holder_name) == (fox.actor.account_id, "hwms", "王小明")
    assert (row.serial, row.spki_hash, row.fingerprint) == (shown.serial, shown.spki_hash, shown.fingerprint)
    assert (row.bound_at, row.last_used_at, row.unbound_at) == (NOON, None, None)
    assert row.not_after == NOON + 4 * YEAR
    event = events(EventType.CERTIFICATE_BOUND)[0]
    assert (event.actor, event.target, event.outcome) == ("hwms/fox", "hwms/fox", "ok")
    nonce = read_challenge(signed.challenge).nonce
    assert event.details == {"card": row.fingerprint, "holder": "王小明", "challenge": nonce}
    letter = letters_to("fox@example.com", "certificate-bound")[0]
    assert (letter.context["account_name"], letter.account_id) == ("fox", fox.actor.account_id)
    assert NUMBER not in str(letter.context)


def test_a_sign_in_is_fresh_for_a_quarter_of_an_hour(app, fox, cards):
    in_time, late = (later(app, fox, NOON + FRESH - less) for less in (MOMENT, 0 * MOMENT))
    assert (own_certificates(in_time).fresh, own_certificates(late).fresh) == (True, False)
    signed = asked(cards[0], Purpose.BIND, late)
    before = row_counts()
    refusal = refusal_of(bind_certificate, HWMS, signed, BROWSER, late)
    assert (refusal.status, "重新登入" in refusal.sentence) == (403, True)
    assert more_rows(before) == {}
    add(cards[0], in_time)
    public_id = own_certificates(late).certificates[0].public_id
    assert refusal_of(unbind_certificate, HWMS, public_id, late).status == 403
    assert all_bindings()[0].unbound_at is None


def test_an_account_may_hold_several(fox, cards):
    for card in cards:
        add(card, fox)
    listed = own_certificates(fox).certificates
    assert [one.holder_name for one in listed] == ["王小明", "陳小華"]
    assert len(letters_to("fox@example.com", "certificate-bound")) == 2


def test_the_list_is_as_the_manual_shows_it(app, fox, cards):
    add(cards[0], fox)
    enter(cards[0], circumstance(app, NOON + FRESH))
    own = own_certificates(later(app, fox, NOON + FRESH))
    assert (own.account.holder_name, own.account.email) == ("張小美", "fox@example.com")
    line = own.certificates[0]
    assert line.card_number == "AB••••••••••1234"
    assert (line.profile, line.last_used_at, line.not_after) == ("moica", NOON + FRESH, NOON + 4 * YEAR)
    assert not line.expired
    assert own_certificates(later(app, fox, line.not_after)).certificates[0].expired


def test_bound_twice_by_the_same_person(fox, cards):
    add(cards[0], fox)
    refusal, told = refused(cards[0], fox)
    assert (refusal.status, told["code"]) == (409, "card-bound-already")
    assert "已經在您的清單中" in refusal.sentence


def test_bound_elsewhere(fox, hare, cards):
    add(cards[0], fox)
    refusal, told = refused(cards[0], hare)
    assert (refusal.sentence, refusal.status) == (BOUND_ELSEWHERE, 409)
    del told["challenge"]
    assert told == {"code": "card-bound-elsewhere", "card": all_bindings()[0].fingerprint, "holder": "王小明"}
    assert "fox" not in refusal.sentence


def test_another_certificate_of_a_bound_key(fox, hare, cards, tree):
    add(cards[0], fox)
    twin = tree.card(text=citizen("陳小華", "9876543210987654", "1111"))
    for at, code in ((hare, "card-bound-elsewhere"), (fox, "card-bound-already")):
        assert refused(twin, at)[1]["code"] == code


def test_a_renewed_certificate_of_the_same_key_takes_the_place_of_the_old(fox, cards, tree):
    add(cards[0], fox)
    add(tree.card(), fox)
    old, new = all_bindings()
    assert (old.unbound_at, new.unbound_at) == (fox.now, None)
    (event,) = events(EventType.CERTIFICATE_UNBOUND)
    assert event.details == {
        "binding": old.public_id, "card": old.fingerprint, "holder": "王小明", "reason": "replaced",
    }  # fmt: skip
    letters = letters_to("fox@example.com", "certificate-bound")
    assert [letter.context["replaced"] for letter in letters] == [False, True]


def test_systems_have_bindings_of_their_own(app, fox, cards, make_desk):
    add(cards[0], fox)
    desk = acting(app, make_desk(), NOON)
    add(cards[0], desk, DESK)
    assert [row.system for row in all_bindings()] == ["hwms", "portal"]


def test_a_card_that_opens_nothing_is_not_bound(fox, tree):
    refusal, told = refused(tree.card(text=replace(citizen(), serial=REVOKED)), fox)
    assert (told["code"], len(told["card"])) == ("card-revoked", 64)
    assert refusal.sentence == CardRefusal.CARD_REVOKED.trouble.value


def test_a_signature_for_sign_in_binds_nothing(fox, cards):
    signed = asked(cards[0], Purpose.SIGN_IN, fox)
    refusal = refusal_of(bind_certificate, HWMS, signed, BROWSER, fox)
    assert refusal.code == "challenge-other-purpose"


def test_eight_binds_by_two_accounts_and_one_wins(app, fox, hare, cards):
    several = [(at, asked(cards[0], Purpose.BIND, at)) for at in (fox, hare) * 4]

    def bind(one):
        at, signed = one
        return bind_certificate(HWMS, signed, BROWSER, later(app, at, NOON))

    answers = together(app, bind, several)
    assert sum(isinstance(one, PresentedCertificate) for one in answers) == 1
    assert {one.status for one in answers if not isinstance(one, PresentedCertificate)} == {409}
    rows = all_bindings()
    assert len(rows) == 1
    codes = sorted(event.details["code"] for event in events(EventType.CARD_REFUSED))
    assert codes == ["card-bound-already"] * 3 + ["card-bound-elsewhere"] * 4
    letters = read().scalars(select(OutgoingLetter).where(OutgoingLetter.kind == "certificate-bound")).all()
    assert len(letters) == 1


def test_eight_binds_of_two_certificates_with_one_key(app, fox, hare, cards, tree):
    twin = tree.card(text=citizen("陳小華", "9876543210987654", "1111"))
    pairs = [(fox, cards[0]), (hare, twin)] * 4
    several = [(at, asked(card, Purpose.BIND, at)) for at, card in pairs]
    answers = together(
        app, lambda one: bind_certificate(HWMS, one[1], BROWSER, later(app, one[0], NOON)), several
    )
    assert sum(isinstance(one, PresentedCertificate) for one in answers) == 1
    assert len(all_bindings()) == 1


def test_the_card_number_is_nowhere_in_the_clear(app, fox, cards, tmp_path: Path):
    number = "KZ71828182845904"
    add(cards[0], fox, number=number)
    row = all_bindings()[0]
    key = fox.settings.key("personal-numbers")
    assert unseal(key, row.sealed_card_number) == number
    session = read()
    found = select(CertificateBinding).where(CertificateBinding.card_number_index == blind_index(key, number))
    assert session.scalars(found).one().id == row.id
    if is_sqlite(session):
        session.rollback()
        whole = b"".join(path.read_bytes() for path in tmp_path.glob("portal.sqlite3*"))
        assert row.fingerprint.encode() in whole, "this is where the row lies"
        assert number.encode() not in whole
        assert number[2:].encode() not in whole
    else:
        told = session.execute(text("SELECT row_to_json(b)::text FROM certificate_binding b")).scalar_one()
        assert row.fingerprint in told
        assert number not in told
        assert number.encode().hex() not in told


def test_a_card_that_tells_no_number(fox, cards):
    add(cards[0], fox, bare=True)
    row = all_bindings()[0]
    assert (row.sealed_card_number, row.card_number_index) == (None, None)
    assert own_certificates(fox).certificates[0].card_number == ""


def test_the_number_told_beside_decides_nothing(app, fox, hare, cards):
    add(cards[0], fox)
    add(cards[1], hare, number=NUMBER)
    at = circumstance(app, NOON)
    assert actor_of(enter(cards[0], at, number="ZZ99999999999999").token, at).name == "fox"
    assert actor_of(enter(cards[1], at).token, at).name == "hare"


def test_binding_again_leaves_what_was(app, make_person, fox, cards):
    add(cards[0], fox)
    assert add_for(app, make_person("wolf"), cards[1])
    assert [row.unbound_at for row in all_bindings()] == [None, None]
