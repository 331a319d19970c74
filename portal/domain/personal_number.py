"""Personal numbers: 身分證字號, 統一證號 of foreign residents, and passports where there is neither."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import Final

from portal.domain.normalisation import plain
from portal.domain.refusal import Refusal

_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
"""In the order of their values 10 to 35."""
_SHAPE: Final = re.compile(r"[A-Z][1289A-D]\d{8}", re.ASCII)
_NATIONAL: Final = re.compile(r"[A-Z][12]\d{8}", re.ASCII)
_OLD_RESIDENT: Final = re.compile(r"[A-Z][A-D]\d{8}", re.ASCII)
_PASSPORT: Final = re.compile(r"[0-9A-Z]{6,12}", re.ASCII)


class PersonalNumberKind(enum.Enum):
    """證號種類: which authority gave the number."""

    NATIONAL = "national"
    RESIDENT = "resident"
    PASSPORT = "passport"


@dataclass(frozen=True)
class PersonalNumber:
    """證號: a person's number as an authority wrote it, upper case."""

    kind: PersonalNumberKind
    text: str

    @property
    def masked(self) -> str:
        """`A12•••••89`: enough to know one's own, too little for anybody else."""
        return masked_number(self.text)

    @property
    def is_passport(self) -> bool:
        """Whether it is the number of somebody with neither card of this country."""
        return self.kind is PersonalNumberKind.PASSPORT

    @property
    def last_four(self) -> str:
        """What certificates tell of it."""
        return self.text[-4:]


def masked_number(text: str) -> str:
    """A number with its middle hidden."""
    return text[:3] + "•" * max(0, len(text) - 5) + text[-2:]


def has_check_digit(number: str) -> bool:
    """Whether 身分證字號 or 統一證號 (old and new) is right in its check digit; strict: no other forms.

    The first letter stands for two digits, the second place of old resident numbers for the last digit
    of its letter's value; weights 1 9 8 7 6 5 4 3 2 1 1; the sum divides by ten (內政部).
    """
    if not _SHAPE.fullmatch(number):
        return False
    first = _value(number[0])
    second = int(number[1]) if number[1].isdigit() else _value(number[1]) % 10
    digits = [first // 10, first % 10, second, *map(int, number[2:])]
    return sum(d * w for d, w in zip(digits, (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1), strict=True)) % 10 == 0


def read_personal_number(typed: str, field: str, passport: bool = False) -> PersonalNumber:
    """使用者身分證號 as people type it: full-width, lower case and blanks are folded. Raises `Refusal`.

    `passport`: the person says that there is neither 身分證 nor 居留證 (manual 5 step 4).
    """
    number = re.sub(r"[\s\-]", "", plain(typed)).upper()
    if not number:
        raise Refusal("請輸入使用者身分證號。", field=field)
    if passport:
        if not _PASSPORT.fullmatch(number):
            raise Refusal(
                "護照號碼應為 6 到 12 個英文字母與數字，請照護照或卡片憑證上的號碼輸入。", field=field
            )
        return PersonalNumber(PersonalNumberKind.PASSPORT, number)
    if not _SHAPE.fullmatch(number):
        raise Refusal(
            "身分證號是 1 個英文字母加 9 個數字，例如 A123456789；居留證號請照證件輸入。沒有這兩種證件時，"
            "請勾選下方「改填護照號碼」。",
            field=field,
        )
    if not has_check_digit(number):
        raise Refusal("這個號碼的檢查碼不符，可能有一個字打錯，請對照證件再輸入一次。", field=field)
    if _NATIONAL.fullmatch(number):
        return PersonalNumber(PersonalNumberKind.NATIONAL, number)
    return PersonalNumber(PersonalNumberKind.RESIDENT, number)


def _value(letter: str) -> int:
    return _LETTERS.index(letter) + 10
