"""Routes as they answer: closed ones send a visitor away before anything is done, open pages hold no offence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from portal.domain.permission import ROLES
from tests.rig.people import Person, sign_in
from tests.rules.markup import offences
from tests.rules.routes import EVERYONE, access

ONE_DATABASE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
"""These tests ask nothing of the database that depends on its kind."""
GUESSES = {"zone": "authority", "system": "hwms"}


@pytest.fixture
def app_settings() -> dict[str, Any]:
    """With the demonstration's pages."""
    return {"PORTAL_DEMO": True, "PUBLIC_ORIGIN": "http://127.0.0.1:8000"}


@pytest.fixture
def closed_or_open(app: Flask) -> FlaskClient:
    """A visitor to whom the form's own token is no obstacle: the answer must come from the route's mark."""
    app.config["WTF_CSRF_ENABLED"] = False
    return app.test_client()


def addresses(app: Flask, open_ones: bool, *guessed: str) -> Iterator[tuple[Rule, str]]:
    """Addresses of open or closed routes whose variables are all in `guessed`."""
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if rule.endpoint != "static" and (access(app, rule) == EVERYONE) is open_ones:
                values = {name: GUESSES.get(name, "1") for name in rule.arguments}
                if "*" in guessed or rule.arguments <= set(guessed):
                    yield rule, app.url_map.bind("localhost").build(rule.endpoint, values)


@ONE_DATABASE
def test_a_visitor_is_sent_away_from_closed_routes(app: Flask, closed_or_open: FlaskClient) -> None:
    asked = 0
    for rule, address in addresses(app, False, "*"):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            answer = closed_or_open.open(address, method=method)
            asked += 1
            assert answer.status_code == 303, f"{method} {address} answered {answer.status}"
    assert asked > 0


@ONE_DATABASE
@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_what_the_table_says(
    role: str | None,
    app: Flask,
    closed_or_open: FlaskClient,
    make_person: Callable[..., Person],
    make_desk: Callable[..., Person],
) -> None:
    kinds = {None: "general", "accounts": "unit-administrator"}
    sign_in(closed_or_open, make_person(kind=kinds[role]) if role in kinds else make_desk())
    held = {may.value for may in ROLES[role]}
    # Signing out comes last: afterwards every answer would be a visitor's.
    closed = sorted(
        addresses(app, False, "*"), key=lambda pair: (pair[0].endpoint == "account.sign_out", pair[1])
    )
    for rule, address in closed:
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            answer = closed_or_open.open(address, method=method)
            may = access(app, rule) in held
            assert (answer.status_code != 403) is may, f"{method} {address} answered {answer.status}"


@ONE_DATABASE
def test_open_pages_hold_no_offence(app: Flask, client: FlaskClient) -> None:
    read = 0
    for rule, address in addresses(app, True, "zone", "system"):
        if "GET" in (rule.methods or ()):
            answer = client.get(address)
            if answer.mimetype == "text/html":
                read += 1
                assert offences(answer.text) == [], address
    assert read > 0
