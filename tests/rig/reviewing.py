"""What a reviewer decides, and what became of it; needs an application context."""

from __future__ import annotations

from sqlalchemy import select

from portal.domain.account import Account
from portal.domain.actor import Circumstance
from portal.domain.application import Application, PermissionRequest, RequestState
from portal.domain.audit import AuditEvent, EventType
from portal.domain.offers import WantedPermission
from portal.store.database import read
from portal.store.grants import grants_of
from portal.usecases.review.decide_requests import Decided, decide_requests
from portal.usecases.review.report_decisions import Decision
from tests.rig.smis import SMIS, SmisPerson

YES, NO, BACK = (Decision(RequestState.APPROVED), Decision(RequestState.REFUSED, "本單位不需要"),
                 Decision(RequestState.RETURNED, "請補填分機"))  # fmt: skip
THREE = ("ppe", "antivenoms", "hiv-tb-drugs")
MANAGES = tuple(WantedPermission(key, "manager") for key in THREE)
WANTS = tuple(WantedPermission(key, "handler") for key in THREE)


def application(person: SmisPerson) -> Application:
    """Their newest application, as it is now."""
    read().rollback()
    query = select(Application).where(Application.account_id == person.row).order_by(Application.id.desc())
    return read().scalars(query.execution_options(populate_existing=True)).all()[0]


def requests(person: SmisPerson) -> dict[str, PermissionRequest]:
    """What it asks for, by permission."""
    return {request.permission: request for request in application(person).requests}


def account(person: SmisPerson) -> Account:
    """Their account, as it is now."""
    read().rollback()
    return read().get_one(Account, person.row, populate_existing=True)


def held(person: SmisPerson) -> set[tuple[str, str]]:
    """Permission and role of what they hold."""
    read().rollback()
    return {(grant.permission, grant.role) for grant in grants_of(read(), person.row)}


def decide(person: SmisPerson, at: Circumstance, version: int | None = None, **wanted: Decision) -> Decided:
    """Decide by permission (`hiv_tb_drugs` for hiv-tb-drugs)."""
    known, found = requests(person), application(person)
    chosen = {known[key.replace("_", "-")].public_id: decision for key, decision in wanted.items()}
    return decide_requests(SMIS, found.public_id, chosen, version or found.version, at)


def events(kind: EventType) -> list[AuditEvent]:
    """What was written down of this kind, oldest first."""
    return list(read().scalars(select(AuditEvent).where(AuditEvent.type == kind).order_by(AuditEvent.id)))
