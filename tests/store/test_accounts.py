"""Accounts: names are given once, states change only as the table allows."""

from __future__ import annotations

import itertools

import psycopg
import pytest
from sqlalchemy import select

from portal.domain.account import ACCOUNT_CHANGES, Account, AccountState
from portal.domain.application import APPLICATION_CHANGES, Application, ApplicationPurpose, ApplicationState
from portal.store.accounts import (
    accounts_at,
    add_account,
    administered_paths,
    change_state,
    locked,
    names_like,
)
from portal.store.applications import change_application
from portal.store.database import read, write
from tests.rig.prepared import let_go, prepare_database
from tests.rig.rows import NOON, new_account, unit
from tests.rig.threads import together


def add(base: str, system: str = "hwms") -> str:
    with write() as session:
        at = unit(session, "EPB-65000")
        values = {
            "system": system, "kind": "general", "state": AccountState.PENDING, "unit_id": at.id, "unit_path": at.path,
            "holder_name": "王小明", "email": f"{base}@x.tw", "email_key": f"{base}@x.tw", "created_at": NOON,
        }  # fmt: skip
        return add_account(session, base, values).name


def test_sixteen_at_once_get_sixteen_names(app):
    names = together(app, add, ["fox52fox"] * 16)
    assert sorted(names) == ["fox52fox", *(f"fox52fox{number:02d}" for number in range(1, 16))]


def test_names_of_others_that_begin_alike_do_not_disturb(app):
    with app.app_context():
        for name in ("fox", "foxy", "fox1", "fo", "fox.tail", "fox_tail", "fox0"):
            add(name)
        assert sorted(names_like(read(), "hwms", "fox")) == [
            "fox",
            "fox.tail",
            "fox0",
            "fox1",
            "fox_tail",
            "foxy",
        ]
        assert add("fox") == "fox01"
        assert add("foxy") == "foxy01"


def test_names_belong_to_a_system_and_stay_taken(app):
    with app.app_context():
        assert add("fox") == add("fox", "portal") == "fox"
        with write() as session:
            account = session.scalars(select(Account).where(Account.system == "hwms")).one()
            assert change_state(session, account, AccountState.ENDED, ended_at=NOON)
        assert add("fox") == "fox01"


PAIRS = list(itertools.product(AccountState, AccountState))


def test_an_account_changes_as_the_table_says_and_not_otherwise(app):
    with app.app_context():
        for old, new in PAIRS:
            with write() as session:
                account = new_account(session, state=old)
                moved = change_state(session, account, new)
                assert moved == (new in ACCOUNT_CHANGES[old])
                assert account.state is (new if moved else old)


def test_a_change_from_a_state_that_is_no_more_does_nothing(app):
    with app.app_context():
        with write() as session:
            account_id = new_account(session, state=AccountState.ACTIVE).id
        stale = read().get_one(Account, account_id)
        read().expunge(stale)
        with write() as session:
            change_state(session, locked(session, account_id), AccountState.ENDED, ended_at=NOON)
        with write() as session:
            session.add(stale)
            assert not change_state(session, stale, AccountState.SUSPENDED)
            assert stale.state is AccountState.ENDED


def test_an_application_changes_as_the_table_says_and_not_otherwise(app):
    with app.app_context():
        for number, (old, new) in enumerate(itertools.product(ApplicationState, ApplicationState)):
            with write() as session:
                application = new_application(session, number, old)
                moved = change_application(session, application, new, NOON)
                assert moved == (new in APPLICATION_CHANGES[old])
                assert (application.state, application.version) == ((new, 2) if moved else (old, 1))


def new_application(session, number: int, state: ApplicationState) -> Application:
    application = Application(
        case_number=f"T-{number}", account_id=new_account(session).id, purpose=ApplicationPurpose.OPEN,
        state=state, answers={},
        notice_version="1", agreed_at=NOON, submitted_at=NOON,
    )  # fmt: skip
    session.add(application)
    session.flush()
    return application


def test_eight_deciders_at_once_and_one_decides(app):
    with app.app_context(), write() as session:
        application_id = new_application(session, 1, ApplicationState.SUBMITTED).id

    def decide(new: ApplicationState) -> bool:
        with write() as session:
            return change_application(session, session.get_one(Application, application_id), new, NOON)

    answers = together(app, decide, [ApplicationState.DECIDED, ApplicationState.WITHDRAWN] * 4)
    assert sorted(answers) == [False] * 7 + [True]
    with app.app_context():
        assert read().get_one(Application, application_id).version == 2


def test_accounts_of_an_address(app):
    with app.app_context(), write() as session:
        for number, state in enumerate(AccountState):
            new_account(session, name=f"a{number}", email="A@x.tw", state=state)
        new_account(session, name="other", email="b@x.tw")
        new_account(session, name="a0", email="a@x.tw", system="portal")
        assert [account.name for account in accounts_at(session, "hwms", "a@x.tw")] == ["a0", "a1", "a2"]
        assert accounts_at(session, "hwms", "A@x.tw") == []


@pytest.mark.parametrize(
    ("kind", "state", "counts"),
    [
        ("unit-administrator", AccountState.ACTIVE, True),
        ("unit-administrator", AccountState.PENDING, False),
        ("unit-administrator", AccountState.SUSPENDED, False),
        ("unit-administrator", AccountState.ENDED, False),
        ("general", AccountState.ACTIVE, False),
    ],
)
def test_a_unit_has_an_administrator_if_one_can_act(app, kind, state, counts):
    with app.app_context(), write() as session:
        bureau, ministry = unit(session, "EPB-65000"), unit(session, "MOENV")
        for _ in range(2):
            new_account(session, bureau, kind=kind, state=state)
        new_account(session, bureau, kind=kind, state=state, system="portal")
        kinds = ["unit-administrator"]
        assert administered_paths(session, "hwms", kinds, ministry.path) == ([bureau.path] if counts else [])
        assert administered_paths(session, "hwms", kinds, bureau.path) == [], "strictly below"
        assert administered_paths(session, "hwms", kinds, unit(session, "CT-65000010").path) == []


@pytest.mark.postgres
@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_names_are_found_under_the_locale_of_an_office(postgresql_server, make_app, tmp_path):
    """Offices sort as people do: there a control character weighs nothing, and `fox` comes after it."""
    with psycopg.connect(postgresql_server.url("postgres"), autocommit=True) as connection:
        connection.execute(
            "CREATE DATABASE office TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'zh-Hant-TW' LOCALE 'C.UTF-8'"
        )
    url = postgresql_server.url("office")
    prepare_database(url, tmp_path)
    app = make_app(DATABASE_URL=url)
    with app.app_context():
        assert [add("fox") for _ in range(4)] == ["fox", "fox01", "fox02", "fox03"]
        assert sorted(names_like(read(), "hwms", "fox")) == ["fox", "fox01", "fox02", "fox03"]
        assert sorted(names_like(read(), "hwms", "fox0")) == ["fox01", "fox02", "fox03"]
    let_go(app)
    postgresql_server.drop("office")
