"""Lists of requests and of those who hold permissions, page by page, agree with naive models."""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import event, select

from portal.domain.account import Account, AccountState
from portal.domain.application import (
    Application,
    ApplicationPurpose,
    ApplicationState,
    PermissionRequest,
    RequestState,
)
from portal.domain.grant import Grant, GrantState
from portal.domain.reach import ReviewReach
from portal.store import permission_holders, request_lists
from portal.store.database import read, write
from portal.store.permission_holders import HolderFilter, holder_page
from portal.store.request_lists import PAGE, RequestFilter, request_count, request_page
from portal.store.units import paths_of_units
from tests.rig.rows import NOON, new_account, unit

UNITS = ["MOHW-CDC", "HB-65000", "HB-63000", "EPB-65000", "CT-65000010"]
PERMISSIONS = ["ppe", "antivenoms", "hiv-tb-drugs"]
NAMES = ["王小明", "100%_王", r"a\b王", "Kolas Yotaka", "李四"]
TYPED = ["", "", "王", "%", "_", "\\", "KOLAS", "zzz"]
CAP = 5001


@pytest.fixture
def filled(app):
    """60 accounts with requests and grants of all sorts, the same ones each time."""
    chance = random.Random(20261120)
    with app.app_context(), write() as session:
        for number in range(60):
            system = "smis" if chance.random() < 0.9 else "hwms"
            account = new_account(
                session,
                chance.choice(UNITS),
                system=system,
                state=AccountState.ACTIVE,
                holder_name=chance.choice(NAMES),
            )
            application = Application(
                case_number=f"TEST-{number}", account_id=account.id, purpose=ApplicationPurpose.OPEN, answers={},
                state=ApplicationState.SUBMITTED, notice_version="", agreed_at=NOON, submitted_at=NOON,
            )  # fmt: skip
            session.add(application)
            session.flush()
            for permission in chance.sample(PERMISSIONS, 2):
                place, to = unit(session, chance.choice(UNITS)), chance.choice(["", *UNITS])
                at = {
                    "system": system,
                    "unit_id": place.id,
                    "unit_path": place.path,
                    "permission": permission,
                }
                to_path = unit(session, to).path if to else ""
                state = chance.choices(list(RequestState), [6, 1, 1, 1, 1])[0]
                session.add(
                    PermissionRequest(
                        application_id=application.id,
                        account_id=account.id,
                        review_path=to_path,
                        state=state,
                        **at,
                    )
                )
                held = chance.choice([GrantState.ACTIVE, GrantState.ACTIVE, GrantState.WITHDRAWN])
                session.add(Grant(account_id=account.id, granted_at=NOON, state=held, **at))
    with app.app_context():
        yield read()


def random_reach(session, chance: random.Random) -> ReviewReach:
    places = ["", *(unit(session, code).path for code in UNITS)]
    seats = {(chance.choice(PERMISSIONS), chance.choice(places)) for _ in range(chance.randint(1, 5))}
    if chance.random() < 0.3:
        seats = {(permission, place) for permission in PERMISSIONS for place in places}
    own = session.scalars(select(Account.id).order_by(Account.id)).all()
    return ReviewReach(chance.choice(own), tuple(sorted(seats)))


def random_units(session, chance: random.Random) -> tuple[str, ...] | None:
    if chance.random() < 0.6:
        return None
    return tuple(unit(session, code).path for code in chance.sample(UNITS, chance.randint(0, 2)))


def within(paths: tuple[str, ...] | None, path: str) -> bool:
    return paths is None or any(path.startswith(one) for one in paths)


def walk(page: Any, wanted: Any, reach: ReviewReach, session: Any) -> list[int]:
    """All numbers from the newest to the oldest; each page is also found again on the way back."""
    pages: list[list[int]] = []
    before, more = None, True
    while more:
        rows, more, total = page(session, "smis", reach, wanted, before, None, CAP)
        pages.append([row.id for row in rows])
        before = rows[-1].id if rows else None
    for nearer, farther in reversed(list(pairwise(pages))):
        rows, _, same_total = page(session, "smis", reach, wanted, None, farther[0], CAP)
        assert [row.id for row in rows] == nearer
        assert same_total == total
    assert total == sum(map(len, pages))
    assert all(len(one) == PAGE for one in pages[:-1])
    return [number for one in pages for number in one]


def test_requests_are_those_of_the_model(filled, monkeypatch):
    monkeypatch.setattr(request_lists, "FEW", 8)  # so that both ways of finding a name are walked
    chance, sizes = random.Random(7), set()
    query = select(PermissionRequest, Account).join(Account, Account.id == PermissionRequest.account_id)
    everything = filled.execute(query).all()
    for _ in range(70):
        reach = random_reach(filled, chance)
        wanted = RequestFilter(
            chance.choice([RequestState.REQUESTED, RequestState.REQUESTED, RequestState.RETURNED]),
            chance.choice(["", "", *PERMISSIONS]), chance.choice(TYPED), random_units(filled, chance),
        )  # fmt: skip
        model = [
            one.id
            for one, holder in everything
            if one.system == "smis" and one.state is wanted.state
            and reach.decides(one.account_id, one.permission, one.review_path)
            and wanted.permission in ("", one.permission)
            and wanted.name.lower() in holder.holder_name.lower()
            and within(wanted.unit_paths, one.unit_path)
        ]  # fmt: skip
        assert walk(request_page, wanted, reach, filled) == sorted(model, reverse=True), (reach, wanted)
        assert request_count(filled, "smis", reach, wanted, 3) == min(3, len(model))
        sizes.add(min(len(model), 21))
    assert {0, 21} <= sizes


def test_holders_are_those_of_the_model(filled, monkeypatch):
    monkeypatch.setattr(permission_holders, "FEW", 8)  # so that both ways of finding them are walked
    chance, sizes = random.Random(11), set()
    everything = filled.execute(select(Grant, Account).join(Account, Account.id == Grant.account_id)).all()
    for _ in range(70):
        reach = random_reach(filled, chance)
        wanted = HolderFilter(
            chance.choice(["", "", *PERMISSIONS]), chance.choice(TYPED), random_units(filled, chance)
        )
        model = {
            grant.account_id
            for grant, holder in everything
            if grant.system == "smis" and grant.state is GrantState.ACTIVE
            and reach.watches(grant.account_id, grant.permission, grant.unit_path)
            and wanted.permission in ("", grant.permission)
            and wanted.name.lower() in holder.holder_name.lower()
            and within(wanted.unit_paths, grant.unit_path)
        }  # fmt: skip
        assert walk(holder_page, wanted, reach, filled) == sorted(model, reverse=True), (reach, wanted)
        sizes.add(min(len(model), 21))
    assert {0, 21} <= sizes


def test_a_page_costs_two_statements_however_many_things_one_decides(app, filled):
    statements: list[str] = []
    with app.app_context():
        engine = app.extensions["sqlalchemy"].engine
    reach = ReviewReach(0, tuple((permission, "") for permission in PERMISSIONS))
    event.listen(engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    for number, page in enumerate((request_page, holder_page), 1):
        page(filled, "smis", reach, (RequestFilter() if number == 1 else HolderFilter()), 10_000, None, CAP)
        assert sum(statement.startswith(("SELECT", "WITH")) for statement in statements) == 2 * number


def test_units_that_lie_below_others_are_left_out(filled):
    path, codes = unit(filled, "EPB-65000").path, ["CT-65000010", "EPB-65000", "HB-63000", "nothing"]
    assert set(paths_of_units(filled, codes)) == {path, unit(filled, "HB-63000").path}
    assert paths_of_units(filled, []) == ()
