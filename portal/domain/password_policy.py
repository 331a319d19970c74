"""Which passwords are accepted."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from typing import Final

from portal.domain.refusal import Refusal
from portal.domain.system_rules import PasswordRule

_COMMON: Final = frozenset(
    [
        "password",
        "passw0rd",
        "p@ssword",
        "p@ssw0rd",
        "welcome",
        "letmein",
        "iloveyou",
        "admin",
        "administrator",
        "qwerty",
        "asdf",
        "zxcv",
        "1qaz",
        "2wsx",
        "3edc",
        "4rfv",
        "5tgb",
        "zaq1",
        "qazwsx",
        "taiwan",
        "taipei",
        "formosa",
        "republic",
        "minguo",
        "moenv",
        "epa",
        "abcd",
        "test",
        "user",
        "guest",
        "root",
        "login",
        "master",
        "dragon",
        "monkey",
        "sunshine",
        "changeme",
        "default",
        "secret",
    ]
)
_ROWS: Final = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", string.ascii_lowercase)
_YEAR: Final = re.compile(r"(?:19|20)\d\d|(?:民國)?(?:0?[5-9]\d|1[0-3]\d)年?", re.ASCII)
LEAST_REMAINDER: Final = 6
"""Characters that must remain once everything guessable is taken out."""

_END: Final = r"(?![\s\S])"
"""The very end, for Python and for browsers: Python's `$` lets a last line break pass."""

RULES: Final = {
    "upper": (r"[A-Z]", "至少一個大寫英文"),
    "lower": (r"[a-z]", "至少一個小寫英文"),
    "digit": (r"[0-9]", "至少一個數字"),
}


def rule_lines(rule: PasswordRule) -> list[tuple[str, str, str]]:
    """The rule as (key, sentence, regular expression), for the page and for the check alike."""
    low, high = rule.length
    lines = [("length", f"長度 {low} 至 {high} 個字元", rf"^[\s\S]{{{low},{high}}}{_END}")]
    for key in rule.require:
        if key == "symbol":
            symbols = re.escape(rule.symbols).replace("-", r"\-")
            lines.append(("symbol", f"至少一個特殊符號（{' '.join(rule.symbols)}）", f"[{symbols}]"))
        else:
            pattern, sentence = RULES[key]
            lines.append((key, sentence, pattern))
    if rule.symbols:
        symbols = re.escape(rule.symbols).replace("-", r"\-")
        lines.append(
            ("only", f"只用英文字母、數字和 {' '.join(rule.symbols)}", f"^[A-Za-z0-9{symbols}]*{_END}")
        )
    return lines


def check_password(
    password: str, rule: PasswordRule, *, words: Iterable[str] = (), field: str = "password"
) -> None:
    """Raise `Refusal` unless the password keeps the rule and is not guessable.

    `words` are the holder's own data: account name, address, telephone, person and unit names.
    """
    missing = [sentence for _, sentence, pattern in rule_lines(rule) if not re.search(pattern, password)]
    if missing:
        raise Refusal(f"密碼還不符合規則：{'、'.join(missing)}。", field=field)
    if len(_without_guessable(password, words)) < LEAST_REMAINDER:
        raise Refusal(
            "這個密碼太容易被猜到（含有常見單字、年份、連續字元或您自己的資料），請換一個，"
            "或按「產生密碼」由系統代您產生。",
            field=field,
        )


def _without_guessable(password: str, words: Iterable[str]) -> str:
    text = password.lower()
    own = [part for word in words for part in re.split(r"[\s@._\-]+", word.lower()) if len(part) >= 3]
    for word in sorted({*own, *_COMMON}, key=len, reverse=True):
        text = text.replace(word, " ")
    text = _without_walks(text)
    text = _YEAR.sub(" ", text)
    text = re.sub(r"(.)\1{2,}", " ", text)
    return re.sub(r"\s", "", text)


def _without_walks(text: str) -> str:
    """Take out runs of four or more along a keyboard row or the alphabet, either way."""
    for row in (*_ROWS, *(row[::-1] for row in _ROWS)):
        for size in range(len(row), 3, -1):
            for start in range(len(row) - size + 1):
                text = text.replace(row[start : start + size], " ")
    return text
