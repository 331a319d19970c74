"""How an account gets its name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import count
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
    """The base, or with the first running suffix that is free: fox52fox → fox52fox01.

    `taken` may hold other names that begin alike, such as somebody's own wang1985: they are passed by and
    not counted on from. Names are never given back, so there are no gaps but theirs. Suffixes have two digits
    up to 99, then more.
    """
    names = set(taken)
    if base not in names:
        return base
    return next(name for number in count(1) if (name := f"{base}{number:02d}") not in names)
