"""What people do, as calls of use-cases: apply, read their mail, sign in and act."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from portal.domain.actor import Circumstance
from portal.domain.base import Base
from portal.domain.letter import OutgoingLetter
from portal.domain.offers import WantedPermission
from portal.domain.one_time_token import token_text
from portal.domain.system import InformationSystem
from portal.store.database import read
from portal.usecases.apply.write_application import Submission
from portal.usecases.entry.second_proof import confirm_code
from portal.usecases.entry.sign_in import SignedIn, actor_of, sign_in
from portal.usecases.read_systems import systems
from tests.rig.people import BUREAU, Person, circumstance
from tests.rig.second_proof import fresh_code

HWMS: InformationSystem = systems()["hwms"]
DESK: InformationSystem = systems()["portal"]
PASSWORD = "Zx7#vmRkqLwp"
OTHER_PASSWORD = "Kd4=wTnb8sYf"


def submission(local: str = "fox", nonce: str = "", **changes: Any) -> Submission:
    """A form filled in well, but for what `changes` say; answers are changed by their key."""
    answers = {"email": f"{local}@example.com", "name": "黃小狐", "gender": "female", "phone": "0225569785"}
    values: dict[str, Any] = {
        "unit_kind": BUREAU[0],
        "unit_code": BUREAU[1],
        "account_kind": "general",
        "permissions": ("single-use-products", "plastic-microbeads"),
        "password": PASSWORD,
    }
    for key, value in changes.items():
        (values if key in values else answers)[key] = value
    values["permissions"] = tuple(map(WantedPermission, values["permissions"]))
    return Submission(**values, answers=answers, key=nonce or f"nonce-of-{local}")


def letters_to(address: str, kind: str | None = None) -> list[OutgoingLetter]:
    """Letters in the outbox for an address, oldest first; needs an application context."""
    query = select(OutgoingLetter).where(OutgoingLetter.recipient == address).order_by(OutgoingLetter.id)
    found = read().scalars(query.execution_options(populate_existing=True)).all()
    return [letter for letter in found if kind in (None, letter.kind)]


def link_in(letter: OutgoingLetter, at: Circumstance) -> str:
    """The token in a letter's link."""
    assert letter.token_id
    return token_text(at.settings.key("one-time-token"), letter.token_id)


def newest_link(address: str, kind: str, at: Circumstance) -> str:
    """The token in the newest letter of a kind for an address."""
    return link_in(letters_to(address, kind)[-1], at)


def signed_in(app: Flask, person: Person, now: datetime | None = None, device: str = "") -> SignedIn:
    """A session of this person's, just begun."""
    return signed_in_through(
        systems()[person.system], person.name, person.password, device, circumstance(app, now)
    )


def signed_in_through(
    system: InformationSystem, name: str, password: str, device: str, at: Circumstance
) -> SignedIn:
    """Password, and the code where one is asked for; needs an application context."""
    opened = sign_in(system, name, password, device, at)
    if isinstance(opened, SignedIn):
        return opened
    session = read()
    session.rollback()
    code = fresh_code(session, system.key, name, at.settings, at.now)
    return confirm_code(system, opened.ticket, code, at)


def acting(app: Flask, person: Person, now: datetime | None = None) -> Circumstance:
    """The circumstance of somebody who has signed in."""
    at = circumstance(app, now)
    actor = actor_of(signed_in(app, person, now).token, at)
    assert actor is not None
    return circumstance(app, at.now, actor=actor)


def row_counts() -> dict[str, int]:
    """How many rows each table has; needs an application context."""
    session = read()
    session.rollback()
    tables = Base.metadata.sorted_tables
    return {table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def more_rows(before: dict[str, int]) -> dict[str, int]:
    """What has been added (or removed) since, by table."""
    now = row_counts()
    return {name: now[name] - before[name] for name in now if now[name] != before[name]}
