"""Visits of a browser without a screen: forms as the page gives them, filled in and sent."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.proofs import captcha
from tests.rig.acts import PASSWORD, newest_link
from tests.rig.pages import PageText, read_page
from tests.rig.people import Person, circumstance, csrf_token

HOME = "/authority/hwms/"
APPLY = f"{HOME}application"
ADMIN = f"{HOME}administration/"
ACCOUNTS = f"{ADMIN}accounts"


def solved(app: Flask, challenge: str) -> str:
    """The digits of a captcha."""
    return captcha.answer(app.extensions["portal-settings"].key("captcha"), challenge)


def filled(app: Flask, client: FlaskClient, **changes: Any) -> dict[str, Any]:
    """The application, filled in well but for `changes`; None takes a field away."""
    page = read_page(client.get(APPLY).text)
    form = {
        "csrf_token": page.value("csrf_token"),
        "captcha_id": page.value("captcha_id"),
        "captcha": solved(app, page.value("captcha_id")),
        "unit_kind": "county-bureau",
        "unit": "EPB-65000",
        "email": "fox52fox@ntpc.gov.tw",
        "name": "黃小狐",
        "gender": "female",
        "password": PASSWORD,
        "password_again": PASSWORD,
        "phone": "02-25569785",
        "phone_extension": "12",
        "fax": "02-23117722",
        "account_kind": "general",
        "permissions": ["single-use-products", "plastic-microbeads"],
        "consent": "y",
        **changes,
    }
    return {name: value for name, value in form.items() if value is not None}


def send(client: FlaskClient, address: str, data: dict[str, Any] | None = None, **more: Any) -> TestResponse:
    """Post a form with the token of a page that this browser has open."""
    token = csrf_token(client, "/authority/hwms/verification")
    return client.post(address, data={"csrf_token": token, **(data or {})}, **more)


def page_of(answer: TestResponse, status: int = 200) -> PageText:
    """The page that came back."""
    assert answer.status_code == status, (answer.status_code, answer.text[:2000])
    return read_page(answer.text)


def open_letter(app: Flask, client: FlaskClient, address: str, kind: str) -> TestResponse:
    """Follow the newest letter's link as far as the page that it leads to."""
    with app.app_context():
        token = newest_link(address, kind, circumstance(app))
    answer = client.get(f"/letter/{token}")
    assert answer.status_code == 303, answer.text
    return client.get(answer.headers["Location"])


def signed_in_client(app: Flask, person: Person) -> FlaskClient:
    """A browser of somebody who has signed in."""
    from tests.rig.people import sign_in

    client = app.test_client()
    sign_in(client, person)
    return client
