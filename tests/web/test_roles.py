"""Who gets where: every route of the URL map, as a stranger, a holder, an administrator and the service desk."""

from __future__ import annotations

import pytest
from flask import url_for

from portal.domain.permission import ROLES
from tests.rig.people import csrf_token, sign_in
from tests.rig.visits import ACCOUNTS, ADMIN, send, signed_in_client
from tests.rules.routes import EVERYONE, FRAMEWORK, access

VISITORS = ("stranger", "holder", "reviewer", "desk")
REVIEWS = {"holder": None, "reviewer": "accounts", "desk": "every-system"}
STAYS = {"account.sign_out"}
"""Would end the session that the other routes need."""


@pytest.fixture
def browsers(app, make_person, make_desk):
    """One of each, and an account within everybody's reach."""
    fox = make_person("fox", state="waiting")
    people = {
        "holder": make_person("holder"),
        "reviewer": make_person("boss", kind="unit-administrator"),
        "desk": make_desk(),
    }
    return fox, {"stranger": app.test_client(), **{k: signed_in_client(app, p) for k, p in people.items()}}


def routes(app, fox):
    """Endpoint, method, address and what each route asks for."""
    found = []
    values = {
        "zone": "authority", "system": "hwms", "account_id": fox.account_id, "public_id": fox.application_id,
        "id": "x", "key": "open-data", "token": "x", "what": "ending",
    }  # fmt: skip
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if rule.endpoint in FRAMEWORK | STAYS:
                continue
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                address = url_for(rule.endpoint, **{name: values[name] for name in rule.arguments})
                found.append((rule.endpoint, method, address, access(app, rule)))
    return found


def may(visitor: str, asked: str) -> bool:
    held = {permission.value for permission in ROLES[REVIEWS[visitor]]} if visitor in REVIEWS else set()
    return asked == EVERYONE or asked in held


def test_every_route_and_every_visitor(app, browsers):
    fox, clients = browsers
    tokens = {
        visitor: csrf_token(client, "/authority/hwms/verification") for visitor, client in clients.items()
    }
    wrong, seen = [], set()
    for endpoint, method, address, asked in routes(app, fox):
        for visitor, client in clients.items():
            data = {"csrf_token": tokens[visitor]} if method == "POST" else None
            answer = client.open(address, method=method, data=data)
            if endpoint == "administration.home":
                expected = {"stranger": {200}, "holder": {403}, "reviewer": {303}, "desk": {303}}[visitor]
            elif may(visitor, asked):
                expected = {200, 204, 303, 400, 404, 409, 410, 422}
            elif visitor == "stranger":
                expected = {303}
            else:
                expected = {403}
            seen.add((visitor, may(visitor, asked)))
            if answer.status_code not in expected:
                wrong.append(f"{visitor} {method} {address}: {answer.status_code}")
            if not may(visitor, asked) and fox.email in answer.text:
                wrong.append(f"{visitor} {method} {address} tells who is inside")
    assert not wrong, "\n".join(wrong)
    assert seen == {(visitor, allowed) for visitor in VISITORS for allowed in (True, False)} - {
        ("desk", False)
    }


def test_strangers_are_led_to_the_sign_in_of_the_place_they_wanted(app, browsers):
    fox, clients = browsers
    for _, method, address, asked in routes(app, fox):
        if asked == EVERYONE or method != "GET":
            continue
        target = clients["stranger"].get(address).headers["Location"]
        assert target == (ADMIN if "/hwms/" in address else "/authority/"), address


def test_the_desk_administers_every_system_and_the_others_their_own(app, browsers):
    _, clients = browsers
    statuses = {
        visitor: [
            client.get(f"/authority/{key}/administration/accounts").status_code for key in ("hwms", "portal")
        ]
        for visitor, client in clients.items()
    }
    assert statuses == {
        "stranger": [303, 303], "holder": [403, 403], "reviewer": [200, 404], "desk": [200, 200],
    }  # fmt: skip


def test_systems_and_zones_that_are_not_there(app, browsers):
    fox, clients = browsers
    for _, method, address, _ in routes(app, fox):
        if "/authority/hwms" in address:
            for wrong in ("/citizen/hwms", "/authority/nothing", "/nowhere/hwms"):
                other = address.replace("/authority/hwms", wrong)
                data = {"csrf_token": csrf_token(clients["desk"], "/authority/hwms/verification")}
                answer = clients["desk"].open(other, method=method, data=data if method == "POST" else None)
                assert answer.status_code == 404, other


@pytest.mark.parametrize("wanted", [ACCOUNTS, ADMIN, "/authority/smis/administration/requests", "/nowhere"])
def test_what_somebody_else_wanted_is_dropped_at_sign_in(app, client, make_person, make_desk, wanted):
    def where_it_leads(person):
        with client.session_transaction() as kept:
            kept["next"] = wanted
        return sign_in(client, person)

    assert where_it_leads(make_person("fox")) == "/account/", "not a page that answers 403"
    send(client, "/account/session-end")
    assert where_it_leads(make_desk()) == ("/account/" if wanted == "/nowhere" else wanted)
