"""Where requests go: whatever people do, each lies with the nearest manager who is not its applicant."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import event, select

from portal.domain.account import Account, AccountState, SuspensionCause
from portal.domain.actor import Circumstance
from portal.domain.application import (
    Application,
    ApplicationPurpose,
    ApplicationState,
    PermissionRequest,
    RequestState,
)
from portal.domain.grant import Grant, GrantState
from portal.domain.offers import WantedPermission
from portal.domain.reach import ReviewReach
from portal.domain.unit import Unit, paths_up
from portal.store.accounts import locked
from portal.store.applications import open_application
from portal.store.database import read, write
from portal.store.grants import end_grants, grant_permissions, grants_of, seats_of
from portal.store.permission_requests import UNDECIDED
from portal.store.request_lists import RequestFilter, request_page
from portal.store.units import add_unit
from portal.usecases.apply_for_account import apply_for_account
from portal.usecases.change_requests import change_requests
from portal.usecases.decide_requests import Decision, decide_requests
from portal.usecases.route_request import reroute_after, reroute_requests
from portal.usecases.suspend_account import suspend
from portal.usecases.write_application import Submission, new_application
from tests.rig.people import circumstance
from tests.rig.refusals import outcome
from tests.rig.rows import new_account, unit
from tests.rig.smis import SMIS, institution, smis_person, smis_submission
from tests.rig.smis_requests import ask_for
from tests.rig.threads import together

PERMISSIONS = ("ppe", "antivenoms")
ROLES = ("manager", "manager", "handler")


class Town:
    """A few units below each other, a few people at each, and what they may do next."""

    def __init__(self, app, seed: int) -> None:
        self.app, self.chance = app, random.Random(seed)
        with write() as session:
            central, bureau, other = (unit(session, code) for code in ("MOHW-CDC", "HB-65000", "HB-63000"))
            clinics = [
                add_unit(session, Unit(kind="medical-institution", code=f"35{n}", name=f"診所{n}"), above)
                for n, above in enumerate((bureau, bureau, other))
            ]
            ward = add_unit(session, Unit(kind="medical-institution", code="35w", name="分院"), clinics[0])
            self.units = [one.id for one in (central, bureau, other, *clinics, ward)]
            people = [
                new_account(session, session.get_one(Unit, place), system="smis", state=AccountState.ACTIVE)
                for place in self.units
                for _ in range(2)
            ]
            self.people = [person.id for person in people]

    def act(self) -> str:
        """Something that somebody does."""
        name = self.chance.choice(["apply", "apply", "begin", "begin", "end", "edit", "decide", "suspend"])
        getattr(self, name)(self.chance.choice(self.people), circumstance(self.app))
        return name

    def anywhere(self, session) -> Unit:
        return session.get_one(Unit, self.chance.choice(self.units))

    def wanted(self) -> tuple[WantedPermission, ...]:
        keys = self.chance.sample(PERMISSIONS, self.chance.choice((1, 2)))
        return tuple(WantedPermission(key, self.chance.choice(ROLES)) for key in keys)

    def apply(self, person: int, at: Circumstance) -> None:
        with write() as session:
            account = locked(session, person)
            if open_application(session, person) or account.state is AccountState.ENDED:
                return
            place = self.anywhere(session)
            answers = {"email": account.email, "name": account.holder_name}
            sent = Submission(place.kind, place.code, "general", self.wanted(), "", answers, at.request_id)
            active = account.state is AccountState.ACTIVE
            purpose = ApplicationPurpose.CHANGE if active else ApplicationPurpose.RETURN
            new_application(session, SMIS, sent, account, place, purpose, at)

    def begin(self, person: int, at: Circumstance) -> None:
        with write() as session:
            account = locked(session, person)
            if account.state is AccountState.ACTIVE:
                place, wanted = self.anywhere(session), self.wanted()
                before = grants_of(session, person)
                grant_permissions(session, account, wanted, at.now, person, (place.id, place.path))
                reroute_after(session, SMIS, [*before, *grants_of(session, person)])

    def end(self, person: int, at: Circumstance) -> None:
        with write() as session:
            held = grants_of(session, person)
            ending = self.chance.sample(held, min(len(held), self.chance.choice((1, 2))))
            end_grants(session, person, GrantState.GIVEN_UP, at.now, [grant.id for grant in ending])
            reroute_after(session, SMIS, ending)

    def suspend(self, person: int, at: Circumstance) -> None:
        with write() as session:
            suspend(session, SMIS, locked(session, person), SuspensionCause.DORMANT, at)

    def edit(self, person: int, at: Circumstance) -> None:
        with write() as session:
            account = locked(session, person)
            application = open_application(session, person)
            if application is not None:
                place, wanted = self.anywhere(session), self.wanted()
                change_requests(session, SMIS, application, account, place, wanted)
                application.state = ApplicationState.SUBMITTED

    def decide(self, _: int, at: Circumstance) -> None:
        """Some reviewer decides about something that lies with them."""
        session = read()
        session.rollback()
        query = select(PermissionRequest).where(PermissionRequest.state == RequestState.REQUESTED)
        for request in session.scalars(query).all():
            for reviewer in naive_reviewers(session, request):
                answer = self.chance.choice(list(RequestState)[1:4])
                decided = {request.public_id: Decision(answer, "為了測試")}
                application = session.get_one(Application, request.application_id)
                public_id, version = application.public_id, application.version
                decide_requests(SMIS, public_id, decided, version, acting_as(self.app, reviewer))
                return


def acting_as(app, account_id: int) -> Circumstance:
    from portal.usecases.sign_in import actor_of, open_for

    at = circumstance(app)
    with write() as session:
        token = open_for(session, locked(session, account_id), at)
    return circumstance(app, at.now, actor=actor_of(token, at))


def managers(session, permission: str, path: str) -> set[int]:
    query = select(Grant.account_id).where(
        Grant.permission == permission, Grant.unit_path == path, Grant.role == "manager",
        Grant.state == GrantState.ACTIVE,
    )  # fmt: skip
    return set(session.scalars(query))


def naive_path(session, request: PermissionRequest) -> str:
    """The definition: from the request's unit upwards, the first unit with a manager who is not the applicant."""
    for path in reversed(paths_up(request.unit_path)):
        if managers(session, request.permission, path) - {request.account_id}:
            return path
    return ""


