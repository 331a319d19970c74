"""Requests are decided each by itself: partly approved, returned, refused; two at once decide once."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.domain.account import Account, AccountState
from portal.domain.application import Application, ApplicationState, PermissionRequest, RequestState
from portal.domain.audit import AuditEvent, EventType
from portal.domain.offers import WantedPermission
from portal.domain.refusal import NotFound, Overtaken, Refusal
from portal.domain.review import Review
from portal.store.accounts import locked
from portal.store.applications import change_application, open_application
from portal.store.audit_events import broken_links
from portal.store.database import read, write
from portal.store.grants import grant_permissions, grants_of
from portal.store.request_lists import RequestFilter
from portal.store.units import unit_by_code
from portal.usecases.apply_for_account import apply_for_account
from portal.usecases.change_requests import change_requests, send_again
from portal.usecases.decide_requests import Decided, Decision, decide_requests
from portal.usecases.review_requests import list_requests, request_detail
from tests.rig.acts import letters_to, more_rows, row_counts
from tests.rig.people import circumstance
from tests.rig.refusals import outcome, refusal_of
from tests.rig.smis import (
    BUREAU,
    SMIS,
    institution,
    personal_number,
    smis_actor,
    smis_person,
    smis_submission,
)
from tests.rig.smis_requests import ask_for
from tests.rig.threads import together

YES, NO, BACK = (Decision(RequestState.APPROVED), Decision(RequestState.REFUSED, "本單位不需要"),
                 Decision(RequestState.RETURNED, "請補填分機"))  # fmt: skip
THREE = ("ppe", "antivenoms", "hiv-tb-drugs")
MANAGES = tuple(WantedPermission(key, "manager") for key in THREE)
WANTS = tuple(WantedPermission(key, "handler") for key in THREE)


@pytest.fixture
def boss(app):
    """The bureau's manager of three categories, and how they act."""
    return smis_actor(app, smis_person(app, "boss", unit=BUREAU, wanted=MANAGES, holder="林主任"))


@pytest.fixture
def fox(app):
    """Somebody of a clinic who asks for three categories."""
    return smis_person(app, "fox", "waiting", wanted=WANTS)


def application(person) -> Application:
    read().rollback()
    query = select(Application).where(Application.account_id == person.row).order_by(Application.id.desc())
    return read().scalars(query.execution_options(populate_existing=True)).first()


def requests(person) -> dict[str, PermissionRequest]:
    return {request.permission: request for request in application(person).requests}


def account(person) -> Account:
    read().rollback()
    return read().get_one(Account, person.row, populate_existing=True)


def held(person) -> set[tuple[str, str]]:
    read().rollback()
    return {(grant.permission, grant.role) for grant in grants_of(read(), person.row)}


def decide(person, at, version: int | None = None, **wanted: Decision) -> Decided:
    """Decide by permission (`hiv_tb_drugs` for hiv-tb-drugs)."""
    known, found = requests(person), application(person)
    chosen = {known[key.replace("_", "-")].public_id: decision for key, decision in wanted.items()}
    return decide_requests(SMIS, found.public_id, chosen, version or found.version, at)


def events(kind: EventType) -> list[AuditEvent]:
    return list(read().scalars(select(AuditEvent).where(AuditEvent.type == kind).order_by(AuditEvent.id)))


def test_three_requests_three_ways(app, boss, fox):
    with app.app_context():
        before = row_counts()
        told = decide(fox, boss, ppe=YES, antivenoms=NO, hiv_tb_drugs=BACK)
        assert "核准 1 項、駁回 1 項、退回補件 1 項" in told.sentence
        assert more_rows(before) == {
            "permission_grant": 1, "review": 1, "audit_event": 2, "outgoing_letter": 1,
        }  # fmt: skip
        assert held(fox) == {("ppe", "handler")}
        assert {key: one.state.value for key, one in requests(fox).items()} == {
            "ppe": "approved", "antivenoms": "refused", "hiv-tb-drugs": "returned",
        }  # fmt: skip
        assert requests(fox)["antivenoms"].reason == "本單位不需要"
        assert requests(fox)["ppe"].decided_by_id == boss.actor.account_id
        assert application(fox).state is ApplicationState.RETURNED
        mine = account(fox)
        assert (mine.state, mine.activated_at, mine.idle_since) == (AccountState.ACTIVE, boss.now, boss.now)
        assert mine.reviewed_at == boss.now
        (event,) = events(EventType.REQUESTS_DECIDED)
        assert (event.actor, event.target) == ("smis/boss", "smis/fox")
        assert [line["outcome"] for line in event.details["decided"]] == ["approved", "refused", "returned"]
        review = read().scalars(select(Review)).one()
        assert (review.outcome, review.reviewer_id) == ("mixed", boss.actor.account_id)
        (letter,) = letters_to(fox.email, "requests-decided")
        assert [line[0] for line in letter.context["decided"]] == ["核准", "駁回", "退回補件"]
        assert broken_links(read()) == []


