"""Real cards: certificates and signatures through a PKCS#11 module, readers and their events through PC/SC."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Protocol

import PyKCS11
from asn1crypto import algos, core

from portal.bridge.cards import Card, Library, Pin, Reader
from portal.bridge.certificates import Certificate
from portal.bridge.codes import TRIES_LEFT, CardTrouble, LastError, Ret, signed

GONE: Final = {
    PyKCS11.CKR_DEVICE_ERROR, PyKCS11.CKR_DEVICE_REMOVED, PyKCS11.CKR_SESSION_HANDLE_INVALID,
    PyKCS11.CKR_TOKEN_NOT_PRESENT, PyKCS11.CKR_SESSION_CLOSED,
}  # fmt: skip
"""What modules say when the card left in the midst of something."""
USUAL_TRIES: Final = 3
NOTICE_WITHIN: Final = 1.0
"""Seconds PC/SC is given to see that a card left."""


class Presence(Protocol):
    """Which readers there are and whether a card is in them; None when nobody can tell."""

    def present(self) -> dict[str, bool] | None: ...
    def wait(self, seen: int, seconds: float) -> int: ...
    def close(self) -> None: ...


class ModuleCards:
    """A `CardSource` over a module. `tries` is how many a card of this kind has, 0 when that is not known."""

    def __init__(self, module: Path, presence: Presence, tries: int = USUAL_TRIES) -> None:
        """Load the module. Raises `CardTrouble` when it is none."""
        self.presence = presence
        self.tries = tries
        self._lib = PyKCS11.PyKCS11Lib()
        try:
            self._lib.load(str(module))
        except PyKCS11.PyKCS11Error:
            raise CardTrouble(Ret.FAILED) from None

    def library(self) -> Library:
        info = self._lib.getInfo()
        version = ".".join(map(str, info.libraryVersion))
        return Library(_text(info.libraryDescription), version, ".".join(map(str, info.cryptokiVersion)))

    def readers(self, certificates: bool) -> list[Reader]:
        found: dict[str, Reader] = {}
        for slot in self._slots():
            reader = self._reader(slot, certificates)
            if reader and not (reader.name in found and found[reader.name].card):
                found[reader.name] = reader
        for name, inside in (self.presence.present() or {}).items():
            known = found.get(_cut(name)) or Reader(_cut(name))
            if not known.card:
                found[known.name] = replace(known, unreadable=inside)
        return sorted(found.values(), key=lambda reader: reader.name)

    def sign(self, reader: str, key_id: bytes, pin: Pin, data: bytes, hash_name: str) -> bytes:
        before = self.presence.wait(-1, 0)
        slot = next((slot for slot in self._slots() if self._name_with_card(slot) == reader), None)
        if slot is None:
            raise CardTrouble(Ret.NO_CARD)
        try:
            with self._session(slot) as session:
                self._log_in(session, slot, pin)
                with _card_may_leave(Ret.NOT_SIGNED):
                    return _signature(session, _private_key(session, key_id), data, hash_name)
        except CardTrouble as trouble:
            if trouble.ret_code is Ret.NOT_SIGNED and self._left(reader, before):
                raise CardTrouble(Ret.NO_CARD) from None
            raise

    def _left(self, reader: str, before: int) -> bool:
        """Whether the card is out: not every module says so, and PC/SC may need a moment to notice."""
        self.presence.wait(before, NOTICE_WITHIN)
        states = self.presence.present() or {}
        return not any(inside for name, inside in states.items() if _cut(name) == reader) and bool(states)

    def wait(self, seen: int, seconds: float) -> int:
        return self.presence.wait(seen, seconds)

    def close(self) -> None:
        self.presence.close()
        self._lib.unload()

    def _slots(self) -> list[int]:
        with _card_may_leave(Ret.FAILED):
            return [int(slot) for slot in self._lib.getSlotList(tokenPresent=False)]

    def _name_with_card(self, slot: int) -> str | None:
        with suppress(PyKCS11.PyKCS11Error):
            info = self._lib.getSlotInfo(slot)
            if info.flags & PyKCS11.CKF_TOKEN_PRESENT and self._initialised(slot):
                return _text(info.slotDescription)
        return None

    def _initialised(self, slot: int) -> bool:
        return bool(self._lib.getTokenInfo(slot).flags & PyKCS11.CKF_TOKEN_INITIALIZED)

    def _reader(self, slot: int, certificates: bool) -> Reader | None:
        """A slot as a reader; None when it vanished while it was looked at."""
        try:
            info = self._lib.getSlotInfo(slot)
        except PyKCS11.PyKCS11Error:
            return None
        card = None
        with suppress(PyKCS11.PyKCS11Error, CardTrouble, ValueError):
            if info.flags & PyKCS11.CKF_TOKEN_PRESENT and self._initialised(slot):
                card = self._card(slot, certificates)
        return Reader(
            _text(info.slotDescription), card, False, slot, info.flags, _text(info.manufacturerID),
            ".".join(map(str, info.hardwareVersion)), ".".join(map(str, info.firmwareVersion)),
        )  # fmt: skip

    def _card(self, slot: int, certificates: bool) -> Card:
        info = self._lib.getTokenInfo(slot)
        found: tuple[Certificate, ...] = ()
        if certificates:
            with self._session(slot) as session:
                found = _certificates(session)
        return Card(
            _text(info.serialNumber), _text(info.label), _text(info.model), info.ulMinPinLen,
            min(info.ulMaxPinLen, 255), self._tries_left(info.flags), found,
        )  # fmt: skip

    def _tries_left(self, flags: int) -> int | None:
        if flags & PyKCS11.CKF_USER_PIN_LOCKED:
            return 0
        if flags & PyKCS11.CKF_USER_PIN_FINAL_TRY:
            return 1
        if flags & PyKCS11.CKF_USER_PIN_COUNT_LOW and self.tries == USUAL_TRIES:
            return 2
        return None

    @contextmanager
    def _session(self, slot: int) -> Iterator[Any]:
        with _card_may_leave(Ret.NO_SESSION):
            session = self._lib.openSession(slot)
        try:
            yield session
        finally:
            for let_go in (session.logout, session.closeSession):
                with suppress(PyKCS11.PyKCS11Error):
                    let_go()

    def _log_in(self, session: Any, slot: int, pin: Pin) -> None:
        """Raises `CardTrouble` with the tries left, as far as the module tells."""
        copy = PyKCS11.ckbytelist()
        for octet in pin.octets:
            copy.append(octet)
        said = session.lib.C_Login(session.session, PyKCS11.CKU_USER, copy)
        for place in range(len(copy)):
            copy[place] = 0
        if said == PyKCS11.CKR_OK:
            return
        if said in GONE:
            raise CardTrouble(Ret.NO_CARD)
        raise CardTrouble(Ret.LOGIN_FAILED, self._refined(slot, said))

    def _refined(self, slot: int, said: int) -> int:
        if said != LastError.PIN_WRONG:
            return signed(said)
        left = None
        with suppress(PyKCS11.PyKCS11Error):
            left = self._tries_left(self._lib.getTokenInfo(slot).flags)
            if left is None and self.tries == USUAL_TRIES:
                left = USUAL_TRIES - 1
        return TRIES_LEFT[left] if left is not None else LastError.PIN_WRONG


def _certificates(session: Any) -> tuple[Certificate, ...]:
    found = []
    for handle in session.findObjects([(PyKCS11.CKA_CLASS, PyKCS11.CKO_CERTIFICATE)]):
        der, key_id, label = session.getAttributeValue(
            handle, [PyKCS11.CKA_VALUE, PyKCS11.CKA_ID, PyKCS11.CKA_LABEL]
        )
        with suppress(ValueError):
            found.append(Certificate(bytes(der), bytes(key_id), _text(label)))
    return tuple(found)


def _private_key(session: Any, key_id: bytes) -> Any:
    template = [(PyKCS11.CKA_CLASS, PyKCS11.CKO_PRIVATE_KEY), (PyKCS11.CKA_ID, tuple(key_id))]
    keys = session.findObjects(template)
    if not keys:
        raise CardTrouble(Ret.NO_KEY)
    return keys[0]


def _signature(session: Any, key: Any, data: bytes, hash_name: str) -> bytes:
    digest = hashlib.new(hash_name, data).digest()
    if session.getAttributeValue(key, [PyKCS11.CKA_KEY_TYPE])[0] == PyKCS11.CKK_ECDSA:
        pair = bytes(session.sign(key, digest, PyKCS11.Mechanism(PyKCS11.CKM_ECDSA)))
        half = len(pair) // 2
        integers = {"r": int.from_bytes(pair[:half], "big"), "s": int.from_bytes(pair[half:], "big")}
        return bytes(algos.DSASignature(integers).dump())
    info = algos.DigestInfo(
        {"digest_algorithm": {"algorithm": hash_name, "parameters": core.Null()}, "digest": digest}
    )
    return bytes(session.sign(key, info.dump(), PyKCS11.Mechanism(PyKCS11.CKM_RSA_PKCS)))


@contextmanager
def _card_may_leave(otherwise: Ret) -> Iterator[None]:
    try:
        yield
    except PyKCS11.PyKCS11Error as problem:
        code = Ret.NO_CARD if problem.value in GONE else otherwise
        raise CardTrouble(code, problem.value if code is otherwise else 0) from None


def _cut(name: str) -> str:
    """A PC/SC reader's name as PKCS#11 gives it: cut at 64 octets."""
    return name.encode()[:64].decode(errors="ignore").strip()


def _text(value: Any) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return text.strip("\0 ")
