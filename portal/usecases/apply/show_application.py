"""The receipt of an application and its printed form (manual 1 steps 4 and 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from portal.documents.application_form import ApplicationForm, render_application_form
from portal.domain.account import Account, AccountState
from portal.domain.actor import Circumstance
from portal.domain.answers import answered
from portal.domain.application import Application, ApplicationPurpose, ApplicationState, RequestState
from portal.domain.refusal import NotFound
from portal.domain.roc_date import roc_time
from portal.domain.system import InformationSystem
from portal.store.applications import OPEN_STATES, application_by_public_id
from portal.store.database import read
from portal.store.units import unit_by_id
from portal.usecases.apply.choose_unit import unit_label
from portal.usecases.apply.find_holder import masked_identity
from portal.usecases.review.activate_account import outstanding
from portal.usecases.review.review_accounts import account_detail
from portal.usecases.review.tell_permissions import UnitLine, asked_by_unit

Stage = Literal["waiting", "returned", "approved", "refused", "withdrawn", "ended"]
"""Where a case stands: under review, something of it with the applicant, or how it came out."""


@dataclass(frozen=True)
class Receipt:
    """What an applicant keeps: the numbers, what was sent, and where the case stands.

    Whoever sent an application may be a stranger who knows nothing but a number. So all of it comes from
    the application, and nothing from the account of a holder who comes back: `account_name` is "" then.
    `answers` are label and value of what was sent; they and `asked` are None once the holder has changed the
    application behind a card, since this browser need not be theirs. `approved`: something of it is.
    """

    public_id: str
    case_number: str
    account_name: str
    email: str
    submitted_at: datetime
    stage: Stage
    closed_at: datetime | None
    reviewed_at: datetime | None
    outstanding: tuple[str, ...]
    approved: bool
    answers: Sequence[tuple[str, str]] | None
    asked: Sequence[UnitLine] | None


def receipt(system: InformationSystem, public_id: str, at: Circumstance) -> Receipt:
    """The receipt; the web shows it only to the browser that sent the application or proved its
    address. Raises `NotFound`."""
    session = read()
    application, account = _found(session, system, public_id)
    own = application.purpose is ApplicationPurpose.OPEN
    stage = _stage(system, application, account)
    closed_at = account.ended_at if system.review.per == "application" else application.decided_at
    as_sent = application.agreed_at == application.submitted_at
    return Receipt(
        application.public_id,
        application.case_number,
        account.name if own else "",
        application.answers["email"] if as_sent else "",
        application.submitted_at,
        stage,
        closed_at,
        account.reviewed_at if own else None,
        tuple(outstanding(session, system, account)) if own else (),
        any(request.state is RequestState.APPROVED for request in application.requests),
        _told(session, system, application, account, at) if as_sent else None,
        _asked(session, system, application) if as_sent else None,
    )


def print_application(system: InformationSystem, public_id: str) -> tuple[bytes, str]:
    """匯出申請表 as PDF, and its file name, for the applicant. Raises `NotFound`."""
    session = read()
    application, account = _found(session, system, public_id)
    return _print(session, system, application, account)


def print_application_in_reach(
    system: InformationSystem, account_id: str, at: Circumstance
) -> tuple[bytes, str]:
    """匯出申請表 for the administrator of the unit. Raises `NotFound`."""
    detail = account_detail(system, account_id, at)
    if detail.application is None:
        raise NotFound
    return _print(read(), system, detail.application, detail.account)


def _found(session: Session, system: InformationSystem, public_id: str) -> tuple[Application, Account]:
    application = application_by_public_id(session, public_id)
    if application is None:
        raise NotFound
    account = session.get_one(Account, application.account_id)
    if account.system != system.key:
        raise NotFound
    return application, account


def _stage(system: InformationSystem, application: Application, account: Account) -> Stage:
    """Where the whole account is reviewed, the application shares its fate; elsewhere it has its own."""
    if application.state is ApplicationState.WITHDRAWN:
        return "withdrawn"
    if system.review.per == "application":
        if account.state is AccountState.ENDED:
            return "ended"
        return "waiting" if account.state is AccountState.PENDING else "approved"
    states = {request.state for request in application.requests}
    if application.state in OPEN_STATES:
        return "returned" if RequestState.RETURNED in states else "waiting"
    return "approved" if RequestState.APPROVED in states else "refused"


def _units(session: Session, system: InformationSystem, application: Application, account: Account) -> str:
    """所屬單位 as the application names it; one that asks for no permission is about the account's own."""
    asked = [one.unit_id for one in application.requests if one.state is not RequestState.WITHDRAWN]
    home = [account.unit_id] if application.purpose is ApplicationPurpose.OPEN else []
    units = (unit_by_id(session, unit_id) for unit_id in dict.fromkeys(asked or home))
    return "、".join(unit_label(system, unit) for unit in units)


def _told(
    session: Session, system: InformationSystem, application: Application, account: Account, at: Circumstance
) -> list[tuple[str, str]]:
    """Label and value of everything that was sent, the personal number masked; what was left empty is left out."""
    labels = {field.type: field.label for field in system.fields()}
    rows = [(labels["personal-number"], masked_identity(account, at))] if account.sealed_identity else []
    rows.append(("所屬單位", _units(session, system, application, account)))
    rows += answered(system, application.answers)
    if "account-kind" in labels:
        rows.append((labels["account-kind"], _kind_label(system, account)))
    if not system.role:
        rows += [(group, "、".join(words)) for group, words in _asked_labels(system, application)]
    return [(label, value) for label, value in rows if value]


def _asked(session: Session, system: InformationSystem, application: Application) -> Sequence[UnitLine]:
    return asked_by_unit(session, system, application.requests) if system.role else ()


def _asked_labels(system: InformationSystem, application: Application) -> list[tuple[str, list[str]]]:
    wanted = {request.permission for request in application.requests if not request.added_by_reviewer}
    return list(system.permission_labels(wanted).items())


def _kind_label(system: InformationSystem, account: Account) -> str:
    kind = system.account_kind_of(account.kind)
    return kind.label if kind else account.kind


def _print(
    session: Session, system: InformationSystem, application: Application, account: Account
) -> tuple[bytes, str]:
    if system.form is None:
        raise NotFound
    form = ApplicationForm(
        system_title=system.title,
        agency=system.agency,
        case_number=application.case_number,
        submitted_at=roc_time(application.submitted_at),
        account_name=account.name,
        account_kind=_kind_label(system, account),
        unit_label=_units(session, system, application, account),
        rows=answered(system, application.answers),
        permissions=_asked_labels(system, application),
        notice_version=application.notice_version,
    )
    return render_application_form(form), f"{application.case_number}.pdf"
