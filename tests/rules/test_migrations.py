"""The migrations give exactly the tables that the domain declares, on both databases, and go back again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import Column, Integer, PrimaryKeyConstraint, Table, UniqueConstraint, inspect

from portal.store.database import db
from tests.rig.prepared import let_go
from tests.rig.settings import TEST_SETTINGS


@pytest.fixture
def empty_portal(new_database: Callable[[], str], tmp_path: Path) -> Iterator[Flask]:
    """The portal on a database in which there is nothing yet."""
    from portal import create_app

    places = {"DATABASE_URL": new_database(), "INSTANCE_PATH": str(tmp_path)}
    app = create_app(**{**TEST_SETTINGS, **places})
    with app.app_context():
        yield app
    let_go(app)


def tables(app: Flask) -> set[str]:
    engine = app.extensions["sqlalchemy"].engine
    return set(inspect(engine).get_table_names())


def test_migrations_are_the_models(empty_portal: Flask) -> None:
    upgrade()
    check()


def test_a_table_without_a_migration_would_be_found(empty_portal: Flask) -> None:
    upgrade()
    metadata = empty_portal.extensions["sqlalchemy"].metadata
    planted = Table("planted", metadata, Column("id", Integer, primary_key=True))
    try:
        with pytest.raises(SystemExit):
            check()
    finally:
        metadata.remove(planted)


def test_migrations_go_down_and_up_again(empty_portal: Flask) -> None:
    upgrade()
    there = tables(empty_portal)
    downgrade(revision="base")
    assert tables(empty_portal) <= {"alembic_version"}
    upgrade()
    assert tables(empty_portal) == there


def test_rows_are_found_by_what_they_belong_to() -> None:
    """Every foreign key leads an index over all rows: without one, each look-up reads the whole table."""
    children_by_path = {"unit.parent_id"}
    bare = set()
    for table in db.metadata.sorted_tables:
        whole = [index for index in table.indexes if index.dialect_options["sqlite"].get("where") is None]
        leading = {next(iter(index.columns)).name for index in whole}
        keys = [key for key in table.constraints if isinstance(key, (PrimaryKeyConstraint, UniqueConstraint))]
        leading |= {next(iter(key.columns)).name for key in keys}
        bare |= {str(key.parent) for key in table.foreign_keys if key.parent.name not in leading}
    assert bare == children_by_path
