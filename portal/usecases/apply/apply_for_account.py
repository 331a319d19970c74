"""帳號申請: from the filled form to an account that waits (manual 1 steps 2 to 4, manual 5 steps 2 to 6)."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from portal.domain.account import Account
from portal.domain.actor import Circumstance
from portal.domain.application import Application, ApplicationPurpose
from portal.domain.audit import EventType
from portal.domain.counter import APPLICATIONS_BY_ADDRESS
from portal.domain.offers import WantedPermission, check_account_kind, check_wanted
from portal.domain.one_time_token import TokenPurpose
from portal.domain.password_policy import check_password
from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem
from portal.domain.unit import Unit
from portal.mail import letters
from portal.store.accounts import accounts_at
from portal.store.applications import application_by_submission_key
from portal.store.audit_events import record
from portal.store.counters import counter_key, spend, take
from portal.store.credentials import hash_password, set_password
from portal.store.database import read, write
from portal.store.one_time_tokens import issue_token
from portal.store.units import unit_by_code, unit_by_id
from portal.usecases.apply.find_holder import WAITING, known_holder, refuse_known_holder
from portal.usecases.apply.write_application import Submission, new_account, new_application
from portal.usecases.post_letter import post_letter
from portal.usecases.review.activate_account import signature


def problems_of(system: InformationSystem, submission: Submission, at: Circumstance) -> list[Refusal]:
    """What the fields say together: unit of this kind, offers to that unit, password and own data."""
    problems: list[Refusal] = []

    def note(rule: Any, *arguments: Any, **named: Any) -> Any:
        try:
            return rule(*arguments, **named)
        except Refusal as refusal:
            problems.append(refusal)
            return None

    unit = note(_chosen_unit, read(), system, submission, at)
    if system.unit_kind_of(submission.unit_kind):
        note(check_account_kind, system, submission.unit_kind, submission.account_kind)
        if submission.permissions or _field_required(system, "permissions"):
            businesses = unit.businesses if unit else None
            note(check_wanted, system, submission.unit_kind, businesses, submission.permissions)
    if submission.password:
        own = [system.key, system.short, *(str(value) for value in submission.answers.values() if value)]
        note(check_password, submission.password, system.password, words=own)
    return problems


def apply_for_account(system: InformationSystem, submission: Submission, at: Circumstance) -> str:
    """Keep the application; returns its public number.

    The same form sent twice (same key, same answers) gives the same application. Where the system asks
    for the personal number, a suspended account of the same holder comes back through it; one that is
    in use or waits is not applied for again. Raises `Refusal`.
    """
    for problem in problems_of(system, submission, at):
        raise problem
    if found := _sent_before(read(), system, submission):
        return found
    read().rollback()  # hashing takes a while; no transaction waits for it
    hashed = None
    if submission.password:
        hashed = hash_password(submission.password, at.settings.pepper, at.settings.bcrypt_cost)
    with write() as session:
        spend(session, f"sent:{submission.key}", at.now)  # the same form at the same moment waits here
        if found := _sent_before(session, system, submission):
            return found
        by_address = counter_key(APPLICATIONS_BY_ADDRESS, at.address)
        if not take(session, APPLICATIONS_BY_ADDRESS, by_address, at.now):
            raise Refusal(
                "這個網路位址一小時內送出的申請太多，請稍後再送出。您填寫的內容都還在。", status=429
            )
        unit = _chosen_unit(session, system, submission, at)
        account = known_holder(session, system, submission.identity, at)
        if account is not None:
            refuse_known_holder(session, account)
        purpose = ApplicationPurpose.RETURN if account else ApplicationPurpose.OPEN
        account = account or new_account(session, system, submission, unit, at)
        if hashed:
            set_password(session, account.id, hashed, at.now)
        application = new_application(session, system, submission, account, unit, purpose, at)
        record(
            session,
            EventType.APPLICATION_SUBMITTED,
            at,
            actor=signature(account),
            target=application.case_number,
        )
        _tell_applicant(session, system, account, application, at)
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


def _tell_applicant(
    session: Session, system: InformationSystem, account: Account, application: Application, at: Circumstance
) -> None:
    if "email-link" in system.active_when:
        send_verification(session, system, account, at)
    else:
        address = application.answers["email"]
        letter = letters.application_received(system, address, application.case_number, at.now)
        post_letter(session, letter, at, account)


def _field_required(system: InformationSystem, type: str) -> bool:
    return any(field.required for field in system.fields() if field.type == type)


def _chosen_unit(
    session: Session, system: InformationSystem, submission: Submission, at: Circumstance
) -> Unit:
    if system.unit_kind_of(submission.unit_kind) is None:
        raise Refusal("請先選擇單位類別。", field="unit_kind")
    unit = unit_by_code(session, submission.unit_code) if submission.unit_code else None
    if unit is None or unit.kind != submission.unit_kind or unit.closed_at(at.now):
        raise Refusal("請選擇您的所屬單位。", field="unit")
    return unit


def _sent_before(session: Session, system: InformationSystem, submission: Submission) -> str | None:
    """The application that this very form made before; another form with the same key is refused."""
    application = application_by_submission_key(session, submission.key)
    if application is None:
        return None
    account = session.get_one(Account, application.account_id)
    asked = [request for request in application.requests if not request.added_by_reviewer]
    unit = unit_by_id(session, asked[0].unit_id if asked else account.unit_id)
    wanted = {WantedPermission(row.permission, row.role, tuple(row.options)) for row in asked}
    sent = (account.system, unit.code, account.kind, wanted, application.answers)
    now = (system.key, submission.unit_code, submission.account_kind, set(submission.permissions))
    if sent != (*now, submission.answers):
        if submission.identity:
            raise Refusal(WAITING, status=409, code="application-waiting")
        raise Refusal("這個驗證碼已經用過，請輸入新圖中的數字。", field="captcha", code="captcha-replayed")
    return application.public_id
