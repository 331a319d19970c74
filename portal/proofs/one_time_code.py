"""驗證器: the six digits that an authenticator app shows, by RFC 6238 (SHA-1, 30 seconds: what every app can do)."""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

SECONDS: Final = 30
"""How long one code is shown."""
DIGITS: Final = 6
TOLERANCE: Final = 1
"""Codes before and after the present one that count too: clocks differ, and people type slowly."""


def new_secret() -> str:
    """160 random bits, in the letters and digits that apps take."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def step_of(now: datetime) -> int:
    """The number of the code that is shown at this time."""
    return int(now.timestamp()) // SECONDS


def code_at(secret: str, step: int) -> str:
    """The code of one step."""
    digest = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def read_code(typed: str) -> str | None:
    """Six digits however they are grouped; None for anything else. `typed` is plain already (NFKC)."""
    code = re.sub(r"[\s-]", "", typed)
    return code if re.fullmatch(rf"[0-9]{{{DIGITS}}}", code, re.ASCII) else None


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """The newest step near this time whose code this is; whether it was used before is for the store to say."""
    present = step_of(now)
    found = None
    for step in range(present - TOLERANCE, present + TOLERANCE + 1):
        if hmac.compare_digest(code_at(secret, step), code):
            found = step
    return found


def key_groups(secret: str) -> list[str]:
    """The key as people type it: groups of four."""
    return [secret[n : n + 4] for n in range(0, len(secret), 4)]


def key_address(issuer: str, account: str, secret: str) -> str:
    """What the QR code holds, as apps expect it; SHA-1, six digits and 30 seconds are what they take unless told."""
    facts = urlencode({"secret": secret, "issuer": issuer}, quote_via=quote)
    return f"otpauth://totp/{quote(f'{issuer}:{account}', safe='')}?{facts}"


def key_picture(address: str) -> str:
    """The QR code as an address of an image: dark on white, in dark pages too."""
    import segno

    return str(segno.make(address, error="m", micro=False).svg_data_uri(scale=5, border=4, light="#fff"))
