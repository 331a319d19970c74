"""Whose accounts an administrator sees: the unit's own, those below without one, in the end the service desk."""

from __future__ import annotations

from itertools import product

import pytest
from sqlalchemy import select

from portal.domain.account import Account, AccountState
from portal.domain.refusal import NotFound
from portal.store.account_lists import AccountFilter
from portal.store.accounts import change_state
from portal.store.database import read, write
from portal.usecases.apply.show_application import print_application_in_reach
from portal.usecases.review.decide_account import (
    Outcome,
    activate_account,
    decide_several,
    delete_account,
    send_verification_letter,
)
from portal.usecases.review.review_accounts import account_detail, list_accounts
from portal.usecases.review.step_through_list import COUNT_CAP
from tests.rig.acts import DESK, HWMS, acting, more_rows, row_counts
from tests.rig.refusals import outcome, refusal_of
from tests.rig.rows import new_account

UNITS = {
    "ministry": ("ministry", "MOENV"),
    "agency": ("ministry", "MOENV-EMA"),
    "bureau": ("county-bureau", "EPB-65000"),
    "other bureau": ("county-bureau", "EPB-63000"),
    "team": ("cleaning-team", "CT-65000010"),
    "other team": ("cleaning-team", "CT-63000050"),
}
ALL = AccountFilter(state=None)


@pytest.fixture
def clerks(make_person):
    """Somebody waiting in every unit."""
    return {
        name: make_person(f"clerk{n}", unit=of, state="waiting") for n, (name, of) in enumerate(UNITS.items())
    }


def make_boss(make_person, unit: str):
    return make_person(f"boss.{unit.replace(' ', '.')}", unit=UNITS[unit], kind="unit-administrator")


def seen(clerks, at) -> set[str]:
    """In which units somebody is listed; the page of each, and every act, must agree with the list."""
    listed, before = set(), None
    while True:
        page = list_accounts(HWMS, ALL, "", at, before=before)
        listed |= {row.public_id for row in page.rows}
        before = page.older
        if before is None:
            break
    for person in clerks.values():
        detail = outcome(account_detail, HWMS, person.account_id, at)
        assert isinstance(detail, NotFound) == (person.account_id not in listed)
    return {name for name, person in clerks.items() if person.account_id in listed}


def locked_account(session, person) -> Account:
    return session.scalars(
        select(Account).where(Account.public_id == person.account_id).with_for_update()
    ).one()


BOSSES = {
    "ministry": (["ministry"], set(UNITS)),
    "agency": (["agency"], {"agency"}),
    "bureau": (["bureau"], {"bureau", "team"}),
    "other bureau": (["other bureau"], {"other bureau", "other team"}),
    "ministry beside a bureau": (
        ["ministry", "bureau"],
        {"ministry", "agency", "other bureau", "other team"},
    ),
    "bureau below a ministry": (["bureau", "ministry"], {"bureau", "team"}),
    "ministry beside all": (["ministry", "bureau", "other bureau", "agency"], {"ministry"}),
}


@pytest.mark.parametrize("bosses", BOSSES)
def test_an_administrator_sees_their_unit_and_what_nobody_nearer_serves(app, make_person, clerks, bosses):
    units, expected = BOSSES[bosses]
    people = [make_boss(make_person, unit) for unit in units]
    with app.app_context():
        assert seen(clerks, acting(app, people[0])) == expected


def test_the_service_desk_sees_everybody_with_and_without_administrators(app, make_person, make_desk, clerks):
    desk = make_desk()
    with app.app_context():
        assert seen(clerks, acting(app, desk)) == set(UNITS)
    make_boss(make_person, "bureau")
    with app.app_context():
        assert seen(clerks, acting(app, desk)) == set(UNITS)


def test_reach_follows_at_the_next_look_when_an_administrator_comes_and_goes(app, make_person, clerks):
    ministry = make_boss(make_person, "ministry")
    with app.app_context():
        at = acting(app, ministry)
        assert "team" in seen(clerks, at)
        bureau = make_boss(make_person, "bureau")
        read().rollback()
        assert "team" not in seen(clerks, at)
        with write() as session:
            change_state(session, locked_account(session, bureau), AccountState.SUSPENDED)
        assert "team" in seen(clerks, at)


ACTS = {
    "look": lambda public_id, at: account_detail(HWMS, public_id, at),
    "print": lambda public_id, at: print_application_in_reach(HWMS, public_id, at),
    "activate": lambda public_id, at: activate_account(HWMS, public_id, at),
    "delete": lambda public_id, at: delete_account(HWMS, public_id, "", at),
    "write": lambda public_id, at: send_verification_letter(HWMS, public_id, at),
}


def test_out_of_reach_is_not_found_and_nothing_happens(app, make_person, clerks):
    boss = make_boss(make_person, "bureau")
    with app.app_context():
        at = acting(app, boss)
        before = row_counts()
        for name, act in product(("ministry", "agency", "other bureau", "other team"), ACTS):
            refusal = refusal_of(ACTS[act], clerks[name].account_id, at)
            assert isinstance(refusal, NotFound), (name, act)
            assert refusal.sentence == refusal_of(ACTS[act], "nobody", at).sentence, "nobody learns which"
        assert more_rows(before) == {}


