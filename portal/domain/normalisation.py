"""One way to read what people type."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from portal.domain.refusal import Refusal

_ALIKE: Final = str.maketrans(
    {"臺": "台", "巿": "市", "ㄧ": "一", "〈": "(", "〉": ")", "─": "-", "–": "-", "—": "-"}
)
"""What NFKC keeps apart and people do not: met in real lists of units, where 一 is typed as ㄧ, too."""
_CONTROL: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u115f\u1160\u200b-\u200f\u2028-\u202e\u2060-\u2069\u3164\ufeff\uffa0"
    r"\ufff9-\uffff\U000e0000-\U000e007f]"
)
"""Controls, direction marks, characters without width, letters that show nothing, tags."""


def tidy(text: str) -> str:
    """Without surrounding blanks and with single inner ones; what was typed otherwise stays."""
    return " ".join(text.split())


def plain(text: str) -> str:
    """Full-width forms folded to plain ones (NFKC), blanks tidied."""
    return tidy(unicodedata.normalize("NFKC", text))


def search_key(text: str) -> str:
    """For matching only: NFKC, case folded, 臺 as 台 and what else looks alike."""
    return plain(text).casefold().translate(_ALIKE)


def email_key(address: str) -> str:
    """Addresses that differ in case reach the same mailbox everywhere that matters."""
    return plain(address).casefold()


def refuse_controls(text: str, field: str) -> None:
    """Raise `Refusal` for control and direction characters, which no form field needs."""
    if _CONTROL.search(text):
        raise Refusal("內容含有看不見的控制字元，請刪除後重新輸入。", field=field)
