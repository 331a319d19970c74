"""縣市: the 22 counties and cities, the names some had before, and how addresses tell them."""

from __future__ import annotations

import re
from typing import Final

from portal.domain.normalisation import search_key

COUNTIES: Final = {
    "63000": "臺北市",
    "65000": "新北市",
    "68000": "桃園市",
    "66000": "臺中市",
    "67000": "臺南市",
    "64000": "高雄市",
    "10017": "基隆市",
    "10018": "新竹市",
    "10020": "嘉義市",
    "10004": "新竹縣",
    "10005": "苗栗縣",
    "10007": "彰化縣",
    "10008": "南投縣",
    "10009": "雲林縣",
    "10010": "嘉義縣",
    "10013": "屏東縣",
    "10002": "宜蘭縣",
    "10015": "花蓮縣",
    "10014": "臺東縣",
    "10016": "澎湖縣",
    "09020": "金門縣",
    "09007": "連江縣",
}
"""Official code and name, in the order in which the government lists them."""

COUNTY_CODES: Final = {name: code for code, name in COUNTIES.items()}
_BEFORE: Final = {
    "臺北縣": "新北市",
    "桃園縣": "桃園市",
    "臺中縣": "臺中市",
    "臺南縣": "臺南市",
    "高雄縣": "高雄市",
}
_SEATS: Final = {
    "竹北市": "新竹縣",
    "苗栗市": "苗栗縣",
    "頭份市": "苗栗縣",
    "彰化市": "彰化縣",
    "員林市": "彰化縣",
    "南投市": "南投縣",
    "斗六市": "雲林縣",
    "太保市": "嘉義縣",
    "朴子市": "嘉義縣",
    "屏東市": "屏東縣",
    "宜蘭市": "宜蘭縣",
    "花蓮市": "花蓮縣",
    "臺東市": "臺東縣",
    "馬公市": "澎湖縣",
}
"""Cities within a county: addresses begin with them when their writer left the county out."""
_KNOWN: Final = {
    search_key(name): county
    for name, county in ({name: name for name in COUNTY_CODES} | _BEFORE | _SEATS).items()
}
_POSTAL_CODE: Final = re.compile(r"[\d\-\s]*", re.ASCII)


def county_of_address(address: str) -> str | None:
    """The county or city an address begins with, by its name of today; None if it names none."""
    key = search_key(address)
    return _KNOWN.get(key[_POSTAL_CODE.match(key).end() :][:3])  # type: ignore[union-attr]
