"""登入 with a card: many at once, too often, too late, and nowhere a PIN."""

from __future__ import annotations

import json
from datetime import timedelta

from sqlalchemy import MetaData, select

from portal.domain.audit import AuditEvent, EventType
from portal.domain.base import Base
from portal.domain.card_challenge import CardPurpose
from portal.domain.counter import Limit
from portal.domain.login_session import LoginSession
from portal.proofs.card.demo_cards import citizen
from portal.store.accounts import locked
from portal.store.certificate_bindings import end_binding
from portal.store.database import read
from portal.usecases.card import sign_in_with_card as module
from portal.usecases.card.sign_in_with_card import sign_in_with_card
from portal.usecases.entry.sign_in import CLOSED, SignedIn
from tests.rig.acts import HWMS, row_counts
from tests.rig.authority import NOON
from tests.rig.card_acts import BROWSER, add_for, all_bindings, asked, enter, events, sign, turned_away
from tests.rig.people import circumstance
from tests.rig.refusals import refusal_of
from tests.rig.threads import together

SIGN_IN = CardPurpose.SIGN_IN


def test_eight_sign_ins_with_one_signature_open_one_session(app, fox, card, at):
    add_for(app, fox, card)
    signed = asked(card, SIGN_IN, at)
    before = row_counts()["login_session"]
    answers = together(
        app, lambda _: sign_in_with_card(HWMS, signed, BROWSER, circumstance(app, NOON)), range(8)
    )
    assert sum(isinstance(one, SignedIn) for one in answers) == 1
    assert row_counts()["login_session"] == before + 1


def test_many_failures_from_one_network_close_it_to_cards_too(app, fox, tree, card, at, monkeypatch):
    add_for(app, fox, card)
    limit = Limit("sign-in-address", 4, timedelta(minutes=15))
    monkeypatch.setattr(module, "SIGN_IN_FAILURES_BY_ADDRESS", limit)
    for _ in range(9):
        assert enter(card, at).token, "who gets in does not count"
    stranger = tree.card(text=citizen("陳小華", "1", "1111"), key=tree.keys[1])
    for _ in range(4):
        assert turned_away(stranger, at).code == "card-not-bound"
    refusal = refusal_of(sign_in_with_card, HWMS, sign(card, "never looked at"), BROWSER, at)
    assert (refusal.status, refusal.code, refusal.sentence) == (429, "sign-in-closed", CLOSED)
    assert events(EventType.SIGN_IN_CLOSED)[-1].target == "hwms"
    assert len(events(EventType.CARD_REFUSED)) == 4
    assert enter(card, circumstance(app, NOON)).token, "elsewhere it is open"


def test_a_card_unbound_while_its_account_was_waited_for_opens_nothing(app, fox, card, at, monkeypatch):
    add_for(app, fox, card)

    def meanwhile(session, account_id):
        assert end_binding(session, account_id, all_of_it[0].public_id, NOON)
        return locked(session, account_id)

    all_of_it = all_bindings()
    monkeypatch.setattr(module, "locked", meanwhile)
    assert turned_away(card, at).code == "card-not-bound"
    assert len(read().scalars(select(LoginSession)).all()) == 1


def test_there_is_no_place_for_a_pin(app, fox, card, at):
    add_for(app, fox, card)
    enter(card, at)
    tables: MetaData = Base.metadata
    assert not [
        f"{t.name}.{c.name}" for t in tables.sorted_tables for c in t.columns if "pin" in c.name.split("_")
    ]
    told = json.dumps([event.details for event in read().scalars(select(AuditEvent))])
    assert '"pin' not in told.lower()
    assert "1234567890123456" not in told, "nor for the number of the subject"
