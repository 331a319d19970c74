"""我的資料 in words: the same lines stand on the page and in the file to take along."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from portal.domain.answers import holder_fields
from portal.domain.application import Application
from portal.domain.grant import Grant
from portal.domain.phone import show_phone
from portal.domain.roc_date import roc_date, roc_time
from portal.domain.system import Field, InformationSystem
from portal.usecases.own_account.show_own_record import OwnRecord
from portal.usecases.review.tell_permissions import request_words, role_words
from portal.web.words import APPLICATION_STATES, GRANT_STATES, PURPOSES

FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a cell may not begin with: a spreadsheet would calculate it."""


class Part(NamedTuple):
    """One heading with its lines (label, text); `nothing` is said where there are none."""

    title: str
    lines: list[tuple[str, str]]
    nothing: str = ""


def parts_of(record: OwnRecord, days: int) -> list[Part]:
    """Everything of a record. `days`: how long sign-ins are kept."""
    return [
        Part("基本資料", _account(record)),
        *(_application(record, application) for application in record.applications),
        Part("權限", [_grant(record, grant) for grant in record.grants], "目前沒有權限的紀錄。"),
        *([Part("綁定的憑證", _certificates(record), "目前沒有綁定憑證。")] if _takes_cards(record) else []),
        Part(f"登入紀錄（保存 {days} 天）", _sign_ins(record), "目前沒有登入的紀錄。"),
    ]


def _takes_cards(record: OwnRecord) -> bool:
    return "card" in record.system.sign_in or bool(record.certificates)


def csv_of(parts: Iterable[Part]) -> bytes:
    """The parts as a table that any spreadsheet opens."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["類別", "項目", "內容"])
    for part in parts:
        for line in part.lines or [("", part.nothing)]:
            table.writerow([_as_text(cell) for cell in (part.title, *line)])
    return text.getvalue().encode("utf-8-sig")  # the mark tells spreadsheets that it is Unicode


def _as_text(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULAS) else cell


def _account(record: OwnRecord) -> list[tuple[str, str]]:
    account = record.account
    contact = {**account.contact, "name": account.holder_name, "email": account.email}
    contact |= {"gender": account.gender, "phone": account.phone, "fax": account.fax}
    contact["phone_extension"] = account.phone_extension
    lines = [
        ("系統", record.system.title),
        ("帳號", account.name),
        ("帳號類型", record.kind),
        ("所屬單位", record.units[account.unit_id]),
        *([("證號", record.identity)] if record.identity else []),
        *_answers(record.system, contact),
        ("申請時間", roc_time(account.created_at)),
    ]
    return lines + ([("開通時間", roc_time(account.activated_at))] if account.activated_at else [])


def _answers(system: InformationSystem, answers: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What was typed about the holder, in the order of the system's form."""
    fields = holder_fields(system)
    if not fields:
        return [("姓名", str(answers["name"])), ("Email", str(answers["email"]))]
    return [(field.label, _answer(field, answers) or "未填寫") for field in fields]


def _answer(field: Field, answers: Mapping[str, Any]) -> str:
    value = answers.get(field.key) or ""
    if field.type == "choice":
        return next((choice.label for choice in field.choices if choice.key == value), str(value))
    if "phone" in field.type:
        return show_phone(value, answers.get(f"{field.key}_extension"))
    return str(value)


def _application(record: OwnRecord, application: Application) -> Part:
    lines = [
        ("目的", PURPOSES[application.purpose.value]),
        ("狀態", APPLICATION_STATES[application.state.value]),
        ("送出時間", roc_time(application.submitted_at)),
        *_answers(record.system, application.answers),
    ]
    for request in application.requests:
        label = record.system.permission_label(request.permission)
        lines.append(
            (
                f"申請的權限：{label}",
                f"{record.units[request.unit_id]}　{request_words(record.system, request)}",
            )
        )
    if application.notice_version:
        told = f"版本 {application.notice_version}，{roc_time(application.agreed_at)} 同意"
        lines.append(("個人資料告知事項", told))
    return Part(f"申請 {application.case_number}", lines)


def _grant(record: OwnRecord, grant: Grant) -> tuple[str, str]:
    words = role_words(record.system, grant.permission, grant.role, grant.options)
    since = f"自 {roc_date(grant.granted_at)}" + (f" 至 {roc_date(grant.ended_at)}" if grant.ended_at else "")
    told = [record.units[grant.unit_id], words, GRANT_STATES[grant.state.value], since]
    return record.system.permission_label(grant.permission), "　".join(filter(None, told))


def _certificates(record: OwnRecord) -> list[tuple[str, str]]:
    return [
        (
            one.holder_name,
            f"卡號 {one.card_number or '未記錄'}，到期日 {roc_date(one.not_after)}，"
            + (f"最後使用 {roc_time(one.last_used_at)}" if one.last_used_at else "還沒有用來登入"),
        )
        for one in record.certificates
    ]


def _sign_ins(record: OwnRecord) -> list[tuple[str, str]]:
    return [(roc_time(one.started_at), f"來源位址 {one.address}") for one in record.sign_ins]
