"""What approvals do to the account itself: its address, its unit, and where its letters go."""

from __future__ import annotations

import pytest

from portal.domain.account import AccountState
from portal.store.database import read
from portal.store.units import unit_by_code
from portal.usecases.apply.apply_for_account import apply_for_account
from portal.usecases.apply.update_application import update_application
from portal.usecases.own_account.change_contact import change_contact
from portal.usecases.review.decide_requests import decide_requests
from portal.usecases.review.review_requests import request_detail
from tests.rig.acts import letters_to
from tests.rig.people import circumstance
from tests.rig.reviewing import BACK, NO, WANTS, YES, account, application, decide
from tests.rig.smis import SMIS, institution, personal_number, smis_actor, smis_person, smis_submission
from tests.rig.smis_acts import ANSWERS, changes, proved

OTHER = "3501200002"


def decide_at(boss, person, *decisions) -> None:
    """One decision for each request, in the order they were asked; None leaves it alone."""
    case = application(person)
    pairs = zip(case.requests, decisions, strict=True)
    chosen = {request.public_id: decision for request, decision in pairs if decision}
    decide_requests(SMIS, case.public_id, chosen, case.version, boss)


@pytest.mark.parametrize("local", ["new", "FOX", "fox"])
def test_another_address_of_who_comes_back_is_told_to_both(app, boss, local):
    number = personal_number()
    fox = smis_person(app, "fox", "suspended", wanted=WANTS, number=number)
    with app.app_context():
        apply_for_account(SMIS, smis_submission(local, number=number), circumstance(app))
        assert letters_to(fox.email, "contact-changed") == []
        decide(fox, boss, ppe=YES)
        told = [fox.email, "new@example.com"] if local == "new" else []
        assert [len(letters_to(address, "contact-changed")) for address in told] == [1] * len(told)
        assert bool(letters_to(fox.email, "contact-changed")) is bool(told)


UNITS = {
    "the chosen one approved": ([YES, NO], 0),
    "the chosen one refused": ([NO, YES], 1),
    "both approved": ([YES, YES], 0),
    "the chosen one still waits": ([None, YES], 0),
    "the chosen one was returned": ([BACK, YES], 0),
}


@pytest.mark.parametrize("what", UNITS)
def test_the_unit_of_a_new_account_is_one_that_approved_it(app, boss, what):
    decisions, home = UNITS[what]
    fox = smis_person(app, "fox", "waiting", wanted=WANTS[:1])
    places = [fox.unit, institution(app, OTHER, "安康診所")]
    with app.app_context():
        update_application(SMIS, proved(app, fox), changes(fox, {OTHER: WANTS[:1]}), circumstance(app))
        decide_at(boss, fox, *decisions)
        mine, unit = account(fox), unit_by_code(read(), places[home])
        assert (mine.state, mine.unit_id, mine.unit_path) == (AccountState.ACTIVE, unit.id, unit.path)


def test_it_moves_when_the_chosen_one_is_refused_later(app, boss):
    fox = smis_person(app, "fox", "waiting", wanted=WANTS[:1])
    institution(app, OTHER, "安康診所")
    with app.app_context():
        update_application(SMIS, proved(app, fox), changes(fox, {OTHER: WANTS[:1]}), circumstance(app))
        decide_at(boss, fox, None, YES)
        decide_at(boss, fox, NO, None)
        assert account(fox).unit_id == unit_by_code(read(), OTHER).id


def test_who_comes_back_is_never_at_a_unit_that_refused_them(app, boss):
    number = personal_number()
    fox = smis_person(app, "fox", "suspended", wanted=WANTS[:1], number=number)
    first, second = institution(app, OTHER, "安康診所"), institution(app, "3501200003", "平安診所")
    with app.app_context():
        apply_for_account(
            SMIS, smis_submission("new", first, wanted=WANTS[:1], number=number), circumstance(app)
        )
        sent = changes(fox, {second: WANTS[:1]}, email="new@example.com")
        update_application(SMIS, proved(app, fox), sent, circumstance(app))
        decide_at(boss, fox, NO, YES)
        assert account(fox).unit_id == unit_by_code(read(), second).id


def test_once_in_use_letters_and_reviewers_follow_the_address_of_the_account(app, boss, fox):
    with app.app_context():
        decide(fox, boss, ppe=YES)
        sent = {**ANSWERS, "name": fox.holder, "email": "moved@example.com"}
        change_contact(SMIS, sent, smis_actor(app, fox))
        assert ("主要電子信箱", "moved@example.com") in request_detail(
            SMIS, application(fox).public_id, boss
        ).contact
        before = len(letters_to(fox.email))
        decide(fox, boss, antivenoms=NO)
        assert len(letters_to("moved@example.com", "requests-decided")) == 1
        assert len(letters_to(fox.email)) == before


def test_while_somebody_waits_to_come_back_reviewers_see_what_was_sent(app, boss):
    number = personal_number()
    smis_person(app, "fox", "suspended", wanted=WANTS, number=number)
    with app.app_context():
        sent = apply_for_account(SMIS, smis_submission("new", number=number), circumstance(app))
        assert ("主要電子信箱", "new@example.com") in request_detail(SMIS, sent, boss).contact
