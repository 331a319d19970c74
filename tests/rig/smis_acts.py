"""What people of SMIS and their reviewers do, as calls of use-cases; needs an application context."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from flask import Flask
from sqlalchemy import select

from portal.domain.application import PermissionRequest, RequestState
from portal.domain.offers import WantedPermission
from portal.domain.refusal import NotFound, Overtaken
from portal.store.accounts import locked
from portal.store.applications import open_application, renew_application
from portal.store.database import read, write
from portal.store.units import unit_by_id
from portal.usecases.change_requests import state_by_requests, undecided
from portal.usecases.keep_draft import Draft, find_draft, keep_draft, prove_draft
from portal.usecases.update_application import ApplicationChanges, begin_update
from tests.rig.people import circumstance
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
    """Refuse or return what somebody asks for, as a reviewer does who saw the newest version."""
    now = circumstance(app).now
    with write() as session:
        locked(session, person.row)
        application = open_application(session, person.row)
        waiting = undecided(application) if application else []
        found = [
            one for one in waiting if one.permission == permission and one.state is RequestState.REQUESTED
        ]
        if application is None or not found:
            raise NotFound
        for request in found:
            request.state, request.reason, request.decided_at = state, "請補件。", now
            request.decided_by_id = person.row
        session.flush()
        if not renew_application(session, application, state_by_requests(application)):
            raise Overtaken


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
    application = open_application(read(), person.row)
    assert application is not None
    sent = {**ANSWERS, "email": person.email, "name": person.holder, **answers}
    return ApplicationChanges(sent, application.version, units or {})
