"""Somebody who signs in with a card again and again: challenges are asked for and signed before a round begins."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from portal.domain.actor import Circumstance
from portal.domain.card_challenge import CardPurpose
from portal.store.accounts import account_by_name
from portal.store.database import read
from portal.usecases.card.bind_demonstration_card import bind_demonstration_card
from portal.usecases.card.prove_card import ask_card
from portal.usecases.card.trust_authorities import refresh_revocation_lists
from portal.usecases.read_systems import systems
from tests.bench.jobs import POSTS, Job
from tests.bench.load import Stream
from tests.bench.people import SYSTEM
from tests.bench.servers import CannotMeasure, Server
from tests.bench.visitors import HOME, Visitor
from tests.rig.card_answers import Card, pkcs7

PAGE = f"{HOME}card"


def bind_card(app: Flask, name: str, card: Card, folder: Path) -> None:
    """Take the lists in, as the nightly job does, and bind the card to this account."""
    at = _now(app)
    refresh_revocation_lists(at.settings, at.now)
    (folder / "certificate.pem").write_bytes(card.certificate.public_bytes(serialization.Encoding.PEM))
    private = card.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    with app.app_context():
        account = account_by_name(read(), SYSTEM, name)
        assert account
        bind_demonstration_card(systems()[SYSTEM], account, folder, at)


def card_job(app: Flask, server: Server, card: Card) -> Job:
    """The line of the table: everything that a sign-in with a card costs the server, its page and challenge apart."""
    forms = card_forms(app, server, card)

    def streams(seconds: float) -> list[Stream]:
        return [Stream(server.port, forms(POSTS), seconds, [303], again=False)]

    return Job("cards", "card sign-in, whole", server, streams)


def card_forms(app: Flask, server: Server, card: Card) -> Callable[[int], list[str]]:
    """Call it for so many sign-ins that are ready to be sent: each is good once, for two minutes."""
    visitor = Visitor(server)
    visitor.get(PAGE)
    cookies = SecureCookieSessionInterface().get_signing_serializer(app)
    assert cookies
    browser = str(cookies.loads(visitor.cookies[app.config["SESSION_COOKIE_NAME"]])["card"])

    def form() -> str:
        challenge = ask_card(systems()[SYSTEM], CardPurpose.SIGN_IN, browser, _now(app))
        signature = base64.b64encode(pkcs7(card, challenge.encode()).signature).decode()
        return visitor.form(f"{PAGE}/session", challenge=challenge, shape="pkcs7", signature=signature)

    def forms(number: int) -> list[str]:
        with app.app_context():
            return [form() for _ in range(number)]

    head, _, body = forms(1)[0].partition("\r\n\r\n")
    status, _, page = server.ask("POST", f"{PAGE}/session", _headers(head), body)
    if status != 303:
        raise CannotMeasure(f"the card does not sign in: {status}\n{page[:2000]}")
    return forms


def _headers(head: str) -> dict[str, str]:
    pairs = (line.split(": ", 1) for line in head.splitlines()[1:])
    return {name: value for name, value in pairs if name in ("Cookie", "X-Forwarded-For")}


def _now(app: Flask) -> Circumstance:
    return Circumstance(datetime.now(UTC), "127.0.0.1", "bench", app.extensions["portal-settings"])
