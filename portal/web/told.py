"""What a page says after an act, carried over the redirect to it: reloading repeats the page and not the act."""

from __future__ import annotations

import json
from typing import Any

from cryptography.fernet import InvalidToken
from flask import session

from portal.store.sealed import seal, unseal
from portal.web.access import settings


def keep_told(system: str, page: str, **words: Any) -> None:
    """Keep the words of the next page in the browser's cookie, where nobody can read them."""
    session[_name(system, page)] = seal(settings().key("told"), json.dumps(words)).decode()


def told(system: str, page: str) -> dict[str, Any] | None:
    """The words kept for a page; None where its act was not done in this browser."""
    sealed = session.get(_name(system, page))
    if not sealed:
        return None
    try:
        words: dict[str, Any] = json.loads(unseal(settings().key("told"), sealed.encode()))
    except InvalidToken:
        return None
    return words


def _name(system: str, page: str) -> str:
    return f"told:{system}:{page}"
