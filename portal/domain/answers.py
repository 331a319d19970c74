"""What is accepted in each type of field of an application."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from email_validator import EmailNotValidError, validate_email

from portal.domain.normalisation import plain, refuse_controls, tidy
from portal.domain.phone import read_extension, read_mobile_phone, read_phone, show_phone
from portal.domain.refusal import Refusal
from portal.domain.system import Field, InformationSystem

TYPED_LIMIT: Final = 1000
"""Characters of any answer that are looked at; more is refused before anything else reads it."""

ABOUT_HOLDER: Final = {"email", "person-name", "choice", "phone", "mobile-phone", "phone-with-extension"}
"""Types of fields that tell about the holder, and may be corrected later."""


def holder_fields(system: InformationSystem) -> list[Field]:
    """個人基本資料: what the application asks about the holder, in the order of the file."""
    return [field for field in system.fields() if field.type in ABOUT_HOLDER]


def corrected(
    system: InformationSystem, known: Mapping[str, Any], answers: Mapping[str, Any]
) -> dict[str, Any]:
    """The known answers with those about the holder replaced; one that is not there any more is gone."""
    own = {field.key for field in holder_fields(system)}
    own |= {f"{key}_extension" for key in own}
    return {**{key: value for key, value in known.items() if key not in own}, **answers}


def answered(system: InformationSystem, answers: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Label and answer of 個人基本資料 in the order of the file, telephone numbers as they were understood."""
    rows = []
    for field in holder_fields(system):
        value = answers.get(field.key)
        match field.type:
            case "choice":
                shown = next((choice.label for choice in field.choices if choice.key == value), "")
            case "phone" | "phone-with-extension" | "mobile-phone":
                shown = show_phone(value, answers.get(f"{field.key}_extension"))
            case _:
                shown = str(value or "")
        rows.append((field.label, shown))
    return rows


def read_email(text: str, field: str = "email") -> str:
    """電子郵件, full-width forms folded. No look-up of the domain: that would tell others who applies."""
    address = plain(text)
    refuse_controls(address, field)
    if len(address) > 254:
        raise Refusal("電子郵件最多 254 個字元，請確認是否貼上了其他內容。", field=field)
    try:
        checked = validate_email(
            address, check_deliverability=False, allow_smtputf8=False, test_environment=True
        )
    except EmailNotValidError as problem:
        raise Refusal("電子郵件格式不正確，請輸入像 name@agency.gov.tw 的地址。", field=field) from problem
    return checked.normalized


def read_person_name(text: str, field: str, limit: int) -> str:
    """姓名 as written, including rare characters, 原住民 names with `．` and Latin names."""
    name = tidy(unicodedata.normalize("NFC", text))
    refuse_controls(name, field)
    if len(name) > limit:
        raise Refusal(f"最多 {limit} 個字，請確認是否填錯欄位。", field=field)
    if not re.search(r"[^\W\d_]", name):
        raise Refusal("請輸入您的真實姓名。", field=field)
    if re.search(r"[<>{}|\\^~\[\]@#$%*=+]", name):
        raise Refusal("姓名不可含特殊符號，請重新輸入。", field=field)
    return name


def read_answer(field: Field, typed: str, extension: str = "") -> dict[str, Any]:
    """One field's answer, cleaned, as the values to keep; `{}` where an optional field is empty.

    Raises `Refusal` at the field. Passwords are judged with the holder's data elsewhere, and
    choices that depend on the unit in `offers.py`.
    """
    if len(typed) > TYPED_LIMIT:
        raise Refusal("內容太長，請確認是否貼上了其他內容。", field=field.key)
    refuse_controls(typed, field.key)
    if not tidy(typed):
        if field.required:
            raise Refusal(_missing(field), field=field.key)
        return {}
    match field.type:
        case "email":
            return {field.key: read_email(typed, field.key)}
        case "person-name":
            return {field.key: read_person_name(typed, field.key, field.max)}
        case "choice":
            if typed not in {choice.key for choice in field.choices}:
                raise Refusal(f"請選擇{field.label}。", field=field.key)
            return {field.key: typed}
        case "phone" | "mobile-phone" | "phone-with-extension":
            return _read_phones(field, typed, extension)
        case _:
            raise AssertionError(f"fields of type {field.type} are not read one by one")


def _read_phones(field: Field, typed: str, extension: str) -> dict[str, Any]:
    if field.type == "mobile-phone":
        return {field.key: read_mobile_phone(typed, field.key)}
    number, written_along = read_phone(typed, field.key)
    if field.type == "phone":
        return {field.key: number}
    own = read_extension(extension, f"{field.key}_extension")
    return {field.key: number, f"{field.key}_extension": own or written_along}


def _missing(field: Field) -> str:
    return f"請選擇{field.label}。" if field.type == "choice" else f"請輸入{field.label}。"
