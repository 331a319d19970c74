"""The pages of SMIS's application, as a browser without a screen fills them in."""

from __future__ import annotations

from typing import Any, Final

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.rig.pages import read_page
from tests.rig.smis import institution, personal_number
from tests.rig.visits import solved

HOME: Final = "/authority/smis/"
APPLY: Final = f"{HOME}application"
DETAILS: Final = f"{APPLY}/details"
WAITING: Final = f"{APPLY}/waiting"


def choose_unit(app: Flask, client: FlaskClient, code: str | None = None) -> TestResponse:
    """單位查詢 chose this unit (None: a clinic)."""
    token = read_page(client.get(APPLY).text).value("csrf_token")
    return client.post(
        f"{APPLY}/unit", data={"csrf_token": token, "unit": institution(app) if code is None else code}
    )


def identity(app: Flask, client: FlaskClient, number: str = "", **changes: Any) -> dict[str, Any]:
    """The first page filled in well but for `changes`; None takes a field away."""
    page = read_page(client.get(APPLY).text)
    form = {
        "csrf_token": page.value("csrf_token"),
        "captcha_id": page.value("captcha_id"),
        "captcha": solved(app, page.value("captcha_id")) if page.value("captcha_id") else "",
        "captcha_pass": "".join(page.fields.get("captcha_pass", [])),
        "personal_number": number or personal_number(),
        **changes,
    }
    return {name: value for name, value in form.items() if value is not None}


def begin(app: Flask, client: FlaskClient, number: str = "", unit: str | None = None) -> TestResponse:
    """Unit chosen, number typed, 確定 pressed."""
    choose_unit(app, client, unit)
    return client.post(APPLY, data=identity(app, client, number))


def details(client: FlaskClient, **changes: Any) -> dict[str, Any]:
    """The second page filled in well but for `changes`; None takes a field away."""
    form = {
        "csrf_token": read_page(client.get(DETAILS).text).value("csrf_token"),
        "name": "林小苗",
        "phone": "02-2960-3456",
        "phone_extension": "12",
        "email": "clover@example.com",
        "mobile": "0912-345-678",
        "role-ppe": "handler",
        "role-emerging-infection-drugs": "manager",
        "option-emerging-infection-drugs": "covid-19",
        "consent": "y",
        **changes,
    }
    return {name: value for name, value in form.items() if value is not None}
