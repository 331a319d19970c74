"""People with accounts, made the way real ones are: they apply, prove their address, and are reviewed."""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.domain.actor import Circumstance
from portal.domain.offers import WantedPermission
from tests.rig.second_proof import code_in, give_authenticator
from tests.rig.settings import TEST_SETTINGS

BUREAU = ("county-bureau", "EPB-65000")
MINISTRY = ("ministry", "MOENV-EMA")
CLEANING_TEAM = ("cleaning-team", "CT-65000010")
STATES = ("waiting", "proved", "reviewed", "active")
"""Nothing done yet; address proved; review done; both, so the account is in use."""

_numbers = itertools.count(1)
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


@dataclass(frozen=True)
class Person:
    """Somebody with an account, and what they know."""

    system: str
    zone: str
    name: str
    email: str
    password: str
    holder: str
    account_id: str
    application_id: str | None

    @property
    def home(self) -> str:
        """The sign-in page of their system."""
        return f"/{self.zone}/{self.system}/"


def circumstance(app: Flask, now: datetime | None = None, **more: Any) -> Circumstance:
    """The time and place of an act, for calling use-cases; each from an address of its own."""
    number = next(_numbers)
    address = f"198.51.{number // 250 % 100}.{number % 250}"
    return Circumstance(
        now or datetime.now(UTC), address, f"test-{number}", app.extensions["portal-settings"], **more
    )


@pytest.fixture
def make_person(app: Flask) -> Callable[..., Person]:
    """Call it for somebody with an account: `make_person("fox", unit=BUREAU, kind="general", state="active")`."""

    def make(name: str = "fox", **details: Any) -> Person:
        with app.app_context():
            return apply_as(app, name, **details)

    return make


@pytest.fixture
def make_desk(app: Flask) -> Callable[..., Person]:
    """Call it for somebody at the service desk of the portal, who serves every system."""

    def make(name: str = "desk") -> Person:
        with app.app_context():
            return invite(app, name)

    return make


def apply_as(
    app: Flask,
    name: str,
    unit: tuple[str, str] = BUREAU,
    kind: str = "general",
    state: str = "active",
    holder: str = "張小美",
    system: str = "hwms",
    password: str = "Zx7#vmRkqLwp",
) -> Person:
    """An account of this kind in this unit, brought to `state`; its name is `name`, if that is free."""
    from portal.store.accounts import locked
    from portal.store.applications import application_by_public_id
    from portal.store.database import read, write
    from portal.usecases.apply.apply_for_account import apply_for_account
    from portal.usecases.apply.write_application import Submission
    from portal.usecases.read_systems import systems

    assert state in STATES
    found, at, email = systems()[system], circumstance(app), f"{name}@example.com"
    offered = [offer.key for group in found.permissions_for(unit[0]).values() for offer in group]
    answers = {"email": email, "name": holder, "gender": "female", "phone": "0225569785"}
    wanted = tuple(map(WantedPermission, offered[:3]))
    submission = Submission(*unit, kind, wanted, password, answers, f"nonce-{at.request_id}")
    application_id = apply_for_account(found, submission, at)
    application = application_by_public_id(read(), application_id)
    assert application is not None
    with write() as session:
        account = locked(session, application.account_id)
        _bring_to(session, found, account, state, at)
        return Person(
            system, found.zone, account.name, email, password, holder, account.public_id, application_id
        )


def invite(
    app: Flask, name: str, system: str = "portal", password: str = "quiet river under pale stones 47"
) -> Person:
    """An administrator who took up their invitation."""
    from portal.store.accounts import account_by_name, locked
    from portal.store.credentials import hash_password, set_password
    from portal.store.database import write
    from portal.usecases.operate.invite_administrator import invite_administrator
    from portal.usecases.read_systems import systems

    found, at, email = systems()[system], circumstance(app), f"{name}@example.com"
    account_name, _ = invite_administrator(found, email, "服務台", at)
    hashed = hash_password(password, at.settings.pepper, at.settings.bcrypt_cost)
    with write() as session:
        row = account_by_name(session, system, account_name)
        assert row is not None
        account = locked(session, row.id)
        set_password(session, account.id, hashed, at.now)
        _bring_to(session, found, account, "active", at)
        return Person(system, found.zone, account.name, email, password, "服務台", account.public_id, None)


def _bring_to(session: Any, system: Any, account: Any, state: str, at: Circumstance) -> None:
    from portal.domain.application import ApplicationState
    from portal.store.applications import (
        change_application,
        give_proof,
        latest_application,
    )
    from portal.store.grants import grant_permissions
    from portal.usecases.entry.sign_in import needs_second_proof
    from portal.usecases.review.activate_account import activate_if_complete

    if state in {"proved", "active"}:
        give_proof(session, account, "email-link", at.now)
    application = latest_application(session, account)
    if state in {"reviewed", "active"} and application:
        wanted = [WantedPermission(request.permission) for request in application.requests]
        grant_permissions(session, account, wanted, at.now, account.id)
        change_application(session, application, ApplicationState.DECIDED, at.now)
        account.reviewed_at = at.now
        session.flush()
    activate_if_complete(session, system, account, at)
    if state == "active" and needs_second_proof(session, system, account):
        give_authenticator(session, account, at.now, at.settings)


def csrf_token(client: FlaskClient, address: str) -> str:
    """The form's own token, from a page with a form."""
    found = _TOKEN.search(client.get(address).text)
    assert found, f"{address} has no form"
    return html.unescape(found.group(1))


def sign_in(client: FlaskClient, person: Person) -> str:
    """Type name and password on the system's own page, and the code where one is asked for; where that leads."""
    data = {"name": person.name, "password": person.password, "csrf_token": csrf_token(client, person.home)}
    answer = client.post(f"{person.home}session", data=data)
    if answer.location == f"{person.home}second-proof":
        app = client.application
        clock = app.config.get("CLOCK")
        code = code_in(app, person.system, person.name, clock() if clock else None)
        token = csrf_token(client, answer.location)
        answer = client.post(answer.location, data={"code": code, "csrf_token": token})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def captcha_digits(markup: str) -> str:
    """What a person reads in the captcha's picture on this page."""
    from portal.config import read_settings
    from portal.proofs import captcha

    found = re.search(r"/captcha/([^\"/?]+)\.png", markup)
    assert found, "there is no captcha on this page"
    key = read_settings(environ={}, **TEST_SETTINGS).key("captcha")
    return captcha.answer(key, html.unescape(found.group(1)))
