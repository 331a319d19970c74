"""The receipt of an application and its printed form (manual 1 steps 4 and 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.documents.application_form import ApplicationForm, render_application_form
from portal.domain.account import Account, AccountState
from portal.domain.actor import Circumstance
from portal.domain.application import Application
from portal.domain.phone import show_phone
from portal.domain.refusal import NotFound
from portal.domain.roc_date import roc_time
from portal.domain.system import InformationSystem
from portal.store.applications import application_by_public_id
from portal.store.database import read
from portal.store.units import unit_by_id
from portal.usecases.apply.choose_unit import unit_label
from portal.usecases.review.activate_account import outstanding
from portal.usecases.review.review_accounts import account_detail
from portal.usecases.review.tell_permissions import UnitLine, asked_by_unit


@dataclass(frozen=True)
class Receipt:
    """What an applicant keeps: account name, case number, what was asked for in roles, and what comes next."""

    public_id: str
    case_number: str
    account_name: str
    email: str
    unit: str
    submitted_at: datetime
    reviewed_at: datetime | None
    activated_at: datetime | None
    state: AccountState
    outstanding: tuple[str, ...]
    decided_at: datetime | None
    asked: Sequence[UnitLine]


def receipt(system: InformationSystem, public_id: str) -> Receipt:
    """The receipt; the web shows it only to the browser that sent the application or proved its
    address. Raises `NotFound`."""
    session = read()
    application, account = _found(session, system, public_id)
    return Receipt(
        application.public_id,
        application.case_number,
        account.name,
        account.email,
        unit_label(system, unit_by_id(session, account.unit_id)),
        application.submitted_at,
        account.reviewed_at,
        account.activated_at,
        account.state,
        tuple(outstanding(session, system, account)),
        application.decided_at,
        asked_by_unit(session, system, application.requests) if system.role else (),
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


def _print(
    session: Session, system: InformationSystem, application: Application, account: Account
) -> tuple[bytes, str]:
    kind = system.account_kind_of(account.kind)
    wanted = {request.permission for request in application.requests if not request.added_by_reviewer}
    form = ApplicationForm(
        system_title=system.title,
        agency=system.agency,
        case_number=application.case_number,
        submitted_at=roc_time(application.submitted_at),
        account_name=account.name,
        account_kind=kind.label if kind else account.kind,
        unit_label=unit_label(system, unit_by_id(session, account.unit_id)),
        rows=_printed_rows(system, application),
        permissions=list(system.permission_labels(wanted).items()),
        notice_version=application.notice_version,
    )
    return render_application_form(form), f"{application.case_number}.pdf"


def _printed_rows(system: InformationSystem, application: Application) -> list[tuple[str, str]]:
    """Label and value of every field that is printed, in the order of the system file."""
    rows = []
    for field in system.fields():
        value = application.answers.get(field.key)
        match field.type:
            case "email" | "person-name":
                rows.append((field.label, str(value or "")))
            case "choice":
                rows.append((field.label, next((c.label for c in field.choices if c.key == value), "")))
            case "phone" | "phone-with-extension":
                extension = application.answers.get(f"{field.key}_extension")
                rows.append((field.label, show_phone(value, extension)))
    return rows
