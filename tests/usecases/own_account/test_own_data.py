"""個人資料維護: contact data, other permissions at one or several units, giving up, and leaving."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from portal.domain.account import Account, AccountState, SuspensionCause
from portal.domain.audit import EventType
from portal.domain.offers import WantedPermission
from portal.domain.refusal import Overtaken
from portal.store.applications import open_application
from portal.store.database import read, write
from portal.store.grants import grants_of
from portal.store.units import unit_by_code
from portal.usecases.own_account.ask_for_permissions import ask_for_permissions
from portal.usecases.own_account.change_contact import change_contact
from portal.usecases.own_account.end_own_account import end_own_account
from portal.usecases.own_account.give_up_permissions import give_up_permissions
from portal.usecases.own_account.show_own_data import own_data
from tests.rig.acts import letters_to, more_rows, row_counts
from tests.rig.card_acts import events, later, unbindings_told
from tests.rig.refusals import outcome, refusal_of
from tests.rig.smis import BUREAU, CENTRAL, PPE, SMIS, smis_actor, smis_person
from tests.rig.smis_acts import ANSWERS, binding, requests_of, undecided_at
from tests.rig.threads import together

OTHER = "3501200002"
FLU = WantedPermission("influenza-antivirals", "viewer")
MANAGER = WantedPermission("ppe", "manager")
STALE = timedelta(minutes=15)


def state_of(app: Flask, row: int) -> Account:
    read().rollback()
    return read().get_one(Account, row, populate_existing=True)


def test_contact_data_are_corrected_and_the_name_is_not(app: Flask) -> None:
    person = smis_person(app, "clover")
    with app.app_context():
        at = smis_actor(app, person)
        sent = {**ANSWERS, "name": "別人", "email": person.email, "mobile": "0912345678"}
        done = change_contact(SMIS, sent, later(app, at, at.now + STALE))
        assert (done.changed, done.new_address) == (True, False)
        account = state_of(app, person.row)
        assert (account.holder_name, account.contact) == ("林小苗", {"mobile": "0912345678"})
        (event,) = events(EventType.CONTACT_CHANGED)
        assert (event.details["fields"], "0912345678" in str(event.details)) == (["mobile"], False)
        before = row_counts()
        assert not change_contact(SMIS, sent, at).changed
        assert more_rows(before) == {}
        change_contact(SMIS, {**ANSWERS, "email": person.email}, at)
        assert state_of(app, person.row).contact == {}, "an answer taken away is gone"


def test_another_address_needs_a_fresh_sign_in_and_both_are_told(app: Flask) -> None:
    person = smis_person(app, "clover")
    with app.app_context():
        at, sent = smis_actor(app, person), {**ANSWERS, "email": "new@example.com"}
        before = row_counts()
        refused = refusal_of(change_contact, SMIS, sent, later(app, at, at.now + STALE))
        assert (refused.field, refused.status) == ("email", 403)
        assert more_rows(before) == {}
        assert change_contact(SMIS, sent, later(app, at, at.now + STALE / 2)).new_address
        account = state_of(app, person.row)
        assert (account.email, account.email_key) == ("new@example.com",) * 2
        for address in (person.email, "new@example.com"):
            assert len(letters_to(address, "contact-changed")) == 1
        other_case = {**ANSWERS, "email": "New@example.com"}
        assert not change_contact(SMIS, other_case, later(app, at, at.now + STALE)).new_address


def test_a_manager_who_gives_up_hands_requests_to_the_unit_above(app: Flask) -> None:
    boss = smis_person(app, "boss", unit=CENTRAL, wanted=(MANAGER,), holder="陳中央")
    manager = smis_person(app, "manager", unit=BUREAU, wanted=(MANAGER, FLU), holder="王衛生")
    applicant = smis_person(app, "clover", "waiting")
    with app.app_context():
        bureau, central = unit_by_code(read(), BUREAU), unit_by_code(read(), CENTRAL)
        assert bureau is not None
        assert central is not None
        (request,) = requests_of(applicant)
        assert request.review_path == bureau.path
        at = smis_actor(app, manager)
        assert [grant.last_manager for grant in own_data(SMIS, at).grants].count(True) == 1
        done = give_up_permissions(SMIS, {(BUREAU, "ppe")}, at)
        assert (done.count, done.suspended, done.unmanaged) == (1, False, ((bureau.name, "ppe"),))
        (request,) = requests_of(applicant)
        assert request.review_path == central.path
        with pytest.raises(Overtaken):
            give_up_permissions(SMIS, {(BUREAU, "ppe")}, at)
        assert state_of(app, boss.row).state is AccountState.ACTIVE
        last = give_up_permissions(SMIS, {(BUREAU, "influenza-antivirals")}, at)
        assert last.suspended
        account = state_of(app, manager.row)
        assert (account.state, account.suspended_because) == (
            AccountState.SUSPENDED,
            SuspensionCause.GIVEN_UP,
        )
        assert len(events(EventType.PERMISSIONS_GIVEN_UP)) == 2
        assert len(letters_to(manager.email, "account-suspended")) == 1
        assert grants_of(read(), manager.row) == []
        for act in (change_contact, give_up_permissions):
            assert isinstance(outcome(act, SMIS, {"x": "y"}, at), Overtaken)


def test_leaving_ends_everything_and_one_may_come_anew(app: Flask) -> None:
    person = smis_person(app, "clover", unit=BUREAU, wanted=(MANAGER,))
    waiting = smis_person(app, "daisy", "waiting")
    with app.app_context():
        at = smis_actor(app, person)
        with write() as session:
            session.add(binding(person, at.now))
        ask_for_permissions(SMIS, BUREAU, (MANAGER, FLU), "", at)
        before = row_counts()
        assert refusal_of(end_own_account, SMIS, later(app, at, at.now + STALE)).status == 403
        assert more_rows(before) == {}
        assert end_own_account(SMIS, at) == person.name
        assert state_of(app, person.row).state is AccountState.ENDED
        assert grants_of(read(), person.row) == []
        assert open_application(read(), person.row) is None
        assert undecided_at(person) == set()
        (request,) = requests_of(waiting)
        assert request.review_path == "", "nobody manages the category any more"
        assert len(letters_to(person.email, "account-ended-by-holder")) == 1
        assert unbindings_told(person.email) == (1, 1)
        with pytest.raises(Overtaken):
            end_own_account(SMIS, at)
    assert smis_person(app, "clover", number=person.number).row != person.row


def test_giving_up_everything_twice_at_once_happens_once(app: Flask) -> None:
    person = smis_person(app, "clover", wanted=(PPE, FLU))
    with app.app_context():
        at = smis_actor(app, person)
    chosen = {(person.unit, "ppe"), (person.unit, "influenza-antivirals")}
    answers = together(app, lambda _: give_up_permissions(SMIS, chosen, at), range(4))
    assert sorted(isinstance(answer, Overtaken) for answer in answers) == [False, True, True, True]
    with app.app_context():
        assert len(events(EventType.ACCOUNT_SUSPENDED)) == 1
