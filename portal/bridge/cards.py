"""Readers and cards as the bridge sees them, whatever they are made of: a PKCS#11 module, or a folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol

from portal.bridge.certificates import Certificate


@dataclass(frozen=True, slots=True)
class Card:
    """A card in a reader. `tries_left` is None when it does not tell; 0 means locked."""

    serial_number: str
    label: str
    model: str = ""
    min_pin: int = 0
    max_pin: int = 255
    tries_left: int | None = None
    certificates: tuple[Certificate, ...] = ()

    def signing_certificates(self) -> list[Certificate]:
        """Those that may sign in, the card's first one first."""
        return [found for found in self.certificates if found.signs]


@dataclass(frozen=True, slots=True)
class Reader:
    """A reader: with a card, empty, or with something that cannot be read (`unreadable`)."""

    name: str
    card: Card | None = None
    unreadable: bool = False
    slot_id: int = 0
    flags: int = 0
    manufacturer: str = ""
    hardware: str = ""
    firmware: str = ""


@dataclass(frozen=True, slots=True)
class Library:
    """What reads the cards, for `pkcs11info`."""

    description: str
    version: str = ""
    cryptoki: str = ""


class CardSource(Protocol):
    """Where cards come from. One caller at a time: `Component` holds the lock, except for `wait`."""

    def library(self) -> Library:
        """What reads the cards."""
        ...

    def readers(self, certificates: bool) -> Sequence[Reader]:
        """Readers in a steady order; certificates are read when asked for. Raises `CardTrouble`."""
        ...

    def sign(self, reader: str, key_id: bytes, pin: Pin, data: bytes, hash_name: str) -> bytes:
        """Log in, sign once, log out. RSA PKCS#1 v1.5, or ECDSA in DER. Raises `CardTrouble`."""
        ...

    def wait(self, seen: int, seconds: float) -> int:
        """The number of changes (insert, remove) so far; comes back when it is no longer `seen`."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...


@dataclass(slots=True)
class Pin:
    """A card's PIN for one use: shows itself nowhere, is overwritten afterwards.

    What Python copied on the way here (the parsed JSON) cannot be overwritten; nobody keeps it.
    """

    octets: bytearray = field(repr=False)

    @classmethod
    def of(cls, text: str) -> Pin:
        return cls(bytearray(text, "utf-8"))

    def __enter__(self) -> Pin:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        wipe(self.octets)


def wipe(octets: bytearray) -> None:
    """Overwrite in place; the length stays."""
    octets[:] = bytes(len(octets))