def test_what_is_returned_is_corrected_and_decided_again(app, boss, fox):
    with app.app_context():
        decide(fox, boss, ppe=BACK, antivenoms=BACK, hiv_tb_drugs=NO)
        assert (application(fox).state, account(fox).state) == (
            ApplicationState.RETURNED,
            AccountState.PENDING,
        )
        assert isinstance(refusal_of(decide, fox, boss, ppe=YES), Overtaken), "the applicant's turn"
        with write() as session:
            whose = locked(session, fox.row)
            case = open_application(session, fox.row)
            clinic = unit_by_code(session, fox.unit)
            wanted = (WantedPermission("ppe", "viewer"), WantedPermission("antivenoms", "handler"))
            change_requests(session, SMIS, case, whose, clinic, wanted)
            send_again(session, SMIS, case)
            assert change_application(session, case, ApplicationState.SUBMITTED, boss.now)
        assert isinstance(refusal_of(decide, fox, boss, version=1, ppe=YES), Overtaken)
        decide(fox, boss, ppe=YES, antivenoms=NO)
        assert held(fox) == {("ppe", "viewer")}
        assert application(fox).state is ApplicationState.DECIDED
        assert account(fox).state is AccountState.ACTIVE


def test_an_edit_meanwhile_is_told_and_nothing_is_decided(app, boss, fox):
    with app.app_context():
        with write() as session:
            clinic = unit_by_code(session, fox.unit)
            case = open_application(session, fox.row)
            change_requests(session, SMIS, case, locked(session, fox.row), clinic, WANTS[1:])
            case.version += 1
        before = row_counts()
        for version, wanted in ((1, {"antivenoms": YES}), (2, {"ppe": YES})):
            refusal = refusal_of(decide, fox, boss, version=version, **wanted)
            assert (refusal.status, "修改了申請內容" in refusal.sentence) == (409, True)
        assert more_rows(before) == {}


def test_all_refused_ends_the_account_and_one_may_apply_anew(app, boss):
    number = personal_number()
    wolf = smis_person(app, "wolf", "waiting", wanted=WANTS[:2], number=number)
    with app.app_context():
        decide(wolf, boss, ppe=NO)
        assert account(wolf).state is AccountState.PENDING, "one request still waits"
        decide(wolf, boss, antivenoms=NO)
        assert account(wolf).state is AccountState.ENDED
        assert application(wolf).state is ApplicationState.DECIDED
        assert [event.target for event in events(EventType.ACCOUNT_ENDED)] == ["smis/wolf"]
        assert apply_for_account(SMIS, smis_submission("again", number=number), circumstance(app))


def test_a_suspended_account_comes_back_with_what_was_typed_and_with_its_history(app, boss):
    number = personal_number()
    fox = smis_person(app, "fox", "suspended", wanted=WANTS, number=number)
    other = institution(app, "3501200002", "安康診所")
    with app.app_context():
        sent = smis_submission("new", other, wanted=WANTS[:2], number=number, phone="0229601111")
        apply_for_account(SMIS, sent, circumstance(app))
        assert (account(fox).email, account(fox).phone) == (fox.email, "0229603456"), "nothing is taken over"
        decide(fox, boss, antivenoms=NO)
        assert account(fox).state is AccountState.SUSPENDED
        decide(fox, boss, ppe=YES)
        mine = account(fox)
        assert (mine.state, mine.email, mine.phone) == (
            AccountState.ACTIVE, "new@example.com", "0229601111",
        )  # fmt: skip
        assert mine.unit_id == unit_by_code(read(), other).id
        assert (mine.suspended_at, mine.suspended_because, mine.warned_before) == (None, None, None)
        assert (mine.idle_since, mine.email_key) == (boss.now, "new@example.com")
        assert held(fox) == {("ppe", "handler")}
        assert len(request_detail(SMIS, application(fox).public_id, boss).grants) == 4
        assert len(letters_to("new@example.com", "requests-decided")) == 2
        assert letters_to(fox.email, "requests-decided") == []
        assert len(events(EventType.ACCOUNT_RETURNED)) == 1


