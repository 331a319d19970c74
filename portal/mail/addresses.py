"""Where the links in letters lead. The few paths are written here, since mail knows no routes; a test
compares them with the URL map. Every link begins with PUBLIC_ORIGIN, never with what a request said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

PAGES: Final = {
    "letter.open": "/letter/{token}",
    "sign_in.page": "/{zone}/{system}/",
    "apply.form": "/{zone}/{system}/application",
    "verification.form": "/{zone}/{system}/verification",
    "password_reset.form": "/{zone}/{system}/password-reset",
}
"""Path of each page a letter may lead to, by endpoint."""

LETTER_PAGES: Final = {
    "account-activated": "sign_in.page",
    "account-ended": "apply.form",
    "account-ended-by-holder": "apply.form",
    "account-reviewed": "verification.form",
    "account-suspended": "apply.form",
    "administrator-invitation": "letter.open",
    "application-received": "apply.form",
    "application-refused": "apply.form",
    "authenticator-removed": "letter.open",
    "authenticator-set": "password_reset.form",
    "card-code": "sign_in.page",
    "certificate-bound": "password_reset.form",
    "certificate-unbound": "sign_in.page",
    "contact-changed": "sign_in.page",
    "dormancy-warning": "sign_in.page",
    "nothing-known": "apply.form",
    "password-changed": "password_reset.form",
    "permissions-withdrawn": "sign_in.page",
    "requests-decided": "sign_in.page",
    "reset-password": "letter.open",
    "second-proof-closed": "password_reset.form",
    "verify-email": "letter.open",
}
"""The one page each letter leads to."""
_WITHOUT_PASSWORDS: Final = {"certificate-bound": "sign_in.page"}
"""Where it leads instead in a system whose holders have no password to change."""
CODE_LETTERS: Final = frozenset({"card-code"})
"""Letters that show the code of their token, and no link that holds it."""


def letter_link(origin: str, kind: str, context: Mapping[str, Any], token: str | None = None) -> str:
    """The link of a letter: `token` is the text of its one-time token, where the letter has one.

    Raises `ValueError` if a letter that leads through a token is given none.
    """
    page = LETTER_PAGES[kind]
    if not context.get("passwords", True):
        page = _WITHOUT_PASSWORDS.get(kind, page)
    if page == "letter.open" and not token:
        raise ValueError(f"a letter of kind {kind} needs its token")
    values = {"token": token or "", "zone": context["zone"], "system": context["system"]}
    path = PAGES[page].format(**{name: quote(value, safe="") for name, value in values.items()})
    return origin.rstrip("/") + path
