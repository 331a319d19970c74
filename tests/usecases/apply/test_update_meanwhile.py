"""更新申請權限 while reviewers decide: nothing is lost, and nothing decided is changed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from flask import Flask

from portal.domain.account import Account, AccountState
from portal.domain.application import Application, ApplicationState, PermissionRequest, RequestState
from portal.domain.offers import WantedPermission
from portal.domain.refusal import Overtaken, Refusal
from portal.store.certificate_bindings import bindings_of
from portal.store.database import read, write
from portal.store.units import unit_by_code
from portal.usecases.apply.update_application import (
    update_application,
)
from portal.usecases.own_account.give_up_permissions import give_up_permissions
from portal.usecases.review.decide_requests import decide_requests
from portal.usecases.review.report_decisions import Decision
from tests.rig.card_acts import unbindings_told
from tests.rig.people import circumstance
from tests.rig.refusals import outcome, refusal_of
from tests.rig.smis import BUREAU, COVID, PPE, SMIS, institution, smis_actor, smis_person
from tests.rig.smis_acts import binding, changes, decide, proved, requests_of, undecided_at
from tests.rig.threads import together

FLU = WantedPermission("influenza-antivirals", "viewer")
OTHER = "3501200002"


def test_a_decision_after_the_applicant_looked_is_told_and_kept(app: Flask) -> None:
    person = smis_person(app, "clover", "waiting", wanted=(PPE, FLU))
    with app.app_context():
        draft, wanted = proved(app, person), changes(person, {person.unit: (COVID,)})
        decide(app, person, "ppe", RequestState.REFUSED)
        with pytest.raises(Overtaken, match="剛才處理了"):
            update_application(SMIS, draft, wanted, circumstance(app))
        assert undecided_at(person) == {(person.unit, "influenza-antivirals", "viewer", ())}
        update_application(SMIS, draft, changes(person, {person.unit: (COVID,)}), circumstance(app))
        states = Counter(request.state for request in requests_of(person))
        assert states[RequestState.REFUSED] == 1
        decide(app, person, "emerging-infection-drugs", RequestState.REFUSED)
        refused = refusal_of(update_application, SMIS, draft, wanted, circumstance(app))
        assert refused.code == "nothing-open"


def test_a_decision_and_an_update_at_the_same_moment(app: Flask) -> None:
    for turn in range(4):
        person = smis_person(app, f"clover{turn}", "waiting", wanted=(PPE, FLU))
        with app.app_context():
            draft, wanted = proved(app, person), changes(person, {person.unit: (COVID, FLU)})
        update: Callable[[], Any] = lambda: update_application(SMIS, draft, wanted, circumstance(app))  # noqa: B023, E731
        refuse: Callable[[], Any] = lambda: decide(app, person, "ppe", RequestState.REFUSED)  # noqa: B023, E731
        answers = together(app, lambda act: act(), [update, refuse][:: 1 if turn % 2 else -1])
        assert sum(isinstance(answer, Refusal) for answer in answers) == 1, "one wins, the other is told"
        assert not [one for one in answers if isinstance(one, Exception) and not isinstance(one, Refusal)]
        with app.app_context():
            ppe = next(one for one in requests_of(person) if one.permission == "ppe")
            left = {permission for _, permission, _, _ in undecided_at(person)}
            if ppe.state is RequestState.REFUSED:
                assert left == {"influenza-antivirals"}
            else:
                assert ppe.state is RequestState.WITHDRAWN
                assert left == {"influenza-antivirals", "emerging-infection-drugs"}


def test_whoever_was_refused_altogether_may_apply_anew_with_the_same_card(app: Flask) -> None:
    person = smis_person(app, "clover", "waiting")
    with app.app_context():
        with write() as session:
            session.add(binding(person, circumstance(app).now))
        decide(app, person, "ppe", RequestState.REFUSED)
        assert read().get_one(Account, person.row).state is AccountState.ENDED
        assert bindings_of(read(), person.row) == []
        assert unbindings_told(person.email) == (1, 1)


def test_managers_come_and_go_while_requests_are_sent_and_decided(app: Flask) -> None:
    """Whoever is first, nobody waits for somebody who waits for them, and no request lies with nobody."""
    manager = WantedPermission("ppe", "manager")
    going = smis_person(app, "going", unit=BUREAU, wanted=(manager, FLU))
    staying = smis_person(app, "staying", unit=BUREAU, wanted=(manager,))
    people = [smis_person(app, f"clover{n}", "waiting", wanted=(manager, FLU)) for n in range(3)]
    with app.app_context():
        wanted = [(proved(app, one), changes(one, {one.unit: (PPE,)})) for one in people]
        (request,) = [one for one in requests_of(people[0]) if one.permission == "ppe"]
        chosen = {request.public_id: Decision(RequestState.APPROVED)}
        case = people[0].application_id or ""
    at_desk, leaves = smis_actor(app, staying), smis_actor(app, going)
    acts: list[Callable[[], Any]] = [
        lambda: give_up_permissions(SMIS, {(BUREAU, "ppe")}, leaves),
        lambda: decide_requests(SMIS, case, chosen, 1, at_desk),
        *[partial(update_application, SMIS, *one, circumstance(app)) for one in wanted],
    ]
    answers = together(app, lambda act: act(), acts)
    assert not [one for one in answers if isinstance(one, Exception) and not isinstance(one, Refusal)]
    with app.app_context():
        bureau = unit_by_code(read(), BUREAU)
        assert bureau is not None
        for person in people:
            for one in requests_of(person):
                if one.permission == "ppe" and one.state is RequestState.REQUESTED:
                    assert one.review_path in (bureau.path, one.unit_path)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_sent_in_whatever_order(app: Flask, seed: int) -> None:
    """One open application, each permission of a unit undecided once at most, decisions as they were made."""
    chance = random.Random(seed)
    person = smis_person(app, "clover", "waiting", wanted=(PPE, FLU))
    places = [person.unit, institution(app, OTHER, "仁愛診所"), "HB-65000"]
    keys = ["ppe", "influenza-antivirals", "epidemic-supplies", "antivenoms"]
    with app.app_context():
        draft = proved(app, person)
        for _ in range(14):
            decided = {one.id: facts(one) for one in requests_of(person) if one.decided_at}
            decided = {key: kept for key, kept in decided.items() if kept[0] is not RequestState.RETURNED}
            if chance.random() < 0.4:
                kind = chance.choice([RequestState.REFUSED, RequestState.RETURNED])
                outcome(decide, app, person, chance.choice(keys), kind)
            else:
                wanted = tuple(
                    WantedPermission(key, chance.choice(["manager", "handler", "viewer"]))
                    for key in chance.sample(keys, chance.randrange(4))
                )
                try:
                    sent = changes(person, {chance.choice(places): wanted})
                except AssertionError:
                    break  # everything was decided
                outcome(update_application, SMIS, draft, sent, circumstance(app))
            read().rollback()
            rows = requests_of(person)
            open_ones = read().query(Application).filter_by(account_id=person.row).all()
            assert len(open_ones) == 1
            live = Counter(
                (one.unit_id, one.permission)
                for one in rows
                if one.state in (RequestState.REQUESTED, RequestState.RETURNED)
            )
            assert set(live.values()) <= {1}
            for one in rows:
                if one.id in decided:
                    assert facts(one) == decided[one.id]
            states = {one.state for one in rows}
            expected = (
                ApplicationState.SUBMITTED
                if RequestState.REQUESTED in states
                else ApplicationState.RETURNED
                if RequestState.RETURNED in states
                else ApplicationState.DECIDED
            )
            assert open_ones[0].state is expected


def facts(request: PermissionRequest) -> tuple[Any, ...]:
    return request.state, request.role, tuple(request.options), request.reason, request.decided_at