def test_all_refused_leaves_a_suspended_account_suspended(app, boss):
    number = personal_number()
    fox = smis_person(app, "fox", "suspended", wanted=WANTS[:1], number=number)
    with app.app_context():
        for n in range(2):
            apply_for_account(SMIS, smis_submission(f"n{n}", number=number), circumstance(app))
            decide(fox, boss, ppe=NO)
            assert (account(fox).state, account(fox).email) == (AccountState.SUSPENDED, fox.email)


def test_another_role_replaces_the_one_held_and_a_new_manager_gets_what_waits(app, boss):
    clinic = institution(app)
    deer = smis_person(app, "deer", unit=clinic, wanted=WANTS[:1])
    fox = smis_person(app, "fox", "waiting", unit=clinic, wanted=WANTS[:1])
    with app.app_context():
        ask_for(app, deer, *MANAGES[:1])
        decide(deer, boss, ppe=YES)
        assert held(deer) == {("ppe", "manager")}
        assert requests(fox)["ppe"].review_path == unit_by_code(read(), clinic).path
        assert isinstance(refusal_of(decide, fox, boss, ppe=YES), NotFound), "it is the clinic's own now"
        decide(fox, smis_actor(app, deer), ppe=YES)
        assert held(fox) == {("ppe", "handler")}


def test_eight_reviewers_at_once_and_one_decides(app, boss, fox):
    person = smis_person(app, "second", unit=BUREAU, wanted=MANAGES, holder="王組長")
    actors = [boss, smis_actor(app, person)] * 4
    answers = together(app, lambda at: decide(fox, at, ppe=YES), actors)
    done = [answer for answer in answers if isinstance(answer, Decided)]
    told = [answer for answer in answers if isinstance(answer, Overtaken)]
    assert (len(done), len(told)) == (1, 7), answers
    assert all("個人防護裝備" in each.sentence and "核准" in each.sentence for each in told)
    assert any(name in told[0].sentence for name in ("林主任", "王組長"))
    with app.app_context():
        assert held(fox) == {("ppe", "handler")}
        assert len(read().scalars(select(Review)).all()) == 1
        assert len(letters_to(fox.email, "requests-decided")) == 1


def test_reviewers_of_different_categories_do_not_disturb_each_other(app, fox):
    people = [
        smis_person(app, key, unit=BUREAU, wanted=(one,)) for key, one in zip(THREE, MANAGES, strict=True)
    ]
    actors = [smis_actor(app, person) for person in people]
    answers = together(
        app, lambda n: decide(fox, actors[n], version=1, **{THREE[n].replace("-", "_"): YES}), range(3)
    )
    assert not [answer for answer in answers if isinstance(answer, Exception)], answers
    with app.app_context():
        assert held(fox) == {(key, "handler") for key in THREE}
        assert application(fox).state is ApplicationState.DECIDED
        assert sorted(letter.context["opened"] for letter in letters_to(fox.email, "requests-decided")) == [
            False, False, True,
        ]  # fmt: skip


