"""Requests are decided each by itself: partly approved, returned, refused."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.domain.account import AccountState
from portal.domain.application import ApplicationState, RequestState
from portal.domain.audit import EventType
from portal.domain.offers import WantedPermission
from portal.domain.refusal import NotFound, Overtaken
from portal.domain.review import Review
from portal.store.accounts import locked
from portal.store.applications import change_application, open_application
from portal.store.audit_events import broken_links
from portal.store.database import read, write
from portal.store.units import unit_by_code
from portal.usecases.apply.apply_for_account import apply_for_account
from portal.usecases.apply.change_requests import change_requests, send_again
from portal.usecases.review.report_decisions import Decision
from portal.usecases.review.review_requests import request_detail
from tests.rig.acts import letters_to, more_rows, row_counts
from tests.rig.people import circumstance
from tests.rig.refusals import refusal_of
from tests.rig.reviewing import (
    BACK,
    MANAGES,
    NO,
    WANTS,
    YES,
    account,
    application,
    decide,
    events,
    held,
    requests,
)
from tests.rig.smis import (
    SMIS,
    institution,
    personal_number,
    smis_actor,
    smis_person,
    smis_submission,
)
from tests.rig.smis_requests import ask_for


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