def test_who_reviews_nobody_finds_nobody(app, make_person, clerks):
    clerk = make_person("plain", state="active")
    with app.app_context():
        at = acting(app, clerk)
        for name, act in ACTS.items():
            assert isinstance(refusal_of(act, clerks["bureau"].account_id, at), NotFound), name
        assert isinstance(refusal_of(list_accounts, HWMS, ALL, "", at), NotFound)


def test_an_administrator_of_one_system_has_no_reach_in_another(app, make_person, make_desk):
    boss, desk = make_boss(make_person, "ministry"), make_desk()
    with app.app_context():
        at = acting(app, boss)
        assert isinstance(refusal_of(list_accounts, DESK, ALL, "", at), NotFound)
        assert isinstance(refusal_of(account_detail, DESK, desk.account_id, at), NotFound)
        assert isinstance(refusal_of(account_detail, HWMS, desk.account_id, acting(app, desk)), NotFound)


def test_a_unit_below_narrows_the_list(app, make_person, clerks):
    boss = make_boss(make_person, "ministry")
    with app.app_context():
        at = acting(app, boss)

        def units(code: str) -> set[str]:
            rows = {row.public_id for row in list_accounts(HWMS, ALL, code, at).rows}
            return {name for name, person in clerks.items() if person.account_id in rows}

        assert units("EPB-65000") == {"bureau", "team"}
        assert units("CT-65000010") == {"team"}
        assert units("nonsense") == set(UNITS)


def test_an_address_is_found_however_it_is_typed(app, make_person, clerks):
    boss = make_boss(make_person, "ministry")
    with app.app_context():
        at = acting(app, boss)
        for typed in ("CLERK2@", "ｃｌｅｒｋ２", " clerk2@example.com "):
            page = list_accounts(HWMS, AccountFilter(email=typed), "", at)
            assert [row.public_id for row in page.rows] == [clerks["bureau"].account_id], typed
            assert (page.total, page.capped, page.newer, page.older) == (1, False, None, None)


def test_the_links_to_newer_and_older_lead_through_the_whole_list(app, make_person):
    boss = make_boss(make_person, "bureau")
    with app.app_context():
        with write() as session:
            ids = [new_account(session).id for _ in range(45)][::-1]
        at = acting(app, boss)
        first = list_accounts(HWMS, AccountFilter(), "", at)
        second = list_accounts(HWMS, AccountFilter(), "", at, before=first.older)
        third = list_accounts(HWMS, AccountFilter(), "", at, before=second.older)
        assert [row.id for page in (first, second, third) for row in page.rows] == ids
        assert (first.newer, third.older) == (None, None)
        assert {page.total for page in (first, second, third)} == {45}
        back = list_accounts(HWMS, AccountFilter(), "", at, after=third.newer)
        assert (back.rows, back.newer, back.older) == (second.rows, second.newer, second.older)
        again = list_accounts(HWMS, AccountFilter(), "", at, after=back.newer)
        assert (again.rows, again.newer, again.older) == (first.rows, None, first.older)
        for beyond in ({"before": 1}, {"after": ids[0]}):
            assert list_accounts(HWMS, AccountFilter(), "", at, **beyond) == first, "never an empty page"


def test_of_very_many_the_number_is_capped(app, make_person, monkeypatch):
    monkeypatch.setattr("portal.usecases.review.step_through_list.COUNT_CAP", 10)
    boss = make_boss(make_person, "bureau")
    with app.app_context():
        with write() as session:
            for _ in range(11):
                new_account(session)
        page = list_accounts(HWMS, AccountFilter(), "", acting(app, boss))
        assert (page.total, page.capped) == (10, True)
        assert COUNT_CAP >= 1000


def test_several_rows_at_once_have_a_result_each(app, make_person, clerks):
    boss = make_boss(make_person, "bureau")
    proved = make_person("proved", state="proved")
    done = make_person("done", state="active")
    wanted = [clerks["bureau"], proved, done, clerks["other bureau"], boss, clerks["bureau"]]
    with app.app_context():
        at = acting(app, boss)
        ids = [*(person.account_id for person in wanted), "nobody"]
        outcomes = decide_several(HWMS, ids, lambda public_id: activate_account(HWMS, public_id, at), at)
        assert [result.done for result in outcomes] == [True, True, False, False, False, False]
        names = ["clerk2", "proved", "done", "勾選的第 4 筆", boss.name, "勾選的第 6 筆"]
        assert [result.account_name for result in outcomes] == names, "what the actor may know"
        sentences = [result.sentence for result in outcomes]
        assert "done" in sentences[2]
        assert sentences[3] == sentences[5], "out of reach or not there: nobody learns which"
        assert all(isinstance(result, Outcome) and result.sentence.endswith("。") for result in outcomes)
