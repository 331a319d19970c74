"""The component itself: what `pkcs11info` and `sign` answer (protocol 1.5), under the rules of docs/bridge.md."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from portal.bridge.cards import Card, CardSource, Pin, Reader
from portal.bridge.certificates import Certificate, labelled
from portal.bridge.cms import SignedParts, signed_data
from portal.bridge.codes import CardTrouble, LastError, Ret
from portal.bridge.request import SignRequest, read_sign_request

PROTOCOL_VERSION: Final = "1.3.8"
"""The version of the official component whose answers these are; some pages ask for a least one."""
PATIENCE: Final = 30.0
"""Seconds one request waits for another that holds the card."""
Answer = dict[str, Any]


class Component:
    """Answers pages of the allowed origins; cards are touched by one request at a time."""

    def __init__(self, source: CardSource, origins: Sequence[str]) -> None:
        self.source = source
        self.origins = frozenset(origins)
        self._one_at_a_time = threading.Lock()

    def pkcs11info(self, origin: str, with_certificates: bool) -> Answer:
        """Readers and cards. Raises `CardTrouble` for a foreign origin, no reader, a failing module."""
        self.allow(origin)
        return self.look(with_certificates)

    def look(self, with_certificates: bool) -> Answer:
        """The same for the program's own page."""
        with self._card():
            readers = self._readers(with_certificates)
            library = self.source.library()
        return {
            "func": "pkcs11info",
            "ret_code": Ret.OK,
            "last_error": 0,
            "serverVersion": PROTOCOL_VERSION,
            "version": PROTOCOL_VERSION,
            "libraryVersion": library.version,
            "libraryDescription": library.description,
            "cryptokiVersion": library.cryptoki,
            "slots": [_slot(reader) for reader in readers],
        }

    def prepare(self, origin: str, package: Mapping[str, str]) -> Answer:
        """What the popup shows before it signs: holder, card, tries left. Raises what `sign` would raise."""
        self.allow(origin)
        request = read_sign_request(package, origin)
        with self._card():
            reader, card, certificate = self._signer(request)
        return {
            "func": "prepare",
            "ret_code": Ret.OK,
            "reader": reader.name,
            "cardSN": card.serial_number,
            "holder": certificate.holder,
            "triesLeft": card.tries_left,
            "minPin": card.min_pin,
            "maxPin": card.max_pin,
        }

    def sign(self, origin: str, package: Mapping[str, str]) -> Answer:
        """The signature over a challenge. Raises `CardTrouble` with what stands in the way."""
        self.allow(origin)
        request = read_sign_request(package, origin)
        if request.pin is None:
            raise CardTrouble(Ret.NO_PIN)
        with request.pin as pin, self._card():
            reader, card, certificate = self._signer(request)
            _may_try(card, pin, request)
            signature = self._signature(request, reader.name, card, certificate, pin)
        return {
            "func": "sign",
            "ret_code": Ret.OK,
            "last_error": 0,
            "message": "",
            "message2": "",
            "signature": base64.b64encode(signature).decode(),
            "certb64": base64.b64encode(certificate.der).decode(),
            "cardSN": card.serial_number,
            "version": PROTOCOL_VERSION,
        }

    def _signature(
        self, request: SignRequest, reader: str, card: Card, certificate: Certificate, pin: Pin
    ) -> bytes:
        def with_the_card(octets: bytes) -> bytes:
            return self.source.sign(reader, certificate.key_id, pin, octets, request.hash_name)

        if request.bare:
            return with_the_card(request.tbs)
        number = card.serial_number if request.with_card_number else None
        parts = SignedParts(request.tbs, datetime.now(UTC), request.hash_name, number, request.nonce)
        return signed_data(parts, certificate, with_the_card)

    def _signer(self, request: SignRequest) -> tuple[Reader, Card, Certificate]:
        readers = self._readers(certificates=True)
        if request.reader:
            readers = [reader for reader in readers if reader.name == request.reader]
        if not readers:
            raise CardTrouble(Ret.NO_READER)
        for reader in readers:
            if reader.card:
                return reader, reader.card, _certificate(reader.card, request)
        unreadable = any(reader.unreadable for reader in readers)
        raise CardTrouble(Ret.NO_SESSION if unreadable else Ret.NO_CARD)

    def _readers(self, certificates: bool) -> Sequence[Reader]:
        readers = self.source.readers(certificates)
        if not readers:
            raise CardTrouble(Ret.NO_READER)
        return readers

    def allow(self, origin: str) -> None:
        """Raises `CardTrouble` for a page that nobody allowed."""
        if origin not in self.origins:
            raise CardTrouble(Ret.FOREIGN_SITE)

    @contextmanager
    def _card(self) -> Iterator[None]:
        if not self._one_at_a_time.acquire(timeout=PATIENCE):
            raise CardTrouble(Ret.FAILED)
        try:
            yield
        finally:
            self._one_at_a_time.release()


def trouble_answer(func: str, trouble: CardTrouble) -> Answer:
    """How a `CardTrouble` is told to the page."""
    return {
        "func": func,
        "ret_code": trouble.ret_code,
        "last_error": trouble.last_error,
        "message": trouble.sentence,
        "message2": "",
        "serverVersion": PROTOCOL_VERSION,
        "version": PROTOCOL_VERSION,
    }


def _certificate(card: Card, request: SignRequest) -> Certificate:
    signing = card.signing_certificates()
    if not signing:
        raise CardTrouble(Ret.NO_CERTIFICATE)
    if request.key_id is not None:
        signing = [found for found in signing if found.key_id == request.key_id]
        if not signing:
            raise CardTrouble(Ret.NO_KEY)
    if request.check_validity:
        before, after = signing[0].validity
        now = datetime.now(UTC)
        if now < before:
            raise CardTrouble(Ret.NOT_YET_VALID)
        if now > after:
            raise CardTrouble(Ret.EXPIRED)
    return signing[0]


def _may_try(card: Card, pin: Pin, request: SignRequest) -> None:
    """A PIN that cannot be right costs no try; the last one needs a confirmation."""
    if card.tries_left == 0:
        raise CardTrouble(Ret.LOGIN_FAILED, LastError.PIN_LOCKED)
    if not max(card.min_pin, 1) <= len(pin.octets) <= card.max_pin:
        raise CardTrouble(Ret.LOGIN_FAILED, LastError.PIN_LENGTH)
    if card.tries_left == 1 and not request.last_try_confirmed:
        raise CardTrouble(Ret.CANCELLED, LastError.ONE_TRY_LEFT)


def _slot(reader: Reader) -> Answer:
    token: Answer | str | None = "unknown token" if reader.unreadable else None
    if card := reader.card:
        told = labelled(card.certificates)
        token = {
            "serialNumber": card.serial_number,
            "label": card.label,
            "model": card.model,
            "ulMinPinLen": card.min_pin,
            "ulMaxPinLen": card.max_pin,
            "certs": [certificate.told(label) for label, certificate in told],
            "keys": [_key(certificate) for _, certificate in told if not certificate.is_authority],
        }
    return {
        "slotID": reader.slot_id,
        "slotDescription": reader.name,
        "flags": reader.flags,
        "manufacturerID": reader.manufacturer,
        "hardwareVersion": reader.hardware,
        "firmwareVersion": reader.firmware,
        "token": token,
    }


def _key(certificate: Certificate) -> Answer:
    public = bytes(certificate.parsed.public_key.dump())
    return {"id": certificate.key_id.hex(), "keyb64": base64.b64encode(public).decode()}
