"""One-time tokens of popups: only a page that this program served may ask it for anything."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

LIFE: Final = 300.0
"""Seconds a popup may stand open."""
AT_MOST: Final = 64
"""Popups open at the same time; the oldest gives way."""


class Tokens:
    """Made for one kind of page; good until used once, or until they are old."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._open: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._lock = threading.Lock()

    def issue(self, kind: str) -> str:
        """A new token for a page of this kind."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._open[token] = (kind, self._clock() + LIFE)
            while len(self._open) > AT_MOST:
                self._open.popitem(last=False)
        return token

    def accept(self, token: str, kind: str, last: bool) -> bool:
        """Whether it is good for this kind of page; `last` uses it up."""
        with self._lock:
            known, until = self._open.get(token, ("", 0.0))
            good = known == kind and self._clock() < until
            if good and last:
                del self._open[token]
            return good

    def renew(self, token: str) -> None:
        """Let a page that stays open (the self-test) keep its token."""
        with self._lock:
            if token in self._open:
                self._open[token] = (self._open[token][0], self._clock() + LIFE)
                self._open.move_to_end(token)
