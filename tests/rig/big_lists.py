"""Lists as long as the real ones, made in a second: the builder of the library would take half a minute."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from portal.proofs.card.demo_authority import SignedBy, tlv

SHA256_RSA = bytes.fromhex("300d06092a864886f70d01010b0500")
ON_HOLD = bytes.fromhex("300c300a0603551d1504030a0106")
SUPERSEDED = bytes.fromhex("300c300a0603551d1504030a0104")


def nth_serial(number: int) -> int:
    """The serial of one entry: 16 bytes, in no order."""
    return (
        int.from_bytes(hashlib.blake2b(number.to_bytes(4, "big"), digest_size=16).digest(), "big") >> 1
        | 1 << 126
    )


def big_crl(issuer: SignedBy, count: int, now: datetime, life: timedelta = timedelta(days=8)) -> bytes:
    """DER of a CRL with `count` entries, every fiftieth of them a suspension."""
    assert isinstance(issuer.key, rsa.RSAPrivateKey)
    date = tlv(0x17, now.strftime("%y%m%d%H%M%SZ").encode())
    entries = b"".join(
        tlv(
            0x30,
            tlv(0x02, nth_serial(number).to_bytes(16, "big"))
            + date
            + (SUPERSEDED if number % 50 else ON_HOLD),
        )
        for number in range(count)
    )
    number_extension = tlv(0x30, bytes.fromhex("0603551d14") + tlv(0x04, tlv(0x02, b"\x07")))
    body = tlv(
        0x30,
        tlv(0x02, b"\x01")
        + SHA256_RSA
        + issuer.certificate.subject.public_bytes()
        + date
        + tlv(0x17, (now + life).strftime("%y%m%d%H%M%SZ").encode())
        + tlv(0x30, entries)
        + tlv(0xA0, tlv(0x30, number_extension)),
    )
    signature = issuer.key.sign(body, padding.PKCS1v15(), hashes.SHA256())
    return tlv(0x30, body + SHA256_RSA + tlv(0x03, b"\x00" + signature))
