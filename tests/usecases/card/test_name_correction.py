"""更正姓名: a name that was typed wrong keeps its holder's card out, until a reviewer puts it right."""

from __future__ import annotations

import pytest

from portal.domain.application import ApplicationState
from portal.domain.audit import EventType
from portal.domain.offers import WantedPermission
from portal.domain.refusal import NotFound
from portal.store.applications import open_application
from portal.store.database import read
from portal.usecases.apply.apply_for_account import apply_for_account
from portal.usecases.card.prove_holder import OTHER_PERSON
from portal.usecases.review.correct_name import correct_name
from portal.usecases.review.decide_requests import EDITED
from tests.rig.acts import acting, letters_to, more_rows, row_counts
from tests.rig.authority import NOON
from tests.rig.card_acts import events
from tests.rig.card_holders import HOLDER, enter_first, holder_of_card, number_ending, present, prove
from tests.rig.people import circumstance, invite
from tests.rig.refusals import outcome
from tests.rig.reviewing import YES, account, decide
from tests.rig.smis import BUREAU, SMIS, smis_actor, smis_person, smis_submission

TYPED = "王小名"
WHY = "申請人來電，姓名誤植"


@pytest.fixture
def boss(app):
    """The bureau's manager of what the usual applicant asks for, and how they act."""
    managed = (WantedPermission("ppe", "manager"),)
    return smis_actor(
        app, smis_person(app, "boss", unit=BUREAU, wanted=managed, holder="林主任", now=NOON), NOON
    )


@pytest.mark.parametrize("state", ["waiting", "returned"])
def test_whoever_waits_gets_in_to_change_the_application(app, at, boss, card, state):
    clover = holder_of_card(app, state=state, holder=TYPED)
    refusal = outcome(prove, card, clover, at)
    assert refusal.sentence == OTHER_PERSON
    assert "更正姓名" in refusal.sentence, "it says the way out"
    before = row_counts()
    assert HOLDER in correct_name(SMIS, clover.account_id, f" {HOLDER}　", WHY, boss)
    assert more_rows(before) == {"audit_event": 1, "outgoing_letter": 1}
    application = open_application(read(), clover.row)
    assert (account(clover).holder_name, application.answers["name"]) == (HOLDER, HOLDER)
    assert application.state is ApplicationState(state if state == "returned" else "submitted")
    (event,) = events(EventType.NAME_CORRECTED)
    assert (event.actor, event.target, event.details) == (
        "smis/boss", "smis/clover", {"reason": WHY, "before": TYPED, "after": HOLDER},
    )  # fmt: skip
    assert letters_to(clover.email, "name-corrected")
    assert isinstance(prove(card, clover, at), str), "the code is mailed now"


def test_whoever_was_approved_gets_in(app, at, boss, card):
    clover = holder_of_card(app, holder=TYPED)
    assert outcome(present, card, at).code == "card-not-bound"
    correct_name(SMIS, clover.account_id, HOLDER, WHY, boss)
    assert enter_first(card, clover, at).token


def test_a_decision_on_the_old_name_is_told(app, at, boss):
    clover = holder_of_card(app, state="waiting", holder=TYPED)
    version = open_application(read(), clover.row).version
    correct_name(SMIS, clover.account_id, HOLDER, WHY, boss)
    assert outcome(decide, clover, boss, version=version, ppe=YES).sentence == EDITED
    decide(clover, boss, ppe=YES)
    assert account(clover).holder_name == HOLDER


def test_a_suspended_account_keeps_its_name_until_an_approval(app, at, boss):
    """Who sent the application has shown nothing but a number."""
    clover = holder_of_card(app, state="suspended")
    sent = smis_submission("new", clover.unit, number=number_ending(), name=TYPED)
    apply_for_account(SMIS, sent, circumstance(app, NOON))
    correct_name(SMIS, clover.account_id, "王曉明", WHY, boss)
    assert account(clover).holder_name == HOLDER
    assert letters_to("new@example.com", "name-corrected")
    decide(clover, boss, ppe=YES)
    assert account(clover).holder_name == "王曉明"


def test_nobody_elses_and_not_ones_own(app, at, boss, make_person):
    away = smis_person(app, "away", "waiting", unit="HB-63000", now=NOON)
    ended = holder_of_card(app, state="suspended")
    for public_id in (away.account_id, ended.account_id, make_person("fox").account_id, "nobody"):
        assert isinstance(outcome(correct_name, SMIS, public_id, HOLDER, WHY, boss), NotFound)
    lower = smis_person(app, "lower", wanted=(WantedPermission("ppe", "manager"),), now=NOON)
    theirs = smis_actor(app, lower, NOON)
    assert isinstance(outcome(correct_name, SMIS, lower.account_id, HOLDER, WHY, theirs), NotFound)
    assert events(EventType.NAME_CORRECTED) == []


def test_the_service_desk_may_too(app, at):
    clover = holder_of_card(app, holder=TYPED)
    correct_name(SMIS, clover.account_id, HOLDER, WHY, acting(app, invite(app, "desk"), NOON))
    assert account(clover).holder_name == HOLDER


BAD = {
    "no name": ("", WHY, "name"),
    "no letters": ("123", WHY, "name"),
    "too long": ("長" * 51, WHY, "name"),
    "the same": (TYPED, WHY, "name"),
    "no reason": (HOLDER, " ", "reason"),
    "a reason too long": (HOLDER, "長" * 301, "reason"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_not_accepted(app, at, boss, what):
    name, reason, field = BAD[what]
    clover = holder_of_card(app, state="waiting", holder=TYPED)
    assert outcome(correct_name, SMIS, clover.account_id, name, reason, boss).field == field
    assert account(clover).holder_name == TYPED
