"""First card (manual 5): name and last digits name candidates, and only the mailed code opens an account."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.domain.account import Account, AccountState
from portal.domain.audit import EventType
from portal.domain.certificate import CardProfile
from portal.domain.one_time_token import TOKEN_LIFE, TokenPurpose
from portal.proofs.card.demo_cards import citizen
from portal.store.certificate_bindings import bindings_of
from portal.store.database import read, write
from portal.usecases.card.claim_card import NO_NUMBER
from portal.usecases.entry.sign_in import SignedIn, actor_of
from portal.usecases.operate.deliver_letters import waiting_letters
from tests.rig.acts import letters_to, more_rows, row_counts
from tests.rig.authority import DAY, NOON
from tests.rig.card_acts import BROWSER, all_bindings, events, presented, revoke
from tests.rig.card_holders import (
    HOLDER,
    LAST_FOUR,
    claim,
    enter_first,
    holder_of_card,
    newest_code,
    present,
    type_code,
)
from tests.rig.people import circumstance
from tests.rig.refusals import outcome
from tests.rig.smis import SMIS, smis_person

LIFE = TOKEN_LIFE[TokenPurpose.BIND_CARD]
MOMENT = timedelta(microseconds=1)


def test_a_first_card_opens_its_account_by_the_mailed_code(app, at, clover, card):
    claim_id = claim(card, at)
    assert all_bindings() == [], "nothing is bound before the code comes"
    before = row_counts()
    opened = type_code(claim_id, newest_code(clover.email, at), at)
    assert more_rows(before) == {
        "audit_event": 2, "certificate_binding": 1, "counter": 1, "login_session": 1, "outgoing_letter": 1,
    }  # fmt: skip
    assert actor_of(opened.token, at).name == clover.name
    (bound,) = all_bindings()
    assert (bound.account_id, bound.holder_name, bound.last_used_at) == (clover.row, HOLDER, NOON)
    kinds = [EventType.CARD_CLAIMED, EventType.CERTIFICATE_BOUND, EventType.SIGNED_IN]
    assert [events(kind)[-1].details["card"] for kind in kinds] == [bound.fingerprint] * 3
    assert letters_to(clover.email, "certificate-bound")
    again = present(card, circumstance(app, NOON + DAY))
    assert isinstance(again, SignedIn), "from now on without a code"


def test_the_code_stands_in_the_letter_and_nowhere_in_the_database(at, clover, card):
    claim(card, at)
    code = newest_code(clover.email, at)
    letter = letters_to(clover.email, "card-code")[-1]
    (read_one,) = [one for one in waiting_letters(at.settings) if one.public_id == letter.public_id]
    assert f"　　{code[:4]} {code[4:]}\n" in read_one.body
    assert code not in str(letter.context)
    assert clover.holder not in read_one.body, "repeats nothing that was typed"


def test_namesakes_with_the_same_digits_get_a_code_each(app, at, clover, tree, card):
    other = holder_of_card(app, "dahlia", nth=1)
    claim_id = claim(card, at)
    codes = [newest_code(person.email, at) for person in (clover, other)]
    assert codes[0] != codes[1]
    assert actor_of(type_code(claim_id, codes[1], at).token, at).name == other.name
    assert outcome(type_code, claim_id, codes[0], at).code == "claim-over", "one card, one account"


def test_a_strangers_card_with_the_same_name_and_digits_gets_nowhere(at, clover, tree):
    """It proves a name and four digits: the letter goes to the holder, the stranger learns nothing."""
    stranger = tree.card(text=citizen(HOLDER, "9999999999999999", LAST_FOUR), key=tree.keys[1])
    mailed = present(stranger, at)
    assert clover.name not in repr(mailed)
    assert clover.email not in repr(mailed)
    for guess in ("00000000", "12345678"):
        refusal = outcome(type_code, mailed.claim_id, guess, at)
        assert clover.name not in refusal.sentence
    assert all_bindings() == []


@pytest.mark.parametrize(
    "text", [citizen("王大明"), citizen(last_four="6780"), citizen("陳小華", "1", "1111")]
)
def test_a_card_that_does_not_fit_is_unknown(at, clover, tree, text):
    before = row_counts()
    refusal = outcome(present, tree.card(text=text), at)
    assert (refusal.code, refusal.sentence) == ("card-not-bound", SMIS.messages["unknown"])
    assert "one_time_token" not in more_rows(before)


def test_a_renewed_card_needs_the_code_too(app, at, clover, tree, card):
    enter_first(card, clover, at)
    renewed, later = tree.card(key=tree.keys[1], begin=NOON - DAY), circumstance(app, NOON + DAY)
    opened = enter_first(renewed, clover, later)
    assert actor_of(opened.token, later).name == clover.name
    assert len(bindings_of(read(), clover.row)) == 2, "added, not replaced"


def test_the_same_key_with_a_newer_certificate_takes_the_place(app, at, clover, tree, card):
    enter_first(card, clover, at)
    later = circumstance(app, NOON + DAY)
    assert enter_first(tree.card(), clover, later).token
    assert len(bindings_of(read(), clover.row)) == 1


def test_a_professionals_card_is_of_an_allowed_kind(app, at, tree):
    nurse = holder_of_card(app, "nurse", holder="林怡君", number="")
    refusal = outcome(present, tree.card(CardProfile.HCA), at)
    assert refusal.code == "card-not-bound", "other digits"
    assert outcome(present, tree.card(CardProfile.MOEACA), at).code == "card-kind"
    assert nurse.row


def test_a_card_without_digits_is_told_how_to_go_on(at, clover, monkeypatch):
    from portal.usecases.card import sign_in_with_card as module

    monkeypatch.setattr(module, "read_card", lambda *_: presented(last_four=None))
    refusal = outcome(module.sign_in_with_card, SMIS, None, BROWSER, at)
    assert (refusal.code, refusal.sentence) == ("card-no-number", NO_NUMBER)


def test_a_certificate_that_ends_before_the_code_comes(app, at, clover, tree):
    claim_id = claim(tree.card(begin=NOON - DAY, life=DAY + LIFE / 2), at)
    code = newest_code(clover.email, at)
    assert outcome(type_code, claim_id, code, circumstance(app, NOON + LIFE / 2)).code == "claim-over"


@pytest.mark.parametrize("on_hold", [False, True], ids=["revoked", "suspended"])
def test_a_card_that_is_taken_back_before_the_code_comes(app, at, clover, tree, card, on_hold):
    claim_id, code = claim(card, at), newest_code(clover.email, at)
    revoke(app, tree, card, on_hold)
    refusal = outcome(type_code, claim_id, code, at)
    assert (refusal.code, refusal.field) == ("card-suspended" if on_hold else "card-revoked", None)
    assert events(EventType.CARD_REFUSED)[-1].details["code"] == refusal.code
    assert outcome(type_code, claim_id, code, at).code == "claim-over"
    assert all_bindings() == []


def test_while_nobody_can_tell_the_claim_waits(app, at, clover, card):
    claim_id, code = claim(card, at), newest_code(clover.email, at)
    lists = at.settings.instance / "revocation"
    away = lists.rename(lists.with_name("away"))
    refusal = outcome(type_code, claim_id, code, at)
    assert (refusal.code, refusal.field) == ("status-crl-missing", "code")
    away.rename(lists)
    assert type_code(claim_id, code, at).token, "not even a try was counted"


def test_an_applicant_renamed_meanwhile(at, clover, card):
    claim_id, code = claim(card, at), newest_code(clover.email, at)
    with write() as session:
        session.get_one(Account, clover.row).holder_name = "王大明"
    assert outcome(type_code, claim_id, code, at).code == "claim-over"
    assert all_bindings() == []


def test_an_account_that_was_ended_meanwhile(at, clover, card):
    claim_id, code = claim(card, at), newest_code(clover.email, at)
    with write() as session:
        session.get_one(Account, clover.row).state = AccountState.ENDED
    assert outcome(type_code, claim_id, code, at).code == "claim-over"
    assert all_bindings() == []


def test_a_holder_suspended_meanwhile_keeps_the_card_and_is_told(at, clover, card):
    claim_id, code = claim(card, at), newest_code(clover.email, at)
    with write() as session:
        session.get_one(Account, clover.row).state = AccountState.SUSPENDED
    assert outcome(type_code, claim_id, code, at).code == "sign-in-suspended"
    assert len(all_bindings()) == 1


def test_the_name_alone_is_no_candidate(at, app, card):
    smis_person(app, "violet", holder=HOLDER, now=NOON)
    assert outcome(present, card, at).code == "card-not-bound"
