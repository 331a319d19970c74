"""憑證刪除: one's own, never the last way in; the card may be bound again afterwards."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete

from portal.domain.audit import EventType
from portal.domain.credential import PasswordCredential
from portal.domain.refusal import NotFound
from portal.proofs.card.demo_cards import citizen
from portal.store.database import read, write
from portal.usecases.card.bind_certificate import LAST_WAY_IN, own_certificates, unbind_certificate
from portal.usecases.entry.sign_in import actor_of
from tests.rig.acts import HWMS, acting, letters_to, more_rows, row_counts
from tests.rig.authority import DAY, NOON, YEAR
from tests.rig.card_acts import add, all_bindings, enter, events, later, revoke
from tests.rig.people import circumstance
from tests.rig.refusals import outcome, refusal_of
from tests.rig.threads import together


@pytest.fixture
def fox(app, make_person):
    """Somebody who has just signed in."""
    with app.app_context():
        yield acting(app, make_person("fox"), NOON)


@pytest.fixture
def hare(app, make_person):
    with app.app_context():
        yield acting(app, make_person("hare"), NOON)


def number(at, place=0) -> str:
    return own_certificates(at).certificates[place].public_id


def forget_password(at) -> None:
    with write() as session:
        session.execute(
            delete(PasswordCredential).where(PasswordCredential.account_id == at.actor.account_id)
        )


def test_a_card_is_removed_and_its_holder_told(app, fox, cards):
    add(cards[0], fox)
    public_id, before = number(fox), row_counts()
    unbind_certificate(HWMS, public_id, fox)
    added = more_rows(before)
    assert (added["audit_event"], added["outgoing_letter"]) == (1, 1)
    assert "certificate_binding" not in added, "the row stays, for the audit"
    event = events(EventType.CERTIFICATE_UNBOUND)[0]
    assert (event.actor, event.target) == ("hwms/fox", "hwms/fox")
    assert (event.details["binding"], event.details["reason"]) == (public_id, "own-act")
    letter = letters_to("fox@example.com", "certificate-unbound")[0]
    assert letter.context["account_name"] == "fox"
    assert own_certificates(fox).certificates == []
    assert refusal_of(enter, cards[0], circumstance(app, NOON)).code == "card-not-bound"


def test_it_is_removed_once(fox, cards):
    add(cards[0], fox)
    public_id = number(fox)
    unbind_certificate(HWMS, public_id, fox)
    before = row_counts()
    assert isinstance(refusal_of(unbind_certificate, HWMS, public_id, fox), NotFound)
    assert more_rows(before) == {}


def test_eight_removals_at_once_send_one_letter(app, fox, cards):
    for card in cards:
        add(card, fox)
    public_id = number(fox)
    answers = together(app, lambda _: unbind_certificate(HWMS, public_id, later(app, fox, NOON)), range(8))
    assert sorted(str(answer is None) for answer in answers) == ["False"] * 7 + ["True"]
    read().rollback()
    assert len(letters_to("fox@example.com", "certificate-unbound")) == 1


def test_it_can_be_bound_again_by_anybody(app, fox, hare, cards):
    add(cards[0], fox)
    unbind_certificate(HWMS, number(fox), fox)
    add(cards[0], hare)
    at = circumstance(app, NOON)
    assert actor_of(enter(cards[0], at).token, at).name == "hare"
    unbind_certificate(HWMS, number(hare), hare)
    add(cards[0], fox)
    assert [row.unbound_at for row in all_bindings()] == [NOON, NOON, None]


def test_somebody_elses_binding_does_not_exist(fox, hare, cards):
    add(cards[0], fox)
    add(cards[1], hare)
    before = row_counts()
    for wrong in (number(fox), "nothing", ""):
        assert isinstance(refusal_of(unbind_certificate, HWMS, wrong, hare), NotFound)
    assert more_rows(before) == {}
    assert [row.unbound_at for row in all_bindings()] == [None, None]


def test_the_last_way_in_stays(app, fox, cards):
    for card in cards:
        add(card, fox)
    forget_password(fox)
    unbind_certificate(HWMS, number(fox), fox)
    before = row_counts()
    refusal = refusal_of(unbind_certificate, HWMS, number(fox), fox)
    assert (refusal.sentence, refusal.status) == (LAST_WAY_IN, 409)
    assert more_rows(before) == {}
    assert enter(cards[1], circumstance(app, NOON)).token


def test_an_expired_card_is_no_way_in(app, fox, tree, cards):
    add(cards[0], fox)
    add(tree.card(text=citizen("陳小華", "1", "1111"), key=tree.keys[1], life=YEAR + DAY), fox)
    forget_password(fox)
    enter(cards[0], circumstance(app, NOON + DAY))
    opened = enter(cards[0], at := circumstance(app, NOON + DAY))
    tomorrow = circumstance(app, NOON + DAY, actor=actor_of(opened.token, at))
    good, expired = (one.public_id for one in own_certificates(tomorrow).certificates)
    assert refusal_of(unbind_certificate, HWMS, good, tomorrow).sentence == LAST_WAY_IN
    unbind_certificate(HWMS, expired, tomorrow)


@pytest.mark.parametrize("on_hold", [False, True], ids=["revoked", "suspended"])
def test_a_card_that_the_lists_name_is_no_way_in(app, fox, tree, cards, on_hold):
    for card in cards:
        add(card, fox)
    forget_password(fox)
    revoke(app, tree, cards[1], on_hold)
    good, bad = (one.public_id for one in own_certificates(fox).certificates)
    assert refusal_of(unbind_certificate, HWMS, good, fox).sentence == LAST_WAY_IN
    unbind_certificate(HWMS, bad, fox)


def test_two_at_once_leave_one_of_two(app, fox, cards):
    for card in cards:
        add(card, fox)
    forget_password(fox)
    both = [one.public_id for one in own_certificates(fox).certificates]
    answers = together(app, lambda one: unbind_certificate(HWMS, one, later(app, fox, NOON)), both * 2)
    assert len([answer for answer in answers if answer is None]) == 1
    assert len([row for row in all_bindings() if row.unbound_at is None]) == 1


def test_a_session_opened_by_a_card_may_change_cards_too(app, fox, cards):
    add(cards[0], fox)
    at = circumstance(app, NOON + timedelta(hours=1))
    by_card = circumstance(app, at.now, actor=actor_of(enter(cards[0], at).token, at))
    add(cards[1], by_card)
    unbind_certificate(HWMS, number(by_card), by_card)
    assert outcome(enter, cards[0], at).code == "card-not-bound"
    assert enter(cards[1], at).token