REFUSED = {
    "nothing chosen": ({}, "還沒有選擇"),
    "refused without a reason": ({"ppe": Decision(RequestState.REFUSED)}, "請填寫原因"),
    "returned without a reason": ({"ppe": Decision(RequestState.RETURNED)}, "請填寫原因"),
    "a reason too long": ({"ppe": Decision(RequestState.REFUSED, "長" * 301)}, "最多 300 個字"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_an_incomplete_decision_is_told(app, boss, fox, what):
    wanted, words = REFUSED[what]
    with app.app_context():
        before = row_counts()
        assert words in refusal_of(decide, fox, boss, **wanted).sentence
        assert more_rows(before) == {}


def test_out_of_reach_is_not_found_and_nothing_happens(app, boss, fox):
    others = [
        smis_person(app, "elsewhere", unit="HB-63000", wanted=MANAGES),
        smis_person(app, "above", unit="MOHW-CDC", wanted=MANAGES),
        smis_person(
            app, "other.category", unit=BUREAU, wanted=(WantedPermission("epidemic-supplies", "manager"),)
        ),
        smis_person(app, "handler", unit=BUREAU, wanted=WANTS),
        fox,
    ]
    actors = [smis_actor(app, person) for person in others if person is not fox]
    with app.app_context():
        before = row_counts()
        for at in actors:
            assert isinstance(refusal_of(decide, fox, at, ppe=YES), NotFound), at.actor.name
            assert isinstance(refusal_of(request_detail, SMIS, application(fox).public_id, at), NotFound)
            page = outcome(list_requests, SMIS, RequestFilter(), "", at)
            assert isinstance(page, NotFound) or page.rows == []
        mine = {"nobody": YES, **{one.public_id: YES for one in requests(fox).values()}}
        assert isinstance(
            refusal_of(decide_requests, SMIS, application(fox).public_id, mine, 1, boss), NotFound
        )
        assert more_rows(before) == {}


def test_nobody_decides_their_own(app, boss, make_desk):
    person = smis_person(app, "both", unit=BUREAU, wanted=MANAGES)
    own = smis_actor(app, person)
    with app.app_context():
        ask_for(app, person, *WANTS)
        assert isinstance(refusal_of(decide, person, own, ppe=YES), NotFound)
        assert list_requests(SMIS, RequestFilter(), "", own).rows == []
        assert len(list_requests(SMIS, RequestFilter(), "", boss).rows) == 3
        decide(person, boss, ppe=YES)
        assert ("ppe", "handler") in held(person)


def test_the_service_desk_decides_what_nobody_else_does(app, make_desk, fox):
    from tests.rig.acts import acting

    person = make_desk("fox")
    helper = make_desk("helper")
    with app.app_context():
        same_address, at = acting(app, person), acting(app, helper)
        assert person.email == fox.email
        refusal = refusal_of(decide, fox, same_address, ppe=YES)
        assert (refusal.status, refusal.code) == (403, "own-request")
        assert request_detail(SMIS, application(fox).public_id, same_address).open == []
        assert len(list_requests(SMIS, RequestFilter(), "", at).rows) == 3
        decide(fox, at, ppe=YES, antivenoms=YES, hiv_tb_drugs=YES)
        assert application(fox).state is ApplicationState.DECIDED


def test_a_unit_that_closed_or_lost_its_business_gets_nothing_more(app, boss, fox):
    with app.app_context():
        with write() as session:
            unit_by_code(session, fox.unit).businesses = ["antivenoms", "hiv-tb-drugs"]
        assert "沒有「個人防護裝備」的業務" in refusal_of(decide, fox, boss, ppe=YES).sentence
        decide(fox, boss, ppe=NO, antivenoms=YES)
        with write() as session:
            unit_by_code(session, fox.unit).closed_on = boss.now.date()
        assert "停止使用" in refusal_of(decide, fox, boss, hiv_tb_drugs=YES).sentence
        assert account(fox).state is AccountState.ACTIVE


def test_a_manager_whose_role_ended_decides_nothing_at_the_next_look(app, boss, fox):
    with app.app_context():
        with write() as session:
            mine = locked(session, boss.actor.account_id)
            grant_permissions(
                session, mine, [WantedPermission(key, "viewer") for key in THREE], boss.now, mine.id
            )
        assert isinstance(refusal_of(decide, fox, boss, ppe=YES), Refusal)
        assert held(fox) == set()


def test_new_managers_whose_requests_change_hands_meanwhile_leave_no_deadlock(app, boss):
    """Each approval makes a manager of the clinic, to whom the others' requests go at that moment."""
    clinic = institution(app)
    people = [smis_person(app, f"m{n}", "waiting", unit=clinic, wanted=MANAGES[:2]) for n in range(6)]
    answers = together(app, lambda person: decide(person, boss, ppe=YES), people)
    assert all(isinstance(answer, Decided | NotFound | Overtaken) for answer in answers), answers
    assert any(isinstance(answer, Decided) for answer in answers)
