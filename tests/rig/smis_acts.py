"""What people of SMIS and their reviewers do, as calls of use-cases; needs an application context."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from flask import Flask
from sqlalchemy import select

from portal.domain.actor import Circumstance
from portal.domain.application import PermissionRequest, RequestState
from portal.domain.certificate import CardProfile
from portal.domain.certificate_binding import CertificateBinding
from portal.domain.offers import WantedPermission
from portal.domain.refusal import NotFound
from portal.domain.roc_date import TAIPEI
from portal.store.applications import open_application
from portal.store.database import read, write
from portal.store.units import unit_by_code, unit_by_id
from portal.usecases.apply.change_requests import as_seen, undecided
from portal.usecases.apply.keep_draft import Draft, find_draft, keep_draft, prove_draft
from portal.usecases.apply.update_application import ApplicationChanges, begin_update
from portal.usecases.review.decide_requests import decide_requests
from portal.usecases.review.report_decisions import Decision
from tests.rig.acts import acting
from tests.rig.people import circumstance, invite
from tests.rig.smis import SMIS, SmisPerson

ANSWERS: Final[dict[str, Any]] = {"name": "林小苗", "phone": "0229603456"}
"""What people of SMIS say of themselves, beside their address."""


def requests_of(person: SmisPerson) -> list[PermissionRequest]:
    """Every request of somebody's, as it is now."""
    session = read()
    session.rollback()
    query = select(PermissionRequest).where(PermissionRequest.account_id == person.row)
    query = query.order_by(PermissionRequest.id).execution_options(populate_existing=True)
    return list(session.scalars(query))


def undecided_at(person: SmisPerson) -> set[tuple[str, str, str, tuple[str, ...]]]:
    """Unit, permission, role and options of everything that waits."""
    return {
        (unit_by_id(read(), one.unit_id).code, one.permission, one.role, tuple(one.options))
        for one in requests_of(person)
        if one.state in (RequestState.REQUESTED, RequestState.RETURNED)
    }


def decide(app: Flask, person: SmisPerson, permission: str, state: RequestState) -> None:
    """What the service desk decides about something that somebody asks for, in the newest version."""
    application = open_application(read(), person.row)
    waiting = undecided(application) if application else []
    chosen = {
        one.public_id: Decision(state, "請補件。")
        for one in waiting
        if one.permission == permission and one.state is RequestState.REQUESTED
    }
    if application is None or not chosen:
        raise NotFound
    decide_requests(SMIS, application.public_id, chosen, application.version, _desk(app))


def close(app: Flask, code: str) -> None:
    """A unit stops today, as a load tells it."""
    with write() as session:
        unit = unit_by_code(session, code)
        assert unit is not None
        unit.closed_on = circumstance(app).now.astimezone(TAIPEI).date()


def _desk(app: Flask) -> Circumstance:
    """Somebody at the service desk, where nobody manages a category; made once."""
    if "desk of tests" not in app.extensions:
        app.extensions["desk of tests"] = acting(app, invite(app, "desk"))
    found: Circumstance = app.extensions["desk of tests"]
    return found


def seen(person: SmisPerson) -> str:
    """How somebody's open application stands now, as their form keeps it."""
    return as_seen(open_application(read(), person.row))


def asked(app: Flask, person: SmisPerson) -> Draft:
    """The draft of somebody who typed their number and confirmed that they want to change the application."""
    at = circumstance(app)
    draft = keep_draft(SMIS, "", at, personal_number=person.number)
    begin_update(SMIS, draft, at)
    return read_again(app, draft)


def proved(app: Flask, person: SmisPerson) -> Draft:
    """The same after the proof by card."""
    draft = asked(app, person)
    prove_draft(SMIS, draft.id, person.row, circumstance(app))
    return read_again(app, draft)


def read_again(app: Flask, draft: Draft, **later: Any) -> Draft:
    """The draft as it is now, or after a while."""
    at = circumstance(app)
    found = find_draft(SMIS, draft.id, circumstance(app, at.now + timedelta(**later)))
    assert found is not None
    return found


def changes(
    person: SmisPerson, units: Mapping[str, tuple[WantedPermission, ...]] | None = None, **answers: Any
) -> ApplicationChanges:
    """What the form sends when only this is changed."""
    sent = {**ANSWERS, "email": person.email, "name": person.holder, **answers}
    return ApplicationChanges(sent, seen(person), units or {})


def binding(person: SmisPerson, now: datetime) -> CertificateBinding:
    """A card in the name of somebody, bound to their account."""
    return CertificateBinding(
        account_id=person.row, system=SMIS.key, profile=CardProfile.MOICA, issuer_key_id="f" * 40,
        serial="7b", spki_hash="a" * 64, fingerprint="b" * 64, holder_name=person.holder, last_four="6789",
        not_after=now + timedelta(days=900), bound_at=now,
    )  # fmt: skip
