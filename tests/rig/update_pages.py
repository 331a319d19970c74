"""更新申請權限 as a browser without a screen goes through it."""

from __future__ import annotations

import base64
import re
from typing import Any, Final

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.domain.one_time_token import code_text
from tests.rig.acts import letters_to
from tests.rig.card_popup import HeldCard
from tests.rig.card_requests import CHALLENGE, htmx
from tests.rig.pages import PageText, read_page
from tests.rig.people import circumstance, csrf_token
from tests.rig.smis import SmisPerson
from tests.rig.smis_acts import proved

UPDATE: Final = "/authority/smis/application/update"
_PAGE: Final = re.compile(r"<main.*?</main>", re.DOTALL)


def proved_client(app: Flask, person: SmisPerson) -> FlaskClient:
    """A browser whose visitor was proved by card just now."""
    client = app.test_client()
    with app.app_context():
        draft = proved(app, person)
    with client.session_transaction() as cookie:
        cookie["draft:smis"] = draft.id
    return client


def form_of(page: PageText, **changes: Any) -> dict[str, Any]:
    """What the form of the page sends, but for `changes`; None takes a field away."""
    sent: dict[str, Any] = {name: values for name, values in page.fields.items() if values}
    sent |= {"csrf_token": page.value("csrf_token"), "consent": "y", **changes}
    return {name: value for name, value in sent.items() if value is not None}


def send(client: FlaskClient, **changes: Any) -> TestResponse:
    """更新申請 with the page as it stands, but for `changes`."""
    return client.post(f"{UPDATE}/submission", data=form_of(read_page(client.get(UPDATE).text), **changes))


def present_card(client: FlaskClient, held: HeldCard) -> TestResponse:
    """What the script of 身份驗證 does when the card has signed."""
    token = csrf_token(client, f"{UPDATE}/card")
    data = {"csrf_token": token, "purpose": "stepup"}
    asked = client.post("/authority/smis/card/challenge", data=data, headers=htmx("card-challenge"))
    found = CHALLENGE.search(asked.text)
    assert found, asked.text
    made = held.answer(found.group(1).encode())
    signed = {
        "csrf_token": token,
        "challenge": found.group(1),
        "shape": made.shape,
        "signature": base64.b64encode(made.signature).decode(),
        "certificate": base64.b64encode(made.certificate or b"").decode(),
    }
    return client.post(f"{UPDATE}/card", data=signed)


def mailed_code(app: Flask, address: str) -> str:
    """The digits in the newest letter with a code."""
    with app.app_context():
        token_id = letters_to(address, "card-code")[-1].token_id
        assert token_id
        return code_text(circumstance(app).settings.key("one-time-token"), token_id)
