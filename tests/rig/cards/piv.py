"""A virtual PIV card: the part of NIST SP 800-73 that OpenSC's PKCS#11 module needs to find, unlock and sign."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from tests.rig.cards.issued import Issued

ATR = bytes.fromhex("3B80800101")
AID = bytes.fromhex("A000000308000010000100")
TRIES = 3
CHUID, CERTIFICATE_9A, CERTIFICATE_9D = "5FC102", "5FC105", "5FC10B"
OK, NOT_FOUND, NOT_ALLOWED, LOCKED, UNKNOWN = 0x9000, 0x6A82, 0x6982, 0x6983, 0x6D00
FASC_N = bytes.fromhex("D4E739DA739CED39CE739DA1685A1082108CE73984119257FC")
GUID = bytes.fromhex("54440000000000000000000000000001")
GENERAL_AUTHENTICATE = 0x87


class Removed(Exception):
    """The card was pulled out before it answered."""


@dataclass
class PivCard:
    """A card; `tries_left`, `silent` (it knows no command) and `leave_at` may be set at any time.

    `leave_at` is an instruction at which somebody pulls it out.
    """

    signing: Issued | None = None
    encryption: Issued | None = None
    pin: bytes = b"123456"
    tries_left: int = TRIES
    leave_at: int | None = None
    silent: bool = False
    signatures: int = 0
    _verified: bool = False
    _collected: bytes = b""
    _rest: bytes = field(default=b"", repr=False)

    def reset(self) -> None:
        """Power: the card forgets who unlocked it."""
        self._verified, self._collected, self._rest = False, b"", b""

    def transmit(self, apdu: bytes) -> bytes:
        """Answer one command. Raises `Removed`."""
        chained, instruction, parameters = apdu[0] & 0x10, apdu[1], apdu[2:4]
        if instruction == self.leave_at:
            raise Removed
        if instruction == 0xC0:
            return self._more(apdu[4] if len(apdu) > 4 else 0)
        body = apdu[5 : 5 + apdu[4]] if len(apdu) > 5 else b""
        self._collected += body
        if chained:
            return OK.to_bytes(2, "big")
        body, self._collected = self._collected, b""
        answer, status = self._act(instruction, parameters, body)
        if status != OK:
            return status.to_bytes(2, "big")
        self._rest = answer
        return self._more(min(len(answer), 256))

    def _act(self, instruction: int, parameters: bytes, body: bytes) -> tuple[bytes, int]:
        if self.silent:
            return b"", UNKNOWN
        if instruction == 0xA4:
            return self._select(body)
        if instruction == 0x20 and parameters == b"\x00\x80":
            return b"", self._verify(body)
        if instruction == 0xCB and parameters == b"\x3f\xff":
            return self._read(body)
        if instruction == GENERAL_AUTHENTICATE:
            return self._authenticate(parameters[1], body)
        return b"", UNKNOWN

    def _select(self, body: bytes) -> tuple[bytes, int]:
        if not AID.startswith(body) or len(body) < 5:
            return b"", NOT_FOUND
        inner = tlv("4F", AID[5:]) + tlv("79", tlv("4F", AID[:5]))
        return tlv("61", inner), OK

    def _verify(self, body: bytes) -> int:
        if self.tries_left == 0:
            return LOCKED
        if body:
            self._verified = body.rstrip(b"\xff") == self.pin
            self.tries_left = TRIES if self._verified else self.tries_left - 1
        if self._verified:
            return OK
        return 0x63C0 + self.tries_left if self.tries_left else LOCKED

    def _read(self, body: bytes) -> tuple[bytes, int]:
        tag = body[2 : 2 + body[1]].hex().upper() if len(body) > 2 else ""
        held = {CERTIFICATE_9A: self.signing, CERTIFICATE_9D: self.encryption}.get(tag)
        if tag == CHUID:
            inside = (
                tlv("30", FASC_N) + tlv("34", GUID) + tlv("35", b"20401231") + tlv("3E", b"") + tlv("FE", b"")
            )
        elif held:
            inside = tlv("70", held.der) + tlv("71", b"\0") + tlv("FE", b"")
        else:
            return b"", NOT_FOUND
        return tlv("53", inside), OK

    def _authenticate(self, reference: int, body: bytes) -> tuple[bytes, int]:
        held = {0x9A: self.signing, 0x9D: self.encryption}.get(reference)
        if not self._verified or held is None:
            return b"", NOT_ALLOWED
        challenge = dict(read_tlv(next(read_tlv(body))[1]))["81"]
        self.signatures += 1
        return tlv("7C", tlv("82", _private(held, challenge))), OK

    def _more(self, wanted: int) -> bytes:
        wanted = wanted or 256
        part, self._rest = self._rest[:wanted], self._rest[wanted:]
        status = 0x6100 + min(len(self._rest), 0xFF) if self._rest else OK
        return part + status.to_bytes(2, "big")


def _private(held: Issued, challenge: bytes) -> bytes:
    """The bare operation, as a card does it: the padding is the caller's."""
    if isinstance(held.key, rsa.RSAPrivateKey):
        numbers = held.key.private_numbers()
        modulus = numbers.public_numbers.n
        answer = pow(int.from_bytes(challenge, "big"), numbers.d, modulus)
        return answer.to_bytes((modulus.bit_length() + 7) // 8, "big")
    return held.key.sign(challenge, ec.ECDSA(Prehashed(hashes.SHA256())))


def tlv(tag: str, value: bytes) -> bytes:
    """BER: tag, length, value."""
    size = len(value)
    if size < 0x80:
        length = bytes([size])
    else:
        octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
        length = bytes([0x80 + len(octets)]) + octets
    return bytes.fromhex(tag) + length + value


def read_tlv(text: bytes) -> Iterator[tuple[str, bytes]]:
    """The pairs at one level; tags of one octet."""
    while text:
        tag, size, start = text[:1].hex().upper(), text[1], 2
        if size >= 0x80:
            start = 2 + size - 0x80
            size = int.from_bytes(text[2:start], "big")
        yield tag, text[start : start + size]
        text = text[start + size :]