def naive_reviewers(session, request: PermissionRequest) -> list[int]:
    if request.review_path == "":
        return []
    return sorted(managers(session, request.permission, request.review_path) - {request.account_id})


def undecided(session) -> list[PermissionRequest]:
    session.rollback()
    query = select(PermissionRequest).where(PermissionRequest.state.in_(UNDECIDED))
    return list(session.scalars(query.execution_options(populate_existing=True)))


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_each_request_lies_with_the_nearest_manager(app, seed):
    with app.app_context():
        town, seen = Town(app, seed), set()
        for _ in range(45):
            act = town.act()
            waiting = undecided(read())
            for request in waiting:
                assert request.review_path == naive_path(read(), request), (act, request.id)
                seen.add(len(request.review_path))
            read().rollback()
        assert len(seen) >= 3, "some lay with clinics, some with bureaus or above, some with the service desk"
        everybody_sees_theirs(town)


def everybody_sees_theirs(town: Town) -> None:
    """Never a request without a reviewer: who is nearest finds it in their list, or the service desk does."""
    session, found = read(), set()
    reaches = [ReviewReach(one, seats_of(session, one, ["manager"])) for one in town.people]
    desk = ReviewReach(0, tuple((key, "") for key in PERMISSIONS))
    for state in UNDECIDED:
        for reach in (desk, *reaches):
            if reach is not desk and reach.seats:
                assert session.get_one(Account, reach.account_id).state is AccountState.ACTIVE
            rows, more, _ = request_page(session, "smis", reach, RequestFilter(state), None, None, 100)
            assert not more
            found |= {row.id for row in rows}
    assert found == {request.id for request in undecided(session)}


def test_a_second_manager_takes_over_the_first_ones_own_requests(app):
    with app.app_context():
        clinic = institution(app)
        boss = smis_person(app, "boss", unit=clinic, wanted=(WantedPermission("ppe", "manager"),))
        bureau = smis_person(app, "bureau", unit="HB-65000", wanted=(WantedPermission("ppe", "manager"),))
        ask_for(app, boss, WantedPermission("ppe", "viewer"))
        upwards = [unit(read(), "HB-65000").path]
        assert [request.review_path for request in undecided(read())] == upwards, "not to themselves"
        second = smis_person(app, "second", unit=clinic, wanted=(WantedPermission("ppe", "manager"),))
        assert [request.review_path for request in undecided(read())] == [unit(read(), clinic).path]
        with write() as session:
            suspend(session, SMIS, locked(session, second.row), SuspensionCause.DORMANT, circumstance(app))
            suspend(session, SMIS, locked(session, bureau.row), SuspensionCause.DORMANT, circumstance(app))
        assert [request.review_path for request in undecided(read())] == [""]


def test_rerouting_costs_the_same_however_many_requests_there_are(app):
    with app.app_context():
        boss = smis_person(app, "boss", unit="MOHW-CDC", wanted=(WantedPermission("ppe", "manager"),))
        clinic = institution(app)
        statements: list[str] = []
        engine = app.extensions["sqlalchemy"].engine
        event.listen(engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
        costs = []
        for number in (3, 12):
            for one in range(number):
                apply_for_account(SMIS, smis_submission(f"p{number}.{one}", clinic), circumstance(app))
            with write() as session:
                end_grants(session, boss.row, GrantState.GIVEN_UP, circumstance(app).now)
                del statements[:]
                reroute_requests(session, SMIS, "ppe", unit(session, "MOHW-CDC").path)
                costs.append(len(statements))
            assert {request.review_path for request in undecided(read())} == {""}
            with write() as session:
                account = locked(session, boss.row)
                wanted = [WantedPermission("ppe", "manager")]
                grant_permissions(session, account, wanted, circumstance(app).now, boss.row)
                reroute_requests(session, SMIS, "ppe", unit(session, "MOHW-CDC").path)
            assert {request.review_path for request in undecided(read())} == {account.unit_path}
        assert costs[0] == costs[1] <= 4


def test_a_manager_who_leaves_at_that_moment_takes_no_request_along(app):
    clinic = institution(app)
    wanted = (WantedPermission("ppe", "manager"),)
    bosses = [
        smis_person(app, f"boss{n}", unit=code, wanted=wanted) for n, code in enumerate((clinic, "HB-65000"))
    ]

    def act(number: int):
        if number < 2:
            with write() as session:
                held = grants_of(session, bosses[number].row)
                end_grants(session, bosses[number].row, GrantState.GIVEN_UP, circumstance(app).now)
                reroute_after(session, SMIS, held)
            return None
        return apply_for_account(SMIS, smis_submission(f"p{number}", clinic), circumstance(app))

    answers = together(app, lambda number: outcome(act, number), [2, 3, 0, 4, 5, 1, 6, 7])
    assert not [answer for answer in answers if isinstance(answer, Exception)], answers
    with app.app_context():
        waiting = undecided(read())
        assert len(waiting) == 6
        assert {request.review_path for request in waiting} == {""}
