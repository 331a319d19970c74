"""智慧防疫物資: institutions, applications and people with grants, made through use-cases and stores.

Every function opens an application context of its own.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.domain.account import Account, SuspensionCause
from portal.domain.actor import Circumstance
from portal.domain.application import Application, ApplicationState, RequestState
from portal.domain.offers import WantedPermission
from portal.domain.personal_number import has_check_digit, read_personal_number
from portal.usecases.apply.write_application import Submission
from portal.usecases.read_systems import systems
from tests.rig.people import Person, circumstance

SMIS: Final = systems()["smis"]
CENTRAL: Final = "MOHW-CDC"
BUREAU: Final = "HB-65000"
"""新北市政府衛生局."""
PPE: Final = WantedPermission("ppe", "handler")
COVID: Final = WantedPermission("emerging-infection-drugs", "manager", ("covid-19",))
STATES: Final = ("waiting", "returned", "active", "suspended")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class SmisPerson(Person):
    """Somebody with an account of SMIS: their personal number and unit, and the account's own number."""

    number: str
    unit: str
    row: int


def personal_number(number: int | None = None) -> str:
    """A 身分證字號 whose check digit is right, another one each time."""
    stem = f"A1{(number if number is not None else next(_numbers)) % 10_000_000:07d}"
    return next(stem + str(last) for last in range(10) if has_check_digit(stem + str(last)))


def institution(
    app: Flask,
    code: str = "3501200001",
    name: str = "同泰診所",
    county: str = "新北市",
    businesses: list[str] | None = None,
    closed: bool = False,
) -> str:
    """A clinic below the health bureau of its county (made once); returns its code."""
    from sqlalchemy import select

    from portal.domain.unit import Unit
    from portal.store.database import write
    from portal.store.units import add_unit, unit_by_code

    with app.app_context(), write() as session:
        if unit_by_code(session, code) is None:
            bureau = session.scalars(
                select(Unit).where(Unit.kind == "health-bureau", Unit.county == county)
            ).one()
            unit = Unit(
                kind="medical-institution", code=code, name=name, county=county, businesses=businesses
            )
            if closed:
                unit.closed_on = circumstance(app).now.date()
            add_unit(session, unit, bureau)
    return code


def smis_submission(
    local: str = "clover",
    unit: str = "3501200001",
    unit_kind: str = "medical-institution",
    wanted: tuple[WantedPermission, ...] = (PPE,),
    number: str = "",
    key: str = "",
    **answers: Any,
) -> Submission:
    """A form filled in well, from `local`@example.com; `answers` are changed by their key."""
    typed = {"name": "林小苗", "phone": "0229603456", "email": f"{local}@example.com", **answers}
    identity = read_personal_number(number or personal_number(), "personal_number")
    return Submission(unit_kind, unit, "general", wanted, "", typed, key or f"key-{next(_numbers)}", identity)


def smis_person(
    app: Flask,
    name: str = "clover",
    state: str = "active",
    unit: str | None = None,
    wanted: tuple[WantedPermission, ...] = (PPE,),
    holder: str = "林小苗",
    number: str = "",
    now: datetime | None = None,
) -> SmisPerson:
    """An account of somebody in `unit` (None: a clinic), who asked for `wanted`, brought to `state`.

    `suspended` was active before and is dormant now; who is `active` holds all that was asked for.
    """
    from portal.store.accounts import locked
    from portal.store.applications import application_by_public_id
    from portal.store.database import read, write
    from portal.store.units import unit_by_code
    from portal.usecases.apply.apply_for_account import apply_for_account

    assert state in STATES
    code, number, at = unit or institution(app), number or personal_number(), circumstance(app, now)
    with app.app_context():
        place = unit_by_code(read(), code)
        assert place is not None, code
        sent = smis_submission(name, code, place.kind, wanted, number, name=holder)
        application_id = apply_for_account(SMIS, sent, at)
        with write() as session:
            application = application_by_public_id(session, application_id)
            assert application is not None
            account = locked(session, application.account_id)
            _bring_to(session, account, application, state, at)
            return SmisPerson(
                SMIS.key, SMIS.zone, account.name, account.email, "", holder, account.public_id,
                application_id, number, code, account.id,
            )  # fmt: skip


def bring(app: Flask, person: SmisPerson, state: str) -> None:
    """Bring somebody who waits, or is in use, on to `state`."""
    from portal.store.accounts import locked
    from portal.store.applications import latest_application
    from portal.store.database import write

    with app.app_context(), write() as session:
        account = locked(session, person.row)
        application = latest_application(session, account)
        assert application is not None
        _bring_to(session, account, application, state, circumstance(app))


def smis_actor(app: Flask, person: SmisPerson, now: datetime | None = None) -> Circumstance:
    """The circumstance of somebody who has just signed in, without the card."""
    from portal.usecases.entry.sign_in import actor_of

    at = circumstance(app, now)
    token = _session_of(app, person, at)
    with app.app_context():
        actor = actor_of(token, at)
    assert actor is not None
    return circumstance(app, at.now, actor=actor)


def smis_client(app: Flask, person: SmisPerson, now: datetime | None = None) -> FlaskClient:
    """A browser in which somebody has signed in, without the card."""
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = _session_of(app, person, circumstance(app, now))
        cookie["_fresh"] = True
    return client


def _session_of(app: Flask, person: SmisPerson, at: Circumstance) -> str:
    from portal.store.accounts import locked
    from portal.store.database import write
    from portal.usecases.entry.sign_in import open_for

    with app.app_context(), write() as session:
        return open_for(session, locked(session, person.row), at)


def _bring_to(
    session: Session, account: Account, application: Application, state: str, at: Circumstance
) -> None:
    from portal.store.applications import change_application
    from portal.store.grants import grant_permissions
    from portal.usecases.review.activate_account import activate_if_complete
    from portal.usecases.review.route_request import reroute_requests
    from portal.usecases.suspend_account import suspend

    if state == "waiting":
        return
    decided = RequestState.RETURNED if state == "returned" else RequestState.APPROVED
    for request in application.requests:
        request.state, request.decided_at, request.decided_by_id = decided, at.now, account.id
        request.reason = "請補填分機。" if state == "returned" else None
    if state == "returned":
        change_application(session, application, ApplicationState.RETURNED, at.now)
        return
    asked = [WantedPermission(r.permission, r.role, tuple(r.options)) for r in application.requests]
    grant_permissions(session, account, asked, at.now, account.id)
    change_application(session, application, ApplicationState.DECIDED, at.now)
    account.reviewed_at = at.now
    session.flush()
    activate_if_complete(session, SMIS, account, at)
    for request in application.requests:
        reroute_requests(session, SMIS, request.permission, request.unit_path)
    if state == "suspended":
        suspend(session, SMIS, account, SuspensionCause.DORMANT, at)
