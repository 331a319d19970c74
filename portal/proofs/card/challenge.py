"""What a card is asked to sign: one line of plain characters that says for whom, for what, and until when.

Keeping it, spending it once and holding it to its session is the use-case's work.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

from portal.domain.certificate import CardRefusal, refusal

PREFIX: Final = "cardauth.v1."
"""A card also signs contracts: it shall see at once that this is none. The bridge signs nothing else."""
LONGEST: Final = 2048
"""Characters of a challenge; anything longer is not ours."""

Purpose = Literal["login", "bind", "stepup", "check"]


@dataclass(frozen=True)
class Challenge:
    """The content of a challenge. Everything is bound by the signature; nothing in it is secret."""

    aud: str
    """Origin of the portal, `https://portal.gov.tw`."""
    op: Purpose
    session: str
    """Hash that only this browser session leads to."""
    account: str | None
    """Whose account a card is bound to, or steps up; None where nobody is signed in."""
    nonce: str
    """Random and unique; it finds the stored challenge."""
    expires: int
    """Seconds since 1970, UTC."""


def make_challenge(
    aud: str, op: Purpose, session_hash: str, account: str | None, nonce: str, expires: datetime
) -> str:
    """The text to sign: `[A-Za-z0-9._-]` only, so that no component can garble it on its way."""
    return _written(Challenge(aud, op, session_hash, account, nonce, int(expires.timestamp())))


def read_challenge(text: str) -> Challenge:
    """The content of a challenge; raises `Refusal` unless `make_challenge` writes exactly this text for it."""
    if len(text) > LONGEST or not re.fullmatch(r"cardauth\.v1\.[A-Za-z0-9_-]+", text):
        raise refusal(CardRefusal.CHALLENGE_MALFORMED)
    body = text.removeprefix(PREFIX)
    try:
        told = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        challenge = Challenge(**told)
        canonical = _written(challenge)
    except (ValueError, TypeError, RecursionError):
        raise refusal(CardRefusal.CHALLENGE_MALFORMED) from None
    account = [] if challenge.account is None else [challenge.account]
    texts = (challenge.aud, challenge.session, challenge.nonce, *account)
    if canonical != text or challenge.op not in get_args(Purpose) or type(challenge.expires) is not int:
        raise refusal(CardRefusal.CHALLENGE_MALFORMED)
    if not all(isinstance(part, str) for part in texts):
        raise refusal(CardRefusal.CHALLENGE_MALFORMED)
    return challenge


def _written(challenge: Challenge) -> str:
    content = json.dumps(vars(challenge), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return PREFIX + base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")
