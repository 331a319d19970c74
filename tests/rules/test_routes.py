"""Silence means closed: every route says who may call it, and the table of routes and roles is up to date."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.rules.markup import offences
from tests.rules.routes import EVERYONE, TABLE, access, bare_portal, silent, table


@pytest.fixture(scope="module")
def portal() -> Iterator[Flask]:
    """With the demonstration's pages: they are routes too."""
    with bare_portal(PORTAL_DEMO=True) as app:
        yield app


def test_every_route_says_who_may_call_it(portal: Flask) -> None:
    assert silent(portal) == [], "mark it with @requires(Permission.…) or @open_to_everyone"


def test_a_silent_route_would_be_found() -> None:
    app = Flask("planted")
    app.add_url_rule("/loud", "loud", _said)
    app.add_url_rule("/silent", "silent", lambda: "x")
    assert silent(app) == ["silent"]
    assert "GET" in table(app)
    assert "SILENT" in table(app)


def test_the_table_of_routes_and_roles_is_up_to_date(portal: Flask) -> None:
    assert TABLE.read_text(encoding="utf-8") == table(portal), (
        "is the change meant? python -m tests.rules.routes"
    )


def test_every_permission_is_asked_for_and_held(portal: Flask) -> None:
    from portal.domain.permission import ROLES, Permission

    asked = {access(portal, rule) for rule in portal.url_map.iter_rules()} - {EVERYONE}
    held = {may.value for has in ROLES.values() for may in has}
    assert {may.value for may in Permission} == held, "a permission that no role holds opens nothing"
    assert asked <= held
    assert [may.name for may in Permission] == sorted(may.name for may in Permission), "alphabetical"


def test_the_demonstration_is_not_there_in_production(portal: Flask) -> None:
    with bare_portal() as production:
        here = {rule.endpoint for rule in production.url_map.iter_rules()}
    there = {rule.endpoint for rule in portal.url_map.iter_rules()}
    assert {endpoint.split(".")[0] for endpoint in there - here} == {"demo"}


def test_reading_changes_nothing(portal: Flask) -> None:
    """Acts are POST: no address answers both a plain visit and the act with the same view."""
    acts = {"POST", "PUT", "PATCH", "DELETE"}
    mixed = [
        rule.endpoint
        for rule in portal.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and acts & rule.methods
    ]
    assert mixed == []


def _said() -> str:
    return offences.__name__


_said.portal_access = EVERYONE  # type: ignore[attr-defined]
