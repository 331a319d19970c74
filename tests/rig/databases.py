"""A fresh, migrated and seeded database per test, on SQLite and on PostgreSQL."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.rig.postgresql import PostgreSQL, running_server
from tests.rig.prepared import prepare_database

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgreSQL]:
    """One server per test process."""
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that every test's database is a copy of."""
    folder = tmp_path_factory.mktemp("template")
    prepare_database(f"sqlite:///{folder / 'portal.sqlite3'}", folder)
    return folder / "portal.sqlite3"


@pytest.fixture(scope="session")
def postgresql_template(postgresql_server: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The database that every test's database is a copy of."""
    prepare_database(postgresql_server.create("template_portal"), tmp_path_factory.mktemp("template"))
    return "template_portal"


@pytest.fixture(params=BOTH)
def database_kind(request: pytest.FixtureRequest) -> str:
    """`sqlite` or `postgresql`: who uses this runs twice."""
    return str(request.param)


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of the test's own: migrated, with units, without accounts."""
    if database_kind == "sqlite":
        copy = tmp_path / "portal.sqlite3"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), copy)
        yield f"sqlite:///{copy}"
        return
    server: PostgreSQL = request.getfixturevalue("postgresql_server")
    template: str = request.getfixturevalue("postgresql_template")
    name = f"portal_{next(_numbers)}"
    yield server.create(name, template)
    server.drop(name)


@pytest.fixture
def new_database(
    database_kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[], str]]:
    """Call it for the address of a database with nothing in it: for tests of migrations and first starts."""
    if database_kind == "sqlite":
        yield lambda: f"sqlite:///{tmp_path / f'empty_{next(_numbers)}'}.sqlite3"
        return
    server: PostgreSQL = request.getfixturevalue("postgresql_server")
    names: list[str] = []

    def create() -> str:
        names.append(f"empty_{next(_numbers)}")
        return server.create(names[-1])

    yield create
    for name in names:
        server.drop(name)
