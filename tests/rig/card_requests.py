"""What the script of a page with cards sends, for tests without a browser."""

from __future__ import annotations

import base64
import re

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.rig.card_popup import HeldCard
from tests.rig.people import Person, csrf_token, sign_in

CARD = "/authority/hwms/card"
CERTIFICATES = "/account/certificates"
CHALLENGE = re.compile(r'data-challenge="([^"]+)"')


def htmx(target: str) -> dict[str, str]:
    return {"HX-Request": "true", "HX-Target": target}


def ask(client: FlaskClient, purpose: str = "login", page: str = CARD, of: str = CARD) -> str:
    """The challenge that the page's script asks for; `of`: the card pages of which system."""
    data = {"csrf_token": csrf_token(client, page), "purpose": purpose}
    answer = client.post(f"{of}/challenge", data=data, headers=htmx("card-challenge"))
    assert answer.status_code == 200, answer.text
    found = CHALLENGE.search(answer.text)
    assert found, answer.text
    return found.group(1)


def send(
    client: FlaskClient,
    address: str,
    held: HeldCard,
    challenge: str,
    page: str = CARD,
    bare: bool = False,
    changed: dict[str, str] | None = None,
) -> TestResponse:
    """What the page sends when the card has signed."""
    made = held.answer(challenge.encode(), bare)
    data = {
        "csrf_token": csrf_token(client, page),
        "challenge": challenge,
        "shape": made.shape,
        "signature": base64.b64encode(made.signature).decode(),
        "certificate": base64.b64encode(made.certificate or b"").decode(),
    }
    return client.post(address, data={**data, **(changed or {})})


def bind(client: FlaskClient, person: Person, held: HeldCard) -> TestResponse:
    """Sign in with the password and add the card."""
    sign_in(client, person)
    return send(client, CERTIFICATES, held, ask(client, "bind", CERTIFICATES), CERTIFICATES)
