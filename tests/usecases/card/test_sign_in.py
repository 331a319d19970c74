"""登入 with a card: the bound certificate opens its account, and nothing else does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from portal.domain.account import Account, AccountState
from portal.domain.audit import EventType
from portal.domain.card_challenge import CardPurpose
from portal.domain.certificate import CardProfile, CardTrouble
from portal.domain.system_rules import CardRule
from portal.proofs.card.challenge import read_challenge
from portal.proofs.card.demo_cards import citizen, company
from portal.store.accounts import change_state, locked
from portal.store.certificate_bindings import bindings_of
from portal.store.database import read, write
from portal.usecases.card.sign_in_with_card import NOT_BOUND, RENEWED, sign_in_with_card
from portal.usecases.entry.sign_in import actor_of
from portal.usecases.review.decide_account import delete_account
from tests.rig.acts import DESK, HWMS, acting, more_rows, row_counts
from tests.rig.authority import DAY, NOON, REVOKED, SUSPENDED, YEAR
from tests.rig.card_acts import (
    BROWSER,
    add,
    add_for,
    all_bindings,
    asked,
    enter,
    events,
    turned_away,
    unbindings_told,
)
from tests.rig.people import circumstance

SIGN_IN = CardPurpose.SIGN_IN


def bring_to(state: AccountState) -> None:
    with write() as session:
        account = session.scalars(select(Account).where(Account.name == "fox")).one()
        assert change_state(session, locked(session, account.id), state)


@pytest.mark.parametrize("bare", [False, True], ids=["pkcs7", "pkcs1"])
def test_a_bound_card_opens_a_real_session(app, fox, card, at, bare):
    add_for(app, fox, card)
    signed = asked(card, SIGN_IN, at, bare=bare)
    before = row_counts()
    opened = sign_in_with_card(HWMS, signed, BROWSER, at)
    assert more_rows(before) == {"login_session": 1, "audit_event": 1}
    actor = actor_of(opened.token, at)
    assert (actor.system, actor.name, actor.session_started_at) == ("hwms", "fox", NOON)
    assert not opened.reviews
    event = events(EventType.SIGNED_IN)[-1]
    fingerprint = all_bindings()[0].fingerprint
    assert (event.actor, event.target, event.address) == ("hwms/fox", "hwms/fox", at.address)
    nonce = read_challenge(signed.challenge).nonce
    assert event.details == {"holder": "王小明", "card": fingerprint, "challenge": nonce}
    assert all_bindings()[0].last_used_at == NOON
    assert read().scalars(select(Account)).one().last_sign_in_at == NOON


def test_a_card_nobody_bound(fox, card, at):
    refusal = turned_away(card, at)
    assert refusal.code == "card-not-bound"
    assert refusal.sentence == HWMS.messages.get("unknown", NOT_BOUND)
    fingerprint = events(EventType.CARD_REFUSED)[-1].details["card"]
    assert len(fingerprint) == 64


def test_a_card_opens_the_account_of_its_system_only(app, fox, card, at):
    add_for(app, fox, card)
    assert turned_away(card, at, DESK).code == "card-not-bound"


def test_a_suspended_account_is_closed_and_its_binding_kept(app, fox, card, at):
    add_for(app, fox, card)
    bring_to(AccountState.SUSPENDED)
    assert turned_away(card, at).code == "sign-in-suspended"
    bring_to(AccountState.ACTIVE)
    assert enter(card, at).token


def test_a_pending_account_says_what_is_missing(app, make_person, fox, card, at):
    add_for(app, fox, card)
    make_person("hare", state="proved")
    with write() as session:
        hare = session.scalars(select(Account).where(Account.name == "hare")).one()
        bindings_of(session, locked(session, 1).id)[0].account_id = hare.id
    refusal = turned_away(card, at)
    assert refusal.code == "sign-in-pending"
    assert "機關管理員啟用" in refusal.sentence


def test_an_ended_account_lets_go_of_its_card(app, make_person, fox, card, at):
    add_for(app, fox, card)
    boss = acting(app, make_person("boss", kind="unit-administrator"), NOON)
    assert delete_account(HWMS, fox.account_id, "離職", boss).done
    assert unbindings_told(fox.email) == (1, 1)
    refusal = turned_away(card, at)
    assert (refusal.code, "密碼不正確" in refusal.sentence) == ("card-not-bound", False)
    add_for(app, make_person("fox.again"), card)
    assert actor_of(enter(card, at).token, at).name == "fox.again"


def test_a_renewed_certificate_is_a_candidate_and_no_more(app, fox, tree, card, at):
    holder = add_for(app, fox, card)
    renewed = tree.card(key=tree.keys[1], begin=NOON - DAY)
    refusal = turned_away(renewed, at)
    assert (refusal.code, refusal.sentence) == ("card-renewed", RENEWED)
    add(renewed, holder)
    assert len(bindings_of(read(), holder.actor.account_id)) == 2, "added, not replaced"
    for one in (card, renewed):
        assert actor_of(enter(one, at).token, at).name == "fox"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (citizen(serial="9999999999999999"), "card-not-bound"),
        (citizen(name="王大明"), "card-not-bound"),
        (citizen(last_four="0000"), "card-not-bound"),
        (citizen(), "card-renewed"),
    ],
)
def test_name_and_last_four_identify_nobody(app, fox, tree, card, at, text, code):
    add_for(app, fox, card)
    assert turned_away(tree.card(text=text, key=tree.keys[1]), at).code == code


def test_even_the_same_key_with_another_certificate_opens_nothing(app, fox, tree, card, at):
    add_for(app, fox, card)
    assert turned_away(tree.card(), at).code == "card-renewed"
    assert turned_away(tree.card(text=citizen("陳小華", "1", "1111")), at).code == "card-not-bound"


def test_only_the_kinds_that_the_system_accepts(app, fox, tree, at):
    for profile in (CardProfile.MOEACA, CardProfile.HCA):
        refusal = turned_away(tree.card(profile), at)
        assert (refusal.code, refusal.sentence) == ("card-kind", CardTrouble.WRONG_KIND.value)
    health = replace(HWMS, card=CardRule(("hca",)))
    add(tree.card(CardProfile.HCA, key=tree.keys[1]), acting(app, fox, NOON), health, bare=True)
    assert turned_away(tree.card(), at, health).code == "card-kind"


def test_two_cards_of_a_company_are_two_certificates(app, fox, tree, at):
    vendor = replace(HWMS, card=CardRule(("moeaca",)))
    primary = tree.card(CardProfile.MOEACA)
    add(primary, acting(app, fox, NOON), vendor)
    secondary = tree.card(CardProfile.MOEACA, company(rank="secondary"), key=tree.keys[1])
    assert turned_away(secondary, at, vendor).code in {"card-not-bound", "card-renewed"}
    assert enter(primary, at, vendor).token


@pytest.mark.parametrize(
    ("how", "code", "trouble"),
    [
        ({"text": replace(citizen(), serial=REVOKED)}, "card-revoked", CardTrouble.REVOKED),
        ({"text": replace(citizen(), serial=SUSPENDED)}, "card-suspended", CardTrouble.SUSPENDED),
        ({"begin": NOON - 6 * YEAR}, "card-expired", CardTrouble.EXPIRED),
        ({"begin": NOON + DAY}, "card-not-yet-valid", CardTrouble.NOT_YET_VALID),
    ],
)
def test_a_card_that_is_not_good_today(fox, tree, at, how, code, trouble):
    refusal = turned_away(tree.card(**how), at)
    assert (refusal.code, refusal.sentence) == (code, trouble.value)


def test_a_bound_card_is_looked_at_every_time(app, fox, tree, at):
    card = tree.card(life=YEAR + DAY)
    add_for(app, fox, card)
    assert enter(card, circumstance(app, NOON + DAY)).token
    assert turned_away(card, circumstance(app, NOON + 2 * DAY)).code == "card-expired"
    assert turned_away(card, circumstance(app, NOON + 10 * DAY)).code == "card-expired"
    assert all_bindings()[0].unbound_at is None


def test_when_nobody_can_tell_the_status_the_card_is_refused(app, fox, card, at):
    add_for(app, fox, card)
    refusal = turned_away(card, circumstance(app, NOON + 30 * DAY))
    assert refusal.code == "status-crl-stale"
    assert refusal.sentence == CardTrouble.UNCHECKED.value
    assert "其他方式" not in refusal.sentence, "some systems have none"
