"""The rows of an application: its account, its requests on their way to the reviewers, itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from portal.domain.account import Account, AccountState, holder_values
from portal.domain.account_name import base_name
from portal.domain.actor import Circumstance
from portal.domain.application import (
    Application,
    ApplicationPurpose,
    ApplicationState,
    PermissionRequest,
    new_case_number,
)
from portal.domain.base import new_public_id
from portal.domain.offers import WantedPermission
from portal.domain.personal_number import PersonalNumber
from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem
from portal.domain.unit import Unit
from portal.store.accounts import HolderHasOne, add_account
from portal.store.applications import add_application, await_proofs
from portal.store.sealed import blind_index, seal
from portal.usecases.apply.find_holder import WAITING, identity_key
from portal.usecases.review.route_request import route_request


@dataclass(frozen=True)
class Submission:
    """A form whose fields were each read; `answers` are the cleaned values by field key.

    `key` is the same for the same form sent twice. `password` is "" and `identity` None where the
    system does not ask for them.
    """

    unit_kind: str
    unit_code: str
    account_kind: str
    permissions: tuple[WantedPermission, ...]
    password: str
    answers: dict[str, Any]
    key: str
    identity: PersonalNumber | None = None


def new_account(
    session: Session,
    system: InformationSystem,
    submission: Submission,
    unit: Unit,
    at: Circumstance,
) -> Account:
    """A pending account under the next free name, with the proofs that its system waits for.

    Raises `Refusal` where the holder applied from another browser at the same moment.
    """
    identity: dict[str, Any] = {}
    if number := submission.identity:
        key = identity_key(at)
        identity = {
            "identity_index": blind_index(key, number.text),
            "identity_last_four": number.last_four,
            "sealed_identity": seal(key, number.text),
        }
    values = {
        "system": system.key,
        "kind": submission.account_kind,
        "state": AccountState.PENDING,
        "unit_id": unit.id,
        "unit_path": unit.path,
        "created_at": at.now,
        **holder_values(submission.answers),
        **identity,
    }
    try:
        account = add_account(session, base_name(submission.answers["email"]), values)
    except HolderHasOne:
        raise Refusal(WAITING, status=409, code="application-waiting") from None
    proofs = [kind for kind in system.active_when if kind != "review"]
    await_proofs(session, account, proofs)
    return account


def new_application(
    session: Session,
    system: InformationSystem,
    submission: Submission,
    account: Account,
    unit: Unit,
    purpose: ApplicationPurpose,
    at: Circumstance,
) -> Application:
    """Keep the application as it was sent, with its requests; returns what stands in its row."""
    values = {
        "public_id": new_public_id(),
        "case_number": new_case_number(system.short, at.now),
        "account_id": account.id,
        "purpose": purpose,
        "submission_key": submission.key,
        "state": ApplicationState.SUBMITTED,
        "answers": submission.answers,
        "notice_version": system.notice.version if system.notice else "",
        "agreed_at": at.now,
        "submitted_at": at.now,
        "version": 1,
    }
    asked = [_request(session, system, account.id, unit, wanted) for wanted in submission.permissions]
    application_id = add_application(session, values, asked)
    return Application(id=application_id, **values)


def new_request(
    session: Session, system: InformationSystem, account_id: int, unit: Unit, wanted: WantedPermission
) -> PermissionRequest:
    """A request for the unit's reviewers, on its way to them."""
    return PermissionRequest(**_request(session, system, account_id, unit, wanted))


def _request(
    session: Session, system: InformationSystem, account_id: int, unit: Unit, wanted: WantedPermission
) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "system": system.key,
        "unit_id": unit.id,
        "unit_path": unit.path,
        "review_path": route_request(session, system, wanted.permission, unit.path, account_id),
        "permission": wanted.permission,
        "role": wanted.role,
        "options": list(wanted.options),
    }
