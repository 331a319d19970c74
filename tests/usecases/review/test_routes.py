"""Where requests go: whatever people do, each lies with the nearest manager who is not its applicant."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from portal.domain.account import Account, AccountState, SuspensionCause
from portal.domain.grant import GrantState
from portal.domain.offers import WantedPermission
from portal.domain.reach import ReviewReach
from portal.store.accounts import locked
from portal.store.database import read, write
from portal.store.grants import end_grants, grant_permissions, grants_of, seats_of
from portal.store.permission_requests import UNDECIDED
from portal.store.request_lists import RequestFilter, request_page
from portal.usecases.apply.apply_for_account import apply_for_account
from portal.usecases.review.route_request import reroute_after, reroute_requests
from portal.usecases.suspend_account import suspend
from tests.rig.people import circumstance
from tests.rig.refusals import outcome
from tests.rig.rows import unit
from tests.rig.smis import SMIS, institution, smis_person, smis_submission
from tests.rig.smis_requests import ask_for
from tests.rig.threads import together
from tests.rig.town import PERMISSIONS, Town, naive_path, undecided


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
