"""個人資料維護: other permissions, at one or several units (多單位)."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from portal.domain.application import Application, ApplicationPurpose, ApplicationState, RequestState
from portal.domain.audit import EventType
from portal.domain.grant import GrantState
from portal.domain.offers import WantedPermission
from portal.domain.refusal import NotFound, Overtaken
from portal.store.applications import open_application
from portal.store.database import read
from portal.store.grants import grants_of
from portal.usecases.own_account.ask_for_permissions import ask_for_permissions, withdraw_one_request
from portal.usecases.own_account.show_own_data import own_data, unit_to_ask
from tests.rig.acts import more_rows, row_counts
from tests.rig.card_acts import events
from tests.rig.refusals import outcome, refusal_of
from tests.rig.smis import PPE, SMIS, institution, smis_actor, smis_person
from tests.rig.smis_acts import close, decide, requests_of, seen, undecided_at

OTHER = "3501200002"
FLU = WantedPermission("influenza-antivirals", "viewer")
MANAGER = WantedPermission("ppe", "manager")
STALE = timedelta(minutes=15)


def test_permissions_are_asked_for_at_several_units_in_one_application(app: Flask) -> None:
    person = smis_person(app, "clover")
    institution(app, OTHER, "仁愛診所")
    with app.app_context():
        at = smis_actor(app, person)
        first = ask_for_permissions(SMIS, person.unit, (PPE, FLU), "", at)
        assert [(c.what, c.permission) for c in first.requests] == [("added", "influenza-antivirals")]
        (application,) = [
            one for one in read().query(Application).all() if one.purpose is ApplicationPurpose.CHANGE
        ]
        assert (application.version, application.account_id) == (1, person.row)
        assert application.answers["email"] == person.email
        before = row_counts()
        assert ask_for_permissions(SMIS, person.unit, (PPE, FLU), "", at).requests == (), "sent twice"
        refused = refusal_of(ask_for_permissions, SMIS, person.unit, (PPE, FLU), seen(person), at)
        assert "不需要再申請" in refused.sentence
        assert more_rows(before) == {}
        second = ask_for_permissions(SMIS, OTHER, (MANAGER,), seen(person), at)
        assert second.case_number == first.case_number
        assert undecided_at(person) == {
            (person.unit, "influenza-antivirals", "viewer", ()),
            (OTHER, "ppe", "manager", ()),
        }
        third = ask_for_permissions(SMIS, person.unit, (MANAGER,), seen(person), at)
        assert [(c.what, c.permission) for c in third.requests] == [
            ("withdrawn", "influenza-antivirals"),
            ("added", "ppe"),
        ]
        back = ask_for_permissions(SMIS, person.unit, (PPE,), seen(person), at)
        assert [c.what for c in back.requests] == ["withdrawn"], "what is held already needs no request"
        shown = own_data(SMIS, at)
        assert [(line.code, dict(line.words)) for line in shown.held] == [(person.unit, {"ppe": "承辦人"})]
        assert [(line.code, dict(line.words)) for line in shown.asked] == [(OTHER, {"ppe": "管理者(審核中)"})]
        unit = unit_to_ask(SMIS, person.unit, person.row, shown.asked, at)
        assert (list(unit.begin), dict(unit.held)) == ([PPE], {"ppe": "承辦人"})
        assert grants_of(read(), person.row)[0].role == "handler", "asking changes nothing that is held"


def test_what_is_held_already_is_not_asked_for(app: Flask) -> None:
    person = smis_person(app, "clover")
    with app.app_context():
        at, before = smis_actor(app, person), row_counts()
        assert "不需要再申請" in refusal_of(ask_for_permissions, SMIS, person.unit, (PPE,), "", at).sentence
        assert "放棄權限" in refusal_of(ask_for_permissions, SMIS, person.unit, (), "", at).sentence
        twice = (PPE, MANAGER)
        assert "只能選擇一個" in refusal_of(ask_for_permissions, SMIS, person.unit, twice, "", at).sentence
        assert refusal_of(ask_for_permissions, SMIS, "EPB-65000", (PPE,), "", at).field == "unit"
        assert more_rows(before) == {}


def test_an_outdated_look_is_told(app: Flask) -> None:
    person = smis_person(app, "clover")
    with app.app_context():
        at = smis_actor(app, person)
        ask_for_permissions(SMIS, person.unit, (FLU,), "", at)
        before = seen(person)
        decide(app, person, "influenza-antivirals", RequestState.RETURNED)
        with pytest.raises(Overtaken):
            ask_for_permissions(SMIS, person.unit, (FLU, MANAGER), before, at)
        done = ask_for_permissions(SMIS, person.unit, (FLU,), seen(person), at)
        assert [change.what for change in done.requests] == ["sent-again"]


def test_what_waits_at_a_unit_that_has_closed_goes_with_the_next_request(app: Flask) -> None:
    person = smis_person(app, "clover")
    institution(app, OTHER, "仁愛診所")
    with app.app_context():
        at = smis_actor(app, person)
        ask_for_permissions(SMIS, OTHER, (FLU,), "", at)
        decide(app, person, "influenza-antivirals", RequestState.RETURNED)
        close(app, OTHER)
        assert [line.closed for line in own_data(SMIS, at).asked] == [True]
        nothing = refusal_of(ask_for_permissions, SMIS, person.unit, (PPE,), seen(person), at)
        assert nothing.code == "nothing-new"
        done = ask_for_permissions(SMIS, person.unit, (MANAGER,), seen(person), at)
        assert [(change.what, change.unit) for change in done.requests] == [
            ("added", "同泰診所"),
            ("withdrawn", "仁愛診所"),
        ]
        assert undecided_at(person) == {(person.unit, "ppe", "manager", ())}


def test_one_request_is_taken_back(app: Flask) -> None:
    person, other = smis_person(app, "clover"), smis_person(app, "daisy")
    institution(app, OTHER, "仁愛診所")
    with app.app_context():
        at = smis_actor(app, person)
        ask_for_permissions(SMIS, person.unit, (FLU,), "", at)
        ask_for_permissions(SMIS, OTHER, (PPE,), seen(person), at)
        first, second = (one.public_id for one in own_data(SMIS, at).requests)
        with pytest.raises(NotFound):
            withdraw_one_request(SMIS, first, smis_actor(app, other))
        assert withdraw_one_request(SMIS, first, at).permission == "influenza-antivirals"
        with pytest.raises(Overtaken):
            withdraw_one_request(SMIS, first, at)
        assert undecided_at(person) == {(OTHER, "ppe", "handler", ())}
        withdraw_one_request(SMIS, second, at)
        assert open_application(read(), person.row) is None
        assert len(events(EventType.APPLICATION_WITHDRAWN)) == 1
        ask_for_permissions(SMIS, person.unit, (FLU,), "", at)
        assert len(undecided_at(person)) == 1


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_asked_and_decided_in_whatever_order(app: Flask, seed: int) -> None:
    chance = random.Random(seed)
    person = smis_person(app, "clover", wanted=(PPE, FLU))
    places = [person.unit, institution(app, OTHER, "仁愛診所")]
    keys = ["ppe", "influenza-antivirals", "antivenoms"]
    with app.app_context():
        at = smis_actor(app, person)
        held = {(g.permission, g.role, g.state) for g in grants_of(read(), person.row)}
        for _ in range(14):
            act = chance.random()
            waiting = [one for one in requests_of(person) if one.state is RequestState.REQUESTED]
            if act < 0.2 and waiting:
                withdraw_one_request(SMIS, chance.choice(waiting).public_id, at)
            elif act < 0.4 and waiting:
                state = chance.choice([RequestState.REFUSED, RequestState.RETURNED])
                decide(app, person, chance.choice(waiting).permission, state)
            else:
                wanted = tuple(
                    WantedPermission(key, chance.choice(["manager", "handler", "viewer"]))
                    for key in chance.sample(keys, chance.randrange(3))
                )
                outcome(ask_for_permissions, SMIS, chance.choice(places), wanted, seen(person), at)
            check_promises(person, held)


def check_promises(person: Any, held: set[Any]) -> None:
    """One open application, a permission of a unit undecided once and never as it is held; nothing held changes."""
    rows = requests_of(person)
    applications = read().query(Application).filter_by(account_id=person.row).all()
    opened = (ApplicationState.SUBMITTED, ApplicationState.RETURNED)
    assert sum(one.state in opened for one in applications) <= 1
    live = [one for one in rows if one.state in (RequestState.REQUESTED, RequestState.RETURNED)]
    assert set(Counter((one.unit_id, one.permission) for one in live).values()) <= {1}
    grants = grants_of(read(), person.row)
    assert {(g.permission, g.role, g.state) for g in grants} == held
    kept = {(g.unit_id, g.permission, g.role) for g in grants if g.state is GrantState.ACTIVE}
    assert not kept & {(one.unit_id, one.permission, one.role) for one in live}
    for one in applications:
        mine = {row.state for row in rows if row.application_id == one.id}
        assert (one.state in opened) == bool(mine & {RequestState.REQUESTED, RequestState.RETURNED})
