"""Who decides: within reach, never one's own, and of several at the same moment one."""

from __future__ import annotations

from sqlalchemy import select

from portal.domain.application import ApplicationState
from portal.domain.offers import WantedPermission
from portal.domain.refusal import NotFound, Overtaken, Refusal
from portal.domain.review import Review
from portal.store.accounts import locked
from portal.store.database import read, write
from portal.store.grants import grant_permissions
from portal.store.request_lists import RequestFilter
from portal.usecases.review.decide_requests import Decided, decide_requests
from portal.usecases.review.review_requests import list_requests, request_detail
from tests.rig.acts import letters_to, more_rows, row_counts
from tests.rig.refusals import outcome, refusal_of
from tests.rig.reviewing import (
    MANAGES,
    THREE,
    WANTS,
    YES,
    application,
    decide,
    held,
    requests,
)
from tests.rig.smis import (
    BUREAU,
    SMIS,
    institution,
    smis_actor,
    smis_person,
)
from tests.rig.smis_requests import ask_for
from tests.rig.threads import together


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
