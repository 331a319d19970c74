"""Demonstration cards without hardware: a folder in which each sub-folder is a reader with a card in it.

FOLDER/<reader>/card.toml         number = "TD00000000000001", label = "…", pin = "…"
FOLDER/<reader>/certificate.pem   key.pem, unencrypted; a card without them cannot be read
FOLDER/<reader>/removed           while this file is there, the reader is empty
FOLDER/<reader>/tries-left        written by the bridge; 0 is locked; delete it to unlock
"""

from __future__ import annotations

import hmac
import time
import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from asn1crypto import pem

from portal.bridge.cards import Card, Library, Pin, Reader
from portal.bridge.certificates import Certificate
from portal.bridge.codes import TRIES_LEFT, CardTrouble, Ret

TRIES: Final = 3
LOOK_EVERY: Final = 0.2
KEY_ID: Final = b"\x01"


class DemoCards:
    """A `CardSource` over such a folder; it is looked at anew each time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._changes = 0
        self._seen = self._state()

    def library(self) -> Library:
        return Library("Demonstration cards", "1.0", "2.40")

    def readers(self, certificates: bool) -> list[Reader]:
        return [_reader(folder, number, certificates) for number, folder in enumerate(self._folders())]

    def sign(self, reader: str, key_id: bytes, pin: Pin, data: bytes, hash_name: str) -> bytes:
        folder = self.folder / reader
        if folder not in self._folders():
            raise CardTrouble(Ret.NO_READER)
        if (folder / "removed").exists():
            raise CardTrouble(Ret.NO_CARD)
        _log_in(folder, pin)
        if key_id != KEY_ID:
            raise CardTrouble(Ret.NO_KEY)
        return _signature(folder / "key.pem", data, hash_name)

    def wait(self, seen: int, seconds: float) -> int:
        deadline = time.monotonic() + seconds
        while True:
            if (state := self._state()) != self._seen:
                self._seen = state
                self._changes += 1
            if self._changes != seen or time.monotonic() >= deadline:
                return self._changes
            time.sleep(LOOK_EVERY)

    def close(self) -> None:
        """Nothing is held."""

    def _folders(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        return sorted(path for path in self.folder.iterdir() if (path / "card.toml").is_file())

    def _state(self) -> list[tuple[str, bool]]:
        return [(folder.name, (folder / "removed").exists()) for folder in self._folders()]


def _reader(folder: Path, number: int, certificates: bool) -> Reader:
    if (folder / "removed").exists():
        return Reader(folder.name, slot_id=number)
    try:
        told = _told(folder)
        card = Card(
            serial_number=str(told["number"]),
            label=str(told.get("label", folder.name)),
            model="demonstration",
            min_pin=4,
            max_pin=16,
            tries_left=_tries_left(folder),
            certificates=_certificates(folder) if certificates else (),
        )
    except (OSError, ValueError, KeyError):
        return Reader(folder.name, unreadable=True, slot_id=number)
    return Reader(folder.name, card, slot_id=number)


def _told(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "card.toml").read_text(encoding="utf-8"))


def _certificates(folder: Path) -> tuple[Certificate, ...]:
    _, _, der = pem.unarmor((folder / "certificate.pem").read_bytes())
    return (Certificate(der, KEY_ID, "demonstration"),)


def _tries_left(folder: Path) -> int:
    with suppress(OSError, ValueError):
        return max(0, min(TRIES, int((folder / "tries-left").read_text())))
    return TRIES


def _log_in(folder: Path, pin: Pin) -> None:
    """As a card does it: the try is counted before the PIN is compared. Raises `CardTrouble`."""
    left = _tries_left(folder)
    if left > 0:
        left -= 1
        (folder / "tries-left").write_text(f"{left}\n")
        if hmac.compare_digest(pin.octets, str(_told(folder)["pin"]).encode()):
            (folder / "tries-left").unlink(missing_ok=True)
            return
    raise CardTrouble(Ret.LOGIN_FAILED, TRIES_LEFT[left])


def _signature(key_file: Path, data: bytes, hash_name: str) -> bytes:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    algorithm = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}[hash_name]
    try:
        key = load_pem_private_key(key_file.read_bytes(), None)
    except (OSError, ValueError, TypeError):
        raise CardTrouble(Ret.NO_KEY) from None
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), algorithm)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(algorithm))
    raise CardTrouble(Ret.NO_KEY)
