"""帳號申請: from the filled form to a pending account and its letter (manual 1 steps 2 to 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from portal.domain.account import Account, AccountState
from portal.domain.account_name import base_name
from portal.domain.actor import Circumstance
from portal.domain.application import Application, ApplicationState, PermissionRequest, new_case_number
from portal.domain.audit import EventType
from portal.domain.counter import APPLICATIONS_BY_ADDRESS
from portal.domain.normalisation import email_key
from portal.domain.offers import check_account_kind, check_permissions
from portal.domain.one_time_token import TokenPurpose
from portal.domain.password_policy import check_password
from portal.domain.proof import Proof
from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem
from portal.domain.unit import Unit
from portal.mail import letters
from portal.store.accounts import accounts_at, add_account
from portal.store.applications import application_by_submission_key
from portal.store.audit_events import record
from portal.store.counters import counter_key, spend, take
from portal.store.credentials import hash_password, set_password
from portal.store.database import read, write
from portal.store.one_time_tokens import issue_token
from portal.store.units import unit_by_code, unit_by_id
from portal.usecases.activate_account import signature
from portal.usecases.post_letter import post_letter


@dataclass(frozen=True)
class Submission:
    """A form whose fields were each read; `answers` are the cleaned values by field key."""

    unit_kind: str
    unit_code: str
    account_kind: str
    permissions: tuple[str, ...]
    password: str
    answers: dict[str, Any]
    captcha_nonce: str


def problems_of(system: InformationSystem, submission: Submission) -> list[Refusal]:
    """What the fields say together: unit of this kind, offers to that kind, password and own data."""
    problems: list[Refusal] = []

    def note(rule: Any, *arguments: Any, **named: Any) -> None:
        try:
            rule(*arguments, **named)
        except Refusal as refusal:
            problems.append(refusal)

    note(_chosen_unit, read(), system, submission)
    if system.unit_kind_of(submission.unit_kind):
        note(check_account_kind, system, submission.unit_kind, submission.account_kind)
        if submission.permissions or _field_required(system, "permissions"):
            note(check_permissions, system, submission.unit_kind, submission.permissions)
    if submission.password:
        own = [system.key, system.short, *(str(value) for value in submission.answers.values() if value)]
        note(check_password, submission.password, system.password, words=own)
    return problems


def apply_for_account(system: InformationSystem, submission: Submission, at: Circumstance) -> str:
    """Keep the application; returns its public number.

    The same form sent twice (same captcha, same answers) gives the same application. Raises `Refusal`.
    """
    for problem in problems_of(system, submission):
        raise problem
    if found := _sent_before(read(), system, submission):
        return found
    read().rollback()  # hashing takes a while; no transaction waits for it
    hashed = hash_password(submission.password, at.settings.pepper, at.settings.bcrypt_cost)
    with write() as session:
        spend(
            session, f"sent:{submission.captcha_nonce}", at.now
        )  # the same form at the same moment waits here
        if found := _sent_before(session, system, submission):
            return found
        by_address = counter_key(APPLICATIONS_BY_ADDRESS, at.address)
        if not take(session, APPLICATIONS_BY_ADDRESS, by_address, at.now):
            raise Refusal(
                "這個網路位址一小時內送出的申請太多，請稍後再送出。您填寫的內容都還在。", status=429
            )
        unit = _chosen_unit(session, system, submission)
        account = _open_account(session, system, submission, unit, at)
        set_password(session, account.id, hashed, at.now)
        application = _write_application(session, system, submission, account, at)
        record(
            session,
            EventType.APPLICATION_SUBMITTED,
            at,
            actor=signature(account),
            target=application.case_number,
        )
        send_verification(session, system, account, at)
        return application.public_id


def send_verification(
    session: Session, system: InformationSystem, account: Account, at: Circumstance
) -> None:
    """Letter with the link that proves the address; it names other accounts under it (manual 1 step 4)."""
    token = issue_token(session, TokenPurpose.PROVE_EMAIL, system.key, account.email_key, account.id, at.now)
    others = [
        other.name for other in accounts_at(session, system.key, account.email_key) if other.id != account.id
    ]
    post_letter(session, letters.verify_email(system, account, others, token), at, account)


def _field_required(system: InformationSystem, type: str) -> bool:
    return any(field.required for field in system.fields() if field.type == type)


def _chosen_unit(session: Session, system: InformationSystem, submission: Submission) -> Unit:
    if system.unit_kind_of(submission.unit_kind) is None:
        raise Refusal("請先選擇單位類別。", field="unit_kind")
    unit = unit_by_code(session, submission.unit_code) if submission.unit_code else None
    if unit is None or unit.kind != submission.unit_kind or unit.closed_on:
        raise Refusal("請選擇您的所屬單位。", field="unit")
    return unit


def _sent_before(session: Session, system: InformationSystem, submission: Submission) -> str | None:
    """The application that this very form made before; another form with the same captcha is refused."""
    application = application_by_submission_key(session, submission.captcha_nonce)
    if application is None:
        return None
    account = session.get_one(Account, application.account_id)
    asked = {request.permission for request in application.requests if not request.added_by_reviewer}
    sent = (
        account.system,
        unit_by_id(session, account.unit_id).code,
        account.kind,
        asked,
        application.answers,
    )
    wanted = set(submission.permissions)
    if sent != (system.key, submission.unit_code, submission.account_kind, wanted, submission.answers):
        raise Refusal("這個驗證碼已經用過，請輸入新圖中的數字。", field="captcha", code="captcha-replayed")
    return application.public_id


def _open_account(
    session: Session,
    system: InformationSystem,
    submission: Submission,
    unit: Unit,
    at: Circumstance,
) -> Account:
    answers = submission.answers
    account = add_account(
        session,
        base_name(answers["email"]),
        {
            "system": system.key,
            "kind": submission.account_kind,
            "state": AccountState.PENDING,
            "unit_id": unit.id,
            "unit_path": unit.path,
            "holder_name": answers["name"],
            "gender": answers.get("gender"),
            "email": answers["email"],
            "email_key": email_key(answers["email"]),
            "phone": answers.get("phone"),
            "phone_extension": answers.get("phone_extension"),
            "fax": answers.get("fax"),
            "created_at": at.now,
        },
    )
    proofs = [kind for kind in system.active_when if kind != "review"]
    session.add_all(Proof(account_id=account.id, kind=kind) for kind in proofs)
    return account


def _write_application(
    session: Session,
    system: InformationSystem,
    submission: Submission,
    account: Account,
    at: Circumstance,
) -> Application:
    application = Application(
        case_number=new_case_number(system.short, at.now),
        account_id=account.id,
        purpose="open",
        submission_key=submission.captcha_nonce,
        state=ApplicationState.SUBMITTED,
        answers=submission.answers,
        notice_version=system.notice.version if system.notice else "",
        agreed_at=at.now,
        submitted_at=at.now,
        requests=[
            PermissionRequest(permission=key, unit_id=account.unit_id) for key in submission.permissions
        ],
    )
    session.add(application)
    session.flush()
    return application
