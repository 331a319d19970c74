"""醫事機構: how the national health insurance numbers them."""

from __future__ import annotations

import re
from typing import Final

from portal.domain.county import COUNTIES

KIND: Final = "medical-institution"
"""The unit kind of 醫事機構."""
_CODE: Final = re.compile(r"[0-9A-Z]{10}", re.ASCII)
_PLACES: Final = {
    "01": "63000",
    "02": "64000",
    "03": "66000",
    "05": "67000",
    "07": "64000",
    "11": "10017",
    "12": "10018",
    "17": "66000",
    "21": "67000",
    "22": "10020",
    "31": "65000",
    "32": "68000",
    "33": "10004",
    "34": "10002",
    "35": "10005",
    "36": "66000",
    "37": "10007",
    "38": "10008",
    "39": "10009",
    "40": "10010",
    "41": "67000",
    "42": "64000",
    "43": "10013",
    "44": "10016",
    "45": "10015",
    "46": "10014",
    "90": "09020",
    "91": "09007",
}
"""Third and fourth character of a code: the county that gave it, as it was divided then."""


def is_institution_code(code: str) -> bool:
    """Whether this is a 醫事機構代碼: ten digits or capital letters, without a check digit."""
    return _CODE.fullmatch(code) is not None


def county_of_code(code: str) -> str | None:
    """The county in which an institution got its code; None for a number that is not given out."""
    place = _PLACES.get(code[2:4])
    return COUNTIES[place] if place else None


def bureau_code(county_code: str) -> str:
    """The unit code of 衛生局 of a county."""
    return f"HB-{county_code}"
