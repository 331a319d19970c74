"""How an account gets its name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from portal.domain.normalisation import email_key

MAXIMUM: Final = 40
"""Characters of a name before its suffix."""


def base_name(email: str) -> str:
    """帳號 from the local part of the address (manual 1 step 4): `hwms@ustrust.com.tw` → `hwms`.

    Lower case letters, digits, dot, hyphen and underscore stay, since people type the name later.
    """
    local = email_key(email).rpartition("@")[0]
    name = re.sub(r"[^a-z0-9._-]", "", local, flags=re.ASCII).strip(".-_")
    return name[:MAXIMUM] or "user"


def next_name(base: str, taken: Iterable[str]) -> str:
    """The base, or with the running suffix after the highest one used: fox52fox → fox52fox01.

    `taken` may hold other names that begin alike; suffixes have two digits up to 99, then more.
    """
    suffix = re.compile(re.escape(base) + r"(\d{2,6})", re.ASCII)
    names = set(taken)
    if base not in names:
        return base
    numbers = [int(found.group(1)) for name in names if (found := suffix.fullmatch(name))]
    number = max(numbers, default=0) + 1
    if number > 999_999:
        number = next(n for n in range(1, 1_000_000) if f"{base}{n:02d}" not in names)
    return f"{base}{number:02d}"
