"""Nothing is changed by a form that is not ours: every route that acts, without and with somebody else's token."""

from __future__ import annotations

import pytest
from flask import url_for
from sqlalchemy import func, select

from portal.domain.base import Base
from tests.rig.pages import read_page
from tests.rig.people import csrf_token
from tests.rig.visits import APPLY, filled, signed_in_client


def acting_addresses(app, person) -> list[tuple[str, str]]:
    """Method and address of everything that acts, with values that would work."""
    values = {
        "zone": "authority", "system": "hwms", "account_id": person.account_id, "public_id": person.application_id,
        "id": "x", "key": "x", "token": "x",
    }  # fmt: skip
    found = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            for method in sorted((rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}):
                named = {name: values[name] for name in rule.arguments}
                found.append((method, url_for(rule.endpoint, **named)))
    return found


def contents(session) -> dict[str, int]:
    session.rollback()
    return {
        table.name: session.scalar(select(func.count()).select_from(table))
        for table in Base.metadata.sorted_tables
    }


@pytest.fixture
def everything(app, make_person, make_desk):
    """A browser with every right, a waiting account, and the addresses that act."""
    person = make_person("fox", state="waiting")
    client = signed_in_client(app, make_desk())
    return client, acting_addresses(app, person)


FORM = {"act": "deletion", "name": "desk", "email": "fox@example.com", "size": "large", "reason": "x"}


def test_without_a_token(everything, session):
    client, addresses = everything
    before = contents(session)
    assert len(addresses) >= 15
    for method, address in addresses:
        answer = client.open(address, method=method, data=FORM)
        assert answer.status_code == 400, address
        assert "Set-Cookie" not in answer.headers or "text_size" not in answer.headers["Set-Cookie"]
    assert contents(session) == before
    assert client.get("/account/").status_code == 200, "still signed in"


@pytest.mark.parametrize("token", ["", "x", "somebody's", "IjEi.x.y", "狐"])
def test_with_a_token_that_is_not_this_browsers(app, everything, session, token):
    client, addresses = everything
    if token == "somebody's":
        token = csrf_token(app.test_client(), APPLY)
    before = contents(session)
    for method, address in addresses:
        assert client.open(address, method=method, data={**FORM, "csrf_token": token}).status_code == 400, (
            address
        )
        headers = {"X-CSRFToken": token} if token.isascii() else {}
        assert client.open(address, method=method, data=FORM, headers=headers).status_code == 400, address
    assert contents(session) == before


def test_a_token_in_the_address_is_none(client):
    token = csrf_token(client, APPLY)
    assert (
        client.post(f"/preferences/text-size?csrf_token={token}", data={"size": "large"}).status_code == 400
    )


def test_a_form_that_grew_too_old_offers_to_be_sent_again(app, client):
    data = {**filled(app, client), "csrf_token": "too old"}
    answer = client.post(APPLY, data=data, headers={"Origin": "http://localhost"})
    assert answer.status_code == 400
    again = read_page(answer.text)
    for name in ("email", "name", "phone", "unit"):
        assert again.value(name) == data[name]
    assert "password" not in again.fields
    assert data["password"] not in answer.text
    assert client.post(
        "/preferences/text-size", data={"csrf_token": again.fields["csrf_token"][-1], "size": "large"}
    )


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Referer": "https://evil.example/"},
        {},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_strangers_form_is_not_carried_on(client, headers):
    answer = client.post(APPLY, data={"csrf_token": "x", "email": "planted@evil.example"}, headers=headers)
    assert answer.status_code == 400
    assert "planted" not in answer.text


def test_through_tls_the_form_must_come_from_here(make_app):
    app = make_app(PUBLIC_ORIGIN="https://portal.example.gov.tw")
    client = app.test_client()
    base = "https://portal.example.gov.tw"
    token = read_page(client.get(APPLY, base_url=base).text).fields["csrf_token"][-1]
    data = {"csrf_token": token, "size": "large"}
    for referrer, status in (
        (f"{base}/", 303), ("https://evil.example/", 400), (None, 400), ("http://portal.example.gov.tw/", 400),
    ):  # fmt: skip
        headers = {"Referer": referrer} if referrer else {}
        answer = client.post("/preferences/text-size", data=data, base_url=base, headers=headers)
        assert answer.status_code == status, referrer
