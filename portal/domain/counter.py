"""Counters that close a door for a while, and values that count once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.base import Base, UtcDateTime


class Counter(Base):
    """計次: how often something happened within its window. In the database: workers share it."""

    __tablename__ = "counter"

    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    count: Mapped[int]
    window_ends_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class SpentNonce(Base):
    """已用序號: a value that may be used once, such as a solved captcha."""

    __tablename__ = "spent_nonce"

    nonce: Mapped[str] = mapped_column(String(80), primary_key=True)
    spent_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


@dataclass(frozen=True)
class Limit:
    """次數上限: at most `times` within `window`."""

    name: str
    times: int
    window: timedelta


SIGN_IN_FAILURES: Final = Limit("sign-in", 5, timedelta(minutes=15))
SECOND_PROOF_FAILURES: Final = Limit("second-proof", 5, timedelta(minutes=15))
SECOND_PROOF_LETTERS: Final = Limit("second-proof-letters", 1, timedelta(hours=1))
SIGN_IN_FAILURES_BY_ADDRESS: Final = Limit("sign-in-address", 300, timedelta(minutes=15))
CARD_FAILURES: Final = Limit("card", 10, timedelta(minutes=15))
CARD_FAILURES_BY_ACCOUNT: Final = Limit("card-account", 10, timedelta(minutes=15))
CARD_FAILURES_BY_ADDRESS: Final = Limit("card-address", 300, timedelta(minutes=15))
LETTERS_BY_ADDRESSEE: Final = Limit("letters-to", 3, timedelta(hours=1))
LETTERS_BY_ADDRESS: Final = Limit("letters-from", 60, timedelta(hours=1))
CODES_BY_ACCOUNT: Final = Limit("codes-for", 3, timedelta(hours=1))
CODES_BY_ADDRESSEE: Final = Limit("codes-to", 30, timedelta(hours=1))
"""Clinics share mailboxes: the letters of one person leave the others theirs."""
CODES_BY_ADDRESS: Final = Limit("codes-from", 300, timedelta(hours=1))
NAME_CHECKS_BY_CAPTCHA: Final = Limit("name-checks", 10, timedelta(hours=1))
APPLICATIONS_BY_ADDRESS: Final = Limit("applications-from", 120, timedelta(hours=1))
CHALLENGES_BY_ADDRESS: Final = Limit("challenges-from", 1200, timedelta(minutes=10))
IDENTITIES_BY_CAPTCHA: Final = Limit("identities-by", 3, timedelta(hours=1))
IDENTITIES_BY_ADDRESS: Final = Limit("identities-from", 120, timedelta(hours=1))
SOUNDS_BY_ADDRESS: Final = Limit("sounds-from", 60, timedelta(minutes=10))
"""Whole agencies sit behind one address, so limits by address are wide."""
