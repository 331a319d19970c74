"""Migrations go up and down, with data, on both databases, and give the tables that the domain declares."""

from __future__ import annotations

import pytest
from flask_migrate import check, downgrade, history, upgrade
from sqlalchemy import inspect, select

from portal.domain.account import Account
from portal.domain.base import Base
from portal.store.audit_events import broken_links
from portal.store.database import db, read
from tests.rig.people import apply_as
from tests.rig.tools import ROOT

VERSIONS = sorted((ROOT / "portal/store/migrations/versions").glob("*.py"))


def tables() -> set[str]:
    return {name for name in inspect(db.engine).get_table_names() if not name.startswith("unit_search")}


def test_models_are_what_the_migrations_make(app):
    with app.app_context():
        check()
        assert tables() == {*Base.metadata.tables, "alembic_version"}


def test_up_and_down_and_up_again_from_nothing(new_database, make_app):
    app = make_app(DATABASE_URL=new_database())
    with app.app_context():
        assert tables() == set()
        for _ in range(2):
            upgrade()
            check()
            downgrade(revision="base")
            assert tables() <= {"alembic_version"}


def test_each_step_down_and_up_again_with_data(app, make_person):
    make_person("fox")
    with app.app_context():
        for steps in range(1, len(VERSIONS)):
            downgrade(revision=f"-{steps}")
            upgrade()
            assert read().scalars(select(Account.name)).all() == ["fox"]
            assert broken_links(read()) == []
            read().rollback()


def test_down_to_nothing_with_data_and_up_again(app, make_person):
    make_person("fox")
    with app.app_context():
        downgrade(revision="base")
        assert tables() <= {"alembic_version"}
        upgrade()
        check()
    assert app.test_cli_runner().invoke(args=["portal", "load-units"]).exit_code == 0
    with app.app_context():
        assert apply_as(app, "fox").name == "fox"


def test_a_missing_column_would_be_found(app):
    from sqlalchemy import Column, Integer

    table = Base.metadata.tables["account"]
    table.append_column(Column("planted", Integer))
    try:
        with app.app_context(), pytest.raises(SystemExit):
            check()
    finally:
        table._columns.remove(table.c.planted)


def test_there_is_one_line_of_versions(app, capsys):
    with app.app_context():
        history()
    assert capsys.readouterr().out.count("(head)") <= 1
    heads = [path for path in VERSIONS if "down_revision = None" in path.read_text(encoding="utf-8")]
    assert len(heads) == 1
