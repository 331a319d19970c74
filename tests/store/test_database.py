"""Transactions, times and references behave alike on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, StatementError

from portal.domain.account import Account
from portal.domain.login_session import LoginSession
from portal.domain.unit import Unit
from portal.store.database import is_sqlite, read, write
from tests.rig.rows import NOON, new_account, unit
from tests.rig.threads import together


def names() -> list[str]:
    return list(read().scalars(select(Account.name).order_by(Account.id)))


def write_and_fail(problem: type[BaseException]) -> None:
    with write() as session:
        new_account(session, name="half")
        raise problem


@pytest.mark.parametrize("problem", [ZeroDivisionError, KeyboardInterrupt, SystemExit])
def test_a_transaction_that_fails_leaves_nothing(app, problem):
    with app.app_context():
        with write() as session:
            new_account(session, name="whole")
        with pytest.raises(problem):
            write_and_fail(problem)
        assert names() == ["whole"]
        with write() as session:
            new_account(session, name="next")
        assert names() == ["whole", "next"]


def test_an_open_look_does_not_hinder_a_writer(app):
    with app.app_context():
        assert names() == []
        with write() as session:
            new_account(session, name="fox")
        assert names() == ["fox"]


def test_sixteen_writers_that_read_first_lose_nothing(app):
    with app.app_context(), write() as session:
        unit(session, "EPB-65000").aliases = []

    def append(number: int) -> None:
        with write() as session:
            query = select(Unit).where(Unit.code == "EPB-65000").with_for_update()
            row = session.scalars(query).one()
            row.aliases = [*row.aliases, str(number)]

    together(app, append, range(16))
    with app.app_context():
        assert sorted(unit(read(), "EPB-65000").aliases, key=int) == [str(number) for number in range(16)]


@pytest.mark.parametrize("hours", [0, 8, -11])
def test_times_come_back_aware_and_in_utc(app, hours):
    moment = datetime(2026, 2, 28, 23, 59, 59, 999_999, tzinfo=timezone(timedelta(hours=hours)))
    with app.app_context():
        with write() as session:
            new_account(session, created_at=moment)
        read().expire_all()
        kept = read().scalars(select(Account.created_at)).one()
        assert kept == moment
        assert kept.tzinfo is UTC


def test_a_time_without_zone_never_reaches_the_database(app):
    with app.app_context():
        with pytest.raises(StatementError, match="without zone"), write() as session:
            new_account(session, created_at=datetime(2026, 1, 1))  # noqa: DTZ001  the flaw
        assert names() == []


def keep(*rows: object) -> None:
    with write() as session:
        session.add_all(rows)


def new_accounts(**values: str) -> None:
    with write() as session:
        for _ in range(2):
            new_account(session, **values)


def test_references_are_kept(app):
    orphan = LoginSession(token_hash="x", account_id=999_999, started_at=NOON, seen_at=NOON, address="")
    with app.app_context(), pytest.raises(IntegrityError):
        keep(orphan)


def test_names_are_unique_within_a_system(app):
    with app.app_context():
        with pytest.raises(IntegrityError):
            new_accounts(name="fox")
        assert names() == []


def test_a_path_is_ordered_by_its_bytes(app):
    with app.app_context():
        with write() as session:
            for path in ("b", "B", "a~", "a", "a0", "Z", "_"):
                session.add(Unit(kind="x", code=path, name=path, aliases=[], path=path))
        ordered = read().scalars(select(Unit.path).where(Unit.kind == "x").order_by(Unit.path)).all()
        assert ordered == sorted(ordered)


def test_rare_characters_come_back_as_they_were(app):
    name = "𡍼思妤‧谷辣斯．葛󠄀\ue000"
    with app.app_context():
        with write() as session:
            new_account(session, holder_name=name)
        read().expire_all()
        assert read().scalars(select(Account.holder_name)).one() == name


def test_sqlite_is_set_up_for_several_writers(app, database_kind):
    with app.app_context():
        assert is_sqlite(read()) == (database_kind == "sqlite")
        if database_kind == "sqlite":
            facts = {name: read().scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "foreign_keys")}
            assert facts == {"journal_mode": "wal", "foreign_keys": 1}
            assert read().scalar(text("PRAGMA busy_timeout")) >= 5000
