"""Dropping what no longer decides anything."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from portal.store.card_challenges import purge_challenges
from portal.store.card_claims import purge_claims
from portal.store.counters import purge
from portal.store.database import write
from portal.store.drafts import purge_drafts
from portal.store.letters import purge_letters
from portal.store.login_sessions import purge_sessions
from portal.store.one_time_tokens import purge_tokens

SPENT_KEPT: Final = timedelta(days=1)
SESSIONS_KEPT: Final = timedelta(days=30)
TOKENS_KEPT: Final = timedelta(days=30)
LETTERS_KEPT: Final = timedelta(days=180)


def purge_leftovers(now: datetime) -> int:
    """Counters, captchas and card claims after a day, sessions after a month, sent letters after half a year.

    One-time tokens go after a month, or with the letter that names them.
    """
    with write() as session:
        return (
            purge_challenges(session, now - SPENT_KEPT)
            + purge(session, now, now - SPENT_KEPT)
            + purge_sessions(session, now - SESSIONS_KEPT)
            + purge_letters(session, now - LETTERS_KEPT)
            + purge_claims(session, now - SPENT_KEPT)
            + purge_tokens(session, now - TOKENS_KEPT)
            + purge_drafts(session, now)
        )
