"""Generated 醫事機構, as many as wanted, in the layout of the real list; names are made like real ones."""

from __future__ import annotations

import csv
import itertools
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from portal.domain.county import COUNTIES

LETTERS: Final = (
    "安仁康心愛和平慈恩光明健德生信義華新東大中正長泰同昌祥福壽瑞興隆盛永春秋佳美麗雅文化成功立人家園佑民惠群英傑豐宏"
    "偉建國維多利元亨通達弘毅博濟世廣聖母聯合真善誠敬天主基督馬偕林陳黃張李王吳劉蔡楊許鄭謝郭洪曾邱廖賴周徐蘇葉莊呂江何"
    "蕭羅高潘簡朱鍾彭游詹胡施沈余趙盧梁顏柯孫魏翁戴范方宋鄧杜傅侯曹薛丁卓董唐藍石紀蔣溫連歐程湯姜田鄒白尤巫鐘湖竹山水木"
    "火土金玉珠寶珍祐晴宇軒品潔欣怡婷君宜芳芬如意喜悅樂活力動感星月日辰曉晨旭陽暉映雪梅蘭菊松柏楓桐樺桂禾稻麥穗野原川河"
)
"""The first ones are met most often."""
ENDINGS: Final = {
    "診所": 35, "牙醫診所": 20, "中醫診所": 11, "藥局": 22, "大藥局": 3, "醫院": 2, "衛生所": 2, "耳鼻喉科診所": 2,
    "小兒科診所": 2, "眼科診所": 2, "居家護理所": 2, "連鎖藥局": 2, "社區復健中心": 1, "醫療社團法人附設診所": 1,
}  # fmt: skip
HEADER: Final = (
    "分局別", "醫事機構代碼", "醫事機構名稱", "機構地址", "電話區碼", "電話", "特約類別", "型態別", "醫事機構種類",
    "終止合約或歇業日期",
)  # fmt: skip


class Institution(NamedTuple):
    """One row of the list."""

    code: str
    name: str
    county: str
    closed: str = ""


def institutions(count: int, seed: int = 1) -> Iterator[Institution]:
    """Different each, the same for the same seed; the first of many are the same as few."""
    chance = random.Random(seed)
    often = list(itertools.accumulate(1 / (place + 8) for place in range(len(LETTERS))))
    endings, parts = list(ENDINGS), list(itertools.accumulate(ENDINGS.values()))
    counties = list(COUNTIES.values())
    sizes = list(itertools.accumulate(1 / (place + 1) for place in range(len(counties))))
    for number in range(count):
        brand = "".join(chance.choices(LETTERS, cum_weights=often, k=2 + (number % 4 == 0)))
        (ending,) = chance.choices(endings, cum_weights=parts)
        (county,) = chance.choices(counties, cum_weights=sizes)
        yield Institution(f"{3_500_000_000 + number * 37:010}", brand + ending, county)


def write_list(file: Path, rows: Iterator[Institution]) -> Path:
    """The rows as the real list has them."""
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(HEADER)
        for row in rows:
            address = f"{row.county}某路１號"
            writer.writerow(("1", row.code, row.name, address, "02", "23456789", "4", "01", "A", row.closed))
    return file
