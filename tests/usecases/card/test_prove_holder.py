"""身分驗證 before an application is changed (manual 5 step 11): the applicant's own card, and no other."""

from __future__ import annotations

import pytest

from portal.domain.account import Account
from portal.domain.audit import EventType
from portal.domain.certificate import CardProfile
from portal.proofs.card.demo_cards import citizen
from portal.store.applications import open_application
from portal.store.database import write
from portal.usecases.card.claim_card import confirm_claim
from portal.usecases.card.prove_holder import OTHER_PERSON, ProvedHolder
from tests.rig.acts import letters_to
from tests.rig.card_acts import BROWSER, all_bindings, events
from tests.rig.card_holders import (
    HOLDER,
    holder_of_card,
    newest_code,
    present,
    prove,
    type_code,
)
from tests.rig.refusals import outcome
from tests.rig.smis import SMIS


def bind_first(card, person, at):
    claim_id = prove(card, person, at)
    return confirm_claim(SMIS, claim_id, newest_code(person.email, at), BROWSER, at)


@pytest.mark.parametrize("state", ["waiting", "returned", "suspended", "active"])
def test_a_first_card_is_bound_by_the_code_and_proves_from_then_on(app, at, card, state):
    clover = holder_of_card(app, state=state)
    assert bind_first(card, clover, at).id == clover.row
    (bound,) = all_bindings()
    assert prove(card, clover, at) == ProvedHolder(clover.row, HOLDER, bound.fingerprint)
    assert events(EventType.HOLDER_PROVED)[-1].target == f"smis/{clover.name}"


def test_a_claim_of_an_applicant_opens_no_session(app, at, card):
    clover = holder_of_card(app, state="waiting")
    claim_id = prove(card, clover, at)
    refusal = outcome(type_code, claim_id, newest_code(clover.email, at), at)
    assert (refusal.code, refusal.sentence) == ("card-waiting", SMIS.messages["unknown"])
    assert all_bindings()[0].account_id == clover.row
    assert outcome(present, card, at).code == "card-waiting", "known by its binding now"


def test_the_code_goes_to_the_address_of_the_application(app, at, card):
    clover = holder_of_card(app, state="waiting")
    with write() as session:
        application = open_application(session, clover.row)
        application.answers = {**application.answers, "email": "new.address@example.com"}
    prove(card, clover, at)
    assert letters_to("new.address@example.com", "card-code")
    assert not letters_to(clover.email, "card-code")


@pytest.mark.parametrize("text", [citizen("王大明"), citizen(last_four="6780")])
def test_another_persons_card(app, tree, at, text):
    clover = holder_of_card(app, state="waiting")
    refusal = outcome(prove, tree.card(text=text), clover, at)
    assert (refusal.sentence, refusal.code) == (OTHER_PERSON, "card-other-person")
    event = events(EventType.CARD_REFUSED)[-1]
    assert (event.target, event.details["code"]) == (f"smis/{clover.name}", "card-other-person")
    assert not letters_to(clover.email, "card-code")


def test_a_card_that_is_bound_elsewhere(app, at, card):
    """A namesake with the same digits: the card is known to be the other one's."""
    clover, other = holder_of_card(app), holder_of_card(app, "dahlia", state="waiting", nth=1)
    claim_id = prove(card, clover, at)
    confirm_claim(SMIS, claim_id, newest_code(clover.email, at), BROWSER, at)
    refusal = outcome(prove, card, other, at)
    assert (refusal.sentence, refusal.code) == (OTHER_PERSON, "card-bound-elsewhere")


def test_an_institutions_and_a_companys_card_are_of_another_kind(app, tree, at):
    clover = holder_of_card(app, state="waiting")
    assert outcome(prove, tree.card(CardProfile.MOEACA), clover, at).code == "card-kind"


def test_an_account_that_has_ended_is_nobodys(app, at, card):
    from portal.domain.account import AccountState

    clover = holder_of_card(app, state="waiting")
    with write() as session:
        session.get_one(Account, clover.row).state = AccountState.ENDED
    assert outcome(prove, card, clover, at).sentence == OTHER_PERSON


def test_a_signature_for_signing_in_proves_nobody_here(app, at, card):
    from portal.domain.card_challenge import CardPurpose
    from portal.usecases.card.prove_holder import prove_holder
    from tests.rig.card_acts import asked

    clover = holder_of_card(app, state="waiting")
    signed = asked(card, CardPurpose.SIGN_IN, at, BROWSER, SMIS)
    assert outcome(prove_holder, SMIS, clover.row, signed, BROWSER, at).code == "challenge-other-purpose"
