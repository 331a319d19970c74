"""Three answers at sign-in with a card (manual 5): never applied, waiting, suspended."""

from __future__ import annotations

import pytest

from portal.domain.account import Account
from portal.proofs.card.demo_cards import citizen
from portal.store.database import read
from portal.usecases.card.claim_card import confirm_claim
from portal.usecases.entry.sign_in import SignedIn
from tests.rig.card_acts import BROWSER
from tests.rig.card_holders import enter_first, holder_of_card, newest_code, number_ending, present, prove
from tests.rig.refusals import outcome
from tests.rig.smis import SMIS, smis_person


@pytest.fixture
def database_kind():
    """What is said; the statements behind it run on both databases in the tests of claims."""
    return "sqlite"


def bind_first(card, person, at):
    claim_id = prove(card, person, at)
    confirm_claim(SMIS, claim_id, newest_code(person.email, at), BROWSER, at)


def test_never_applied(at, card):
    refusal = outcome(present, card, at)
    assert (refusal.sentence, refusal.code) == ("登入失敗，員工檔無資料或帳號未啟用", "card-not-bound")


@pytest.mark.parametrize("bound", [False, True])
@pytest.mark.parametrize(("state", "code"), [("waiting", "card-waiting"), ("returned", "card-returned")])
def test_waiting_is_told_in_the_same_words(app, at, card, state, code, bound):
    clover = holder_of_card(app, state=state)
    if bound:
        bind_first(card, clover, at)
    refusal = outcome(present, card, at)
    assert (refusal.sentence, refusal.code) == ("登入失敗，員工檔無資料或帳號未啟用", code)


@pytest.mark.parametrize("bound", [False, True])
def test_suspended(app, at, card, bound):
    clover = holder_of_card(app, state="suspended")
    if bound:
        bind_first(card, clover, at)
    refusal = outcome(present, card, at)
    sentence = "您的帳號已停用，請點選「確定」重新申請帳號。"
    assert (refusal.sentence, refusal.code) == (sentence, "sign-in-suspended")
    holder_of_card(app, number=clover.number, state="waiting")
    refusal = outcome(present, card, at)
    assert (refusal.sentence, refusal.code) == (sentence, "suspended-waiting")
    assert read().get(Account, clover.row).state.value == "suspended"


def test_a_waiting_namesake_does_not_hide_who_is_in_use(app, at, card):
    holder_of_card(app, "dahlia", state="waiting", nth=1)
    clover = holder_of_card(app)
    assert isinstance(enter_first(card, clover, at), SignedIn)


def test_the_answer_to_a_waiting_person_is_for_their_card_alone(app, tree, at):
    holder_of_card(app, state="waiting")
    smis_person(app, "violet", state="waiting", number=number_ending("1111"))
    for text in (citizen("王大明"), citizen(last_four="1111"), citizen("林小苗")):
        assert outcome(present, tree.card(text=text), at).code == "card-not-bound"
