"""Telephone numbers as people write them in Taiwan."""

from __future__ import annotations

import re
from typing import Final

from portal.domain.normalisation import plain
from portal.domain.refusal import Refusal

_MARK: Final = r"(?:(?:#|轉|分機|ext\.?)\s?)+:?\s?"
_EXTENSION: Final = re.compile(rf"[,;、]?\s?{_MARK}(\d{{1,6}})$", re.ASCII | re.IGNORECASE)


def read_phone(text: str, field: str) -> tuple[str, str | None]:
    """電話號碼: digits with area code, and the extension if it was written along.

    Accepts `０２－２３１１７７２２轉２３４５`, `+886-2-2311-7722`, `(02)25569785#12`. Raises `Refusal`
    unless 9 or 10 digits beginning with 0 remain.
    """
    number = plain(text)
    extension = None
    if found := _EXTENSION.search(number):
        extension = found.group(1)
        number = number[: found.start()]
    digits = re.sub(r"[\s\-()./‐-―−~]", "", number)
    digits = re.sub(r"^(?:\+|00)886\(?0?\)?", "0", digits)
    if not re.fullmatch(r"0\d{8,9}", digits, re.ASCII):
        raise Refusal("請輸入含區碼的電話號碼，例如 02-25569785。", field=field)
    return digits, extension


def read_mobile_phone(text: str, field: str) -> str:
    """行動電話: ten digits beginning with 09, written as people do. Raises `Refusal`."""
    sentence = "請輸入 09 開頭的 10 位行動電話號碼，例如 0912-345-678。"
    try:
        digits, extension = read_phone(text, field)
    except Refusal as problem:
        raise Refusal(sentence, field=field) from problem
    if extension or not digits.startswith("09") or len(digits) != 10:
        raise Refusal(sentence, field=field)
    return digits


def read_extension(text: str, field: str) -> str | None:
    """分機: up to six digits, or None."""
    number = re.sub(f"^{_MARK}", "", plain(text), flags=re.IGNORECASE)
    if not number:
        return None
    if not re.fullmatch(r"\d{1,6}", number, re.ASCII):
        raise Refusal("分機請輸入 1 至 6 位數字，沒有分機請留空。", field=field)
    return number


def show_phone(digits: str | None, extension: str | None = None) -> str:
    """`02-25569785#12`, with the area code set off where it is certain."""
    if not digits:
        return ""
    shown = digits
    if digits.startswith("09") and len(digits) == 10:
        shown = f"{digits[:4]}-{digits[4:7]}-{digits[7:]}"
    else:
        for area in ("0826", "0836", "037", "049", "082", "089"):
            if digits.startswith(area):
                shown = f"{area}-{digits[len(area) :]}"
                break
        else:
            shown = f"{digits[:2]}-{digits[2:]}"
    return f"{shown}#{extension}" if extension else shown
