"""更新申請權限 (manual 5 steps 8 to 12): what may be changed, and what comes of it when reviewers are at work too."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.domain.account import Account, AccountState
from portal.domain.application import ApplicationState, RequestState
from portal.domain.audit import EventType
from portal.domain.draft import DRAFT_LIFE, PROOF_LIFE
from portal.domain.offers import WantedPermission
from portal.store.applications import open_application
from portal.store.database import read, write
from portal.usecases.apply.keep_draft import find_draft, keep_draft, prove_draft
from portal.usecases.apply.update_application import (
    application_to_update,
    begin_update,
    update_application,
    withdraw_application,
)
from portal.usecases.suspend_account import suspend
from tests.rig.acts import letters_to, more_rows, row_counts
from tests.rig.card_acts import events, unbindings_told
from tests.rig.people import circumstance
from tests.rig.refusals import refusal_of
from tests.rig.smis import COVID, PPE, SMIS, SmisPerson, institution, smis_person
from tests.rig.smis_acts import asked, binding, changes, close, proved, read_again, requests_of, undecided_at

FLU = WantedPermission("influenza-antivirals", "viewer")
OTHER = "3501200002"


def test_only_the_holder_proved_by_card_gets_the_application(app: Flask) -> None:
    person, other = smis_person(app, "clover", "waiting"), smis_person(app, "daisy", "waiting")
    with app.app_context():
        draft = asked(app, person)
        assert (draft.account, draft.proved_account) == (person.row, None)
        wanted = changes(person, phone="0229609999")
        for act in (
            lambda: application_to_update(SMIS, draft, circumstance(app)),
            lambda: update_application(SMIS, draft, wanted, circumstance(app)),
            lambda: withdraw_application(SMIS, draft, circumstance(app)),
            lambda: prove_draft(SMIS, draft.id, other.row, circumstance(app)),
        ):
            assert refusal_of(act).status in (403, 410)
        prove_draft(SMIS, draft.id, person.row, circumstance(app))
        seen = application_to_update(SMIS, read_again(app, draft), circumstance(app))
        assert seen.application.public_id == person.application_id
        assert seen.asked[0].words == {"ppe": "承辦人(審核中)"}
        late = {"seconds": PROOF_LIFE.total_seconds()}
        assert read_again(app, draft, **late).proved_account is None
        with write() as session:
            assert find_draft(SMIS, draft.id, circumstance(app, circumstance(app).now + DRAFT_LIFE)) is None
            assert session.get_one(Account, person.row).state is AccountState.PENDING
        begin_update(SMIS, read_again(app, draft), circumstance(app))
        assert read_again(app, draft).proved_account is None, "asking anew needs a new proof"


@pytest.mark.parametrize("state", ["active", "suspended", "nobody"])
def test_where_nothing_waits_nothing_can_be_changed(app: Flask, state: str) -> None:
    person = smis_person(app, "clover", "active" if state == "nobody" else state)
    with app.app_context():
        number = "A123456789" if state == "nobody" else person.number
        draft = keep_draft(SMIS, "", circumstance(app), personal_number=number)
        before = row_counts()
        assert refusal_of(begin_update, SMIS, draft, circumstance(app)).status in (409, 410)
        assert more_rows(before) == {}


def test_everything_may_be_corrected_and_is_reviewed_as_one_new_version(app: Flask) -> None:
    person = smis_person(app, "clover", "waiting", wanted=(PPE, FLU))
    institution(app, OTHER, "仁愛診所")
    manager = WantedPermission("ppe", "manager")
    with app.app_context():
        draft = proved(app, person)
        units = {person.unit: (manager, COVID), OTHER: (FLU,)}
        wanted = changes(person, units, phone="0229609999", mobile="0912345678", email="other@example.com")
        done = update_application(SMIS, draft, wanted, circumstance(app))
        told = [(change.what, change.unit, change.permission) for change in done.requests]
        assert told == [
            ("withdrawn", "同泰診所", "influenza-antivirals"),
            ("changed", "同泰診所", "ppe"),
            ("added", "同泰診所", "emerging-infection-drugs"),
            ("added", "仁愛診所", "influenza-antivirals"),
        ]
        assert done.contact
        assert undecided_at(person) == {
            (person.unit, "ppe", "manager", ()),
            (person.unit, "emerging-infection-drugs", "manager", ("covid-19",)),
            (OTHER, "influenza-antivirals", "viewer", ()),
        }
        account = read().get_one(Account, person.row)
        assert (account.phone, account.email, account.contact) == (
            "0229609999",
            "other@example.com",
            {"mobile": "0912345678"},
        )
        application = open_application(read(), person.row)
        assert application is not None
        assert (application.version, application.state) == (2, ApplicationState.SUBMITTED)
        assert application.answers["email"] == "other@example.com"
        assert len(events(EventType.APPLICATION_UPDATED)) == 1
        for address in (person.email, "other@example.com"):
            assert len(letters_to(address, "contact-changed")) == 1
        before = row_counts()
        again = update_application(SMIS, draft, wanted, circumstance(app))
        assert (again.requests, again.contact) == ((), False), "the same form sent twice"
        assert more_rows(before) == {}
        same = changes(person, phone="0229609999", mobile="0912345678", email="other@example.com")
        assert refusal_of(update_application, SMIS, draft, same, circumstance(app)).code == "nothing-changed"


def test_another_unit_instead_becomes_the_unit_of_who_never_had_an_account(app: Flask) -> None:
    person = smis_person(app, "clover", "waiting")
    institution(app, OTHER, "仁愛診所")
    with app.app_context():
        wanted = changes(person, {OTHER: (PPE,), person.unit: ()})
        update_application(SMIS, proved(app, person), wanted, circumstance(app))
        account = read().get_one(Account, person.row)
        (request,) = [one for one in requests_of(person) if one.state is RequestState.REQUESTED]
        assert (account.unit_id, account.unit_path) == (request.unit_id, request.unit_path)


def test_what_was_returned_is_reviewed_again(app: Flask) -> None:
    person = smis_person(app, "clover", "returned", wanted=(PPE, FLU))
    with app.app_context():
        draft = proved(app, person)
        (line,) = application_to_update(SMIS, draft, circumstance(app)).asked
        assert line.words["ppe"] == "承辦人(退回補件：請補填分機。)"
        done = update_application(SMIS, draft, changes(person), circumstance(app))
        assert [change.what for change in done.requests] == ["sent-again", "sent-again"]
        for request in requests_of(person):
            facts = (request.state, request.reason, request.decided_at, request.decided_by_id)
            assert facts == (RequestState.REQUESTED, None, None, None)
        application = open_application(read(), person.row)
        assert application is not None
        assert application.state is ApplicationState.SUBMITTED


def test_a_suspended_account_waits_for_the_approval_of_what_its_holder_says(app: Flask) -> None:
    person = smis_person(app, "clover", "active")
    returning = smis_person_returns(app, person)
    with app.app_context():
        wanted = changes(returning, email="new@example.com", phone="0229609999")
        update_application(SMIS, proved(app, returning), wanted, circumstance(app))
        account = read().get_one(Account, person.row)
        assert (account.email, account.phone) == (person.email, "0229603456")
        assert letters_to("new@example.com", "contact-changed") == []
        withdraw_application(SMIS, proved(app, returning), circumstance(app))
        read().rollback()
        assert read().get_one(Account, person.row).state is AccountState.SUSPENDED
        assert open_application(read(), person.row) is None


def smis_person_returns(app: Flask, person: SmisPerson) -> SmisPerson:
    from portal.domain.account import SuspensionCause
    from portal.store.accounts import locked

    with app.app_context(), write() as session:
        suspend(session, SMIS, locked(session, person.row), SuspensionCause.DORMANT, circumstance(app))
    return smis_person(app, "clover", "waiting", number=person.number)


def test_taking_everything_back_is_an_act_of_its_own(app: Flask) -> None:
    person = smis_person(app, "clover", "waiting")
    with app.app_context():
        draft = proved(app, person)
        before = row_counts()
        refused = refusal_of(
            update_application, SMIS, draft, changes(person, {person.unit: ()}), circumstance(app)
        )
        assert "撤回申請" in refused.sentence
        assert more_rows(before) == {}
        assert undecided_at(person)
        with write() as session:
            session.add(binding(person, circumstance(app).now))
        case = withdraw_application(SMIS, draft, circumstance(app))
        read().rollback()
        assert read().get_one(Account, person.row).state is AccountState.ENDED
        assert {request.state for request in requests_of(person)} == {RequestState.WITHDRAWN}
        (event,) = events(EventType.APPLICATION_WITHDRAWN)
        assert event.target == case
        assert unbindings_told(person.email) == (1, 1)
        assert refusal_of(withdraw_application, SMIS, draft, circumstance(app)).code == "nothing-open"
    assert smis_person(app, "clover", "waiting", number=person.number).row != person.row


@pytest.mark.parametrize("state", ["waiting", "returned", "coming back"])
def test_what_waits_at_a_unit_that_has_closed_is_dropped_for_another_one(app: Flask, state: str) -> None:
    person = smis_person(app, "clover", "active" if state == "coming back" else state, wanted=(PPE, FLU))
    if state == "coming back":
        person = smis_person_returns(app, person)
    institution(app, OTHER, "仁愛診所")
    with app.app_context():
        close(app, person.unit)
        draft = proved(app, person)
        assert [line.closed for line in application_to_update(SMIS, draft, circumstance(app)).asked] == [True]
        refused = refusal_of(update_application, SMIS, draft, changes(person), circumstance(app))
        assert (refused.code, refused.field) == ("nothing-left", "unit")
        assert len(undecided_at(person)) > 0, "a refusal drops nothing"
        wanted = changes(person, {OTHER: (COVID,)})
        done = update_application(SMIS, draft, wanted, circumstance(app))
        told = [(change.what, change.unit) for change in done.requests]
        assert told[0] == ("added", "仁愛診所")
        assert set(told[1:]) == {("withdrawn", "同泰診所")}
        assert undecided_at(person) == {(OTHER, "emerging-infection-drugs", "manager", ("covid-19",))}
        assert update_application(SMIS, draft, wanted, circumstance(app)).requests == (), "sent twice"


@pytest.mark.parametrize(
    ("unit", "wanted", "field"),
    [
        ("", (PPE,), "unit"),
        ("EPB-65000", (PPE,), "unit"),
        ("closed", (PPE,), "unit"),
        (OTHER, (PPE, WantedPermission("ppe", "manager")), "permissions"),
        (OTHER, (WantedPermission("ppe", "boss"),), "permissions"),
        (OTHER, (WantedPermission("biological-protection", "viewer"),), "permissions"),
        (OTHER, (WantedPermission("emerging-infection-drugs", "viewer"),), "permissions"),
    ],
)
def test_what_a_unit_cannot_have_is_refused_and_nothing_is_lost(
    app: Flask, unit: str, wanted: tuple[WantedPermission, ...], field: str
) -> None:
    person = smis_person(app, "clover", "waiting")
    institution(app, OTHER, "仁愛診所")
    institution(app, "closed", "歇業診所", closed=True)
    with app.app_context():
        draft, before = proved(app, person), row_counts()
        refused = refusal_of(
            update_application, SMIS, draft, changes(person, {unit: wanted}), circumstance(app)
        )
        assert refused.field == field
        assert more_rows(before) == {}
        assert undecided_at(person) == {(person.unit, "ppe", "handler", ())}


def test_the_name_stays_that_of_the_card(app: Flask) -> None:
    person = smis_person(app, "clover", "waiting")
    with app.app_context():
        with write() as session:
            session.add(binding(person, circumstance(app).now))
        draft = proved(app, person)
        at = circumstance(app)
        refused = refusal_of(update_application, SMIS, draft, changes(person, name="陳大牛"), at)
        assert (refused.field, "林小苗" in refused.sentence) == ("name", True)
        update_application(SMIS, draft, changes(person, name=" 林小苗", phone="0229609999"), at)
