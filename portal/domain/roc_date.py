"""Dates as Taiwan writes them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Final

TAIPEI: Final = timezone(timedelta(hours=8), "Asia/Taipei")
"""Taiwan has had no daylight saving since 1979, so a fixed offset is exact for all our times."""

_WEEKDAYS: Final = "一二三四五六日"


def roc_date(moment: datetime) -> str:
    """民國日期: `115/11/20`."""
    local = moment.astimezone(TAIPEI)
    return f"{local.year - 1911}/{local.month:02d}/{local.day:02d}"


def roc_compact(moment: datetime) -> str:
    """民國日期 without marks: `1151120`."""
    return roc_date(moment).replace("/", "")


def roc_time(moment: datetime) -> str:
    """民國日期 with weekday and minutes: `115/11/20（五）14:05`."""
    local = moment.astimezone(TAIPEI)
    return f"{roc_date(moment)}（{_WEEKDAYS[local.weekday()]}）{local:%H:%M}"
