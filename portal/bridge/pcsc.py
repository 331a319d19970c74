"""Readers, and cards coming and going, by PC/SC (pyscard); without it the PKCS#11 module alone tells."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any, Final

PNP: Final = r"\\?PnP?\Notification"
"""The reader that reports other readers; macOS has none, and is looked at each second."""
AT_MOST: Final = 1000
"""Milliseconds between two looks, for systems that report nothing by themselves."""
REST: Final = 2.0
"""Seconds until a missing PC/SC service is asked for again."""


class PcscPresence:
    """Watches in a thread of its own. Raises `ImportError` when pyscard is not there."""

    def __init__(self) -> None:
        from smartcard import scard

        self._scard: Any = scard
        self._changes = 0
        self._changed = threading.Condition()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="pcsc", daemon=True)
        self._thread.start()

    def present(self) -> dict[str, bool] | None:
        """Each reader, and whether a card is in it; None without a PC/SC service."""
        states = None
        context = self._context()
        if context is not None:
            states = self._states(context)
            self._scard.SCardReleaseContext(context)
        if states is None:
            return None
        return {name: bool(state & self._scard.SCARD_STATE_PRESENT) for name, state in states.items()}

    def wait(self, seen: int, seconds: float) -> int:
        """The number of changes so far; comes back when it is no longer `seen`."""
        with self._changed:
            self._changed.wait_for(lambda: self._changes != seen, seconds)
            return self._changes

    def close(self) -> None:
        self._over.set()
        self._thread.join(timeout=2 * AT_MOST / 1000)

    def _watch(self) -> None:
        while not self._over.is_set():
            context = self._context()
            if context is None:
                self._over.wait(REST)
                continue
            self._watch_with(context)
            with suppress(Exception):
                self._scard.SCardReleaseContext(context)

    def _watch_with(self, context: Any) -> None:
        """Until the service goes away or the program ends."""
        before: dict[str, bool] | None = None
        while not self._over.is_set():
            states = self._states(context)
            if states is None:
                return
            present = {name: bool(state & self._scard.SCARD_STATE_PRESENT) for name, state in states.items()}
            if before is not None and present != before:
                with self._changed:
                    self._changes += 1
                    self._changed.notify_all()
            before = present
            self._sleep_until_something_happens(context, states)

    def _sleep_until_something_happens(self, context: Any, states: dict[str, int]) -> None:
        known = [*states.items(), (PNP, len(states) << 16)]
        said, _ = self._scard.SCardGetStatusChange(context, AT_MOST, known)
        if said not in (self._scard.SCARD_S_SUCCESS, self._scard.SCARD_E_TIMEOUT):
            if not states:
                self._over.wait(AT_MOST / 1000)
                return
            self._scard.SCardGetStatusChange(context, AT_MOST, known[:-1])

    def _states(self, context: Any) -> dict[str, int] | None:
        """Reader → state; None when the service is gone."""
        scard = self._scard
        said, names = scard.SCardListReaders(context, [])
        if said == scard.SCARD_E_NO_READERS_AVAILABLE:
            return {}
        if said != scard.SCARD_S_SUCCESS:
            return None
        said, told = scard.SCardGetStatusChange(
            context, 0, [(name, scard.SCARD_STATE_UNAWARE) for name in names]
        )
        if said not in (scard.SCARD_S_SUCCESS, scard.SCARD_E_TIMEOUT):
            return None
        return {name: state & ~scard.SCARD_STATE_CHANGED for name, state, _ in told}

    def _context(self) -> Any:
        said, context = self._scard.SCardEstablishContext(self._scard.SCARD_SCOPE_USER)
        return context if said == self._scard.SCARD_S_SUCCESS else None


class NobodyTells:
    """Presence without PC/SC: nothing is known beside the module, and no change is ever reported."""

    def present(self) -> dict[str, bool] | None:
        return None

    def wait(self, seen: int, seconds: float) -> int:
        threading.Event().wait(seconds)
        return 0

    def close(self) -> None:
        """Nothing is held."""
