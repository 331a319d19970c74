"""What a page says after an act, carried over the redirect to it: reloading repeats the page and not the act."""

from __future__ import annotations

import json
from typing import Any

from cryptography.fernet import InvalidToken
from flask import session

from portal.store.sealed import seal, unseal
from portal.web.access import settings


def keep_told(system: str, page: str, **words: Any) -> None:
    """Keep the words of the next page in the browser's cookie, where nobody can read them.

    There is one at a time: a cookie has little room.
    """
    text = json.dumps([system, page, words], ensure_ascii=False)
    session["told"] = seal(settings().key("told"), text).decode()


def told(system: str, page: str) -> dict[str, Any] | None:
    """The words kept for a page; None where its act was not the last one of this browser."""
    try:
        kept = json.loads(unseal(settings().key("told"), session.get("told", "").encode()))
    except InvalidToken:
        return None
    words: dict[str, Any] = kept[2]
    return words if kept[:2] == [system, page] else None
