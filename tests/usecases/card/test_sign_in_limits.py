"""登入 with a card: many at once, too often, too late, and nowhere a PIN."""

from __future__ import annotations

import json
from datetime import timedelta

from sqlalchemy import MetaData, select

from portal.domain.audit import AuditEvent, EventType
from portal.domain.base import Base
from portal.domain.card_challenge import CardPurpose
from portal.domain.counter import CARD_FAILURES, CARD_FAILURES_BY_ACCOUNT, Counter, Limit
from portal.domain.login_session import LoginSession
from portal.proofs.card.demo_cards import citizen
from portal.store.accounts import locked
from portal.store.certificate_bindings import end_binding
from portal.store.database import read
from portal.usecases.card import prove_card
from portal.usecases.card import sign_in_with_card as module
from portal.usecases.card.prove_card import CLOSED, read_card
from portal.usecases.card.sign_in_with_card import sign_in_with_card
from portal.usecases.entry.sign_in import SignedIn, sign_in
from tests.rig.acts import HWMS, acting, row_counts
from tests.rig.authority import NOON
from tests.rig.card_acts import BROWSER, add, add_for, all_bindings, asked, enter, events, sign, turned_away
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
    limit = Limit("card-address", 4, timedelta(minutes=15))
    monkeypatch.setattr(prove_card, "CARD_FAILURES_BY_ADDRESS", limit)
    for _ in range(9):
        assert enter(card, at).token, "who gets in does not count"
    stranger = tree.card(text=citizen("陳小華", "1", "1111"), key=tree.keys[1])
    for _ in range(4):
        assert turned_away(stranger, at).code == "card-not-bound"
    refusal = refusal_of(sign_in_with_card, HWMS, sign(card, "never looked at"), BROWSER, at)
    assert (refusal.status, refusal.code, refusal.sentence) == (429, "card-closed", CLOSED)
    assert "密碼" not in refusal.sentence
    assert sign_in(HWMS, fox.name, fox.password, "", at).token, "passwords are counted by themselves"
    assert events(EventType.SIGN_IN_CLOSED)[-1].target == "hwms"
    assert len(events(EventType.CARD_REFUSED)) == 4
    assert enter(card, circumstance(app, NOON)).token, "elsewhere it is open"


def test_what_nobody_can_check_is_nobodys_failure(app, fox, card, at):
    add_for(app, fox, card)
    for _ in range(CARD_FAILURES.times + 2):
        stale = circumstance(app, NOON + timedelta(days=30))
        assert turned_away(card, stale).code == "status-crl-stale"
    assert not left_over()


def test_a_card_is_closed_by_its_own_failures_alone(app, fox, tree, card, at):
    add_for(app, fox, card)
    stranger = tree.card(text=citizen("陳小華", "1", "1111"), key=tree.keys[1])
    for _ in range(CARD_FAILURES.times):
        assert turned_away(stranger, at).code == "card-not-bound"
    signed = asked(stranger, SIGN_IN, at)
    assert refusal_of(sign_in_with_card, HWMS, signed, BROWSER, at).code == "card-closed"
    (event,) = events(EventType.SIGN_IN_CLOSED)
    assert event.details["card"] == events(EventType.CARD_REFUSED)[0].details["card"]
    shown = read_card(HWMS, CardPurpose.CHECK, asked(stranger, CardPurpose.CHECK, at), BROWSER, at)
    assert shown.holder.name == "陳小華", "讀卡環境檢測 opens nothing and closes nothing"
    assert enter(card, at).token
    after = circumstance(app, NOON + CARD_FAILURES.window)
    assert turned_away(stranger, after).code == "card-not-bound"


def test_an_account_that_tries_card_after_card_is_closed_for_a_while(app, at, fox, make_person, tree, card):
    add_for(app, fox, card)
    hare = acting(app, make_person("hare"), NOON)
    for _ in range(CARD_FAILURES_BY_ACCOUNT.times):
        assert refusal_of(add, card, hare).code == "card-bound-elsewhere"
    other = tree.card(text=citizen("陳小華", "1", "1111"), key=tree.keys[1])
    assert refusal_of(add, other, hare).code == "card-closed"
    assert add(other, acting(app, make_person("owl"), NOON))


def left_over() -> list[str]:
    """Counters of failures with cards."""
    return [one.key for one in read().scalars(select(Counter)) if one.key.startswith("card")]


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
