"""Which draft is this browser's: its number, in the signed cookie, and nothing of what it holds."""

from __future__ import annotations

from typing import Any

from flask import session

from portal.domain.system import InformationSystem
from portal.usecases.apply.keep_draft import Draft, find_draft, keep_draft
from portal.web.access import circumstance


def own_draft(system: InformationSystem) -> Draft | None:
    """The browser's draft, if it has one that is not too old."""
    return find_draft(system, _known(system), circumstance())


def keep_in_draft(system: InformationSystem, **answers: Any) -> Draft:
    """Add answers to the browser's draft; an application that was sent is left alone, and another begins."""
    known = own_draft(system)
    return remember_draft(
        system,
        keep_draft(system, known.id if known and not was_sent(known) else "", circumstance(), **answers),
    )


def remember_draft(system: InformationSystem, draft: Draft) -> Draft:
    """Let the browser know the number of its draft."""
    if _known(system) != draft.id:
        session[f"draft:{system.key}"] = draft.id
    return draft


def was_sent(draft: Draft) -> str:
    """The public number of the application that was made of this draft, "" before."""
    return str(draft.answers.get("sent", ""))


def _known(system: InformationSystem) -> str:
    return str(session.get(f"draft:{system.key}", ""))
