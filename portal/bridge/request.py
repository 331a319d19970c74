"""What a page asks for: `tbsPackage` read into something that can be judged (protocol 1.4)."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_to_bytes

from portal.bridge.cards import Pin
from portal.bridge.codes import CardTrouble, Ret

ABSENT: Final = "__NotExistedTag__"
"""Some pages send this for "not given"."""
CHALLENGE: Final = re.compile(r"cardauth\.v1\.([A-Za-z0-9_-]{1,4096})", re.ASCII)
"""The only text that is ever signed: a card is also a tool for legal signatures."""
HASHES: Final = {"": "sha256", "SHA256": "sha256", "SHA384": "sha384", "SHA512": "sha512"}
SIGNATURE_TYPES: Final = {"", "PKCS7", "PKCS1"}
LONGEST_NONCE: Final = 64


@dataclass(frozen=True, slots=True)
class SignRequest:
    """A request that may be signed, if the reader, the card and its holder agree."""

    tbs: bytes
    bare: bool
    hash_name: str
    reader: str
    key_id: bytes | None
    nonce: bytes | None
    with_card_number: bool
    check_validity: bool
    last_try_confirmed: bool
    pin: Pin | None = field(repr=False)


def read_form(body: bytes | bytearray) -> dict[str, str]:
    """The fields of a form body, decoded once. Raises `CardTrouble` when it is not UTF-8."""
    fields = {}
    try:
        for part in bytes(body).split(b"&"):
            name, _, value = part.partition(b"=")
            fields[_plain(name)] = _plain(value)
    except UnicodeDecodeError:
        raise CardTrouble(Ret.BAD_JSON) from None
    return fields


def read_package(body: bytes | bytearray) -> dict[str, str]:
    """The fields of `tbsPackage`; those that say nothing are left out. Raises `CardTrouble`."""
    try:
        package = json.loads(read_form(body).get("tbsPackage", ""))
    except (ValueError, RecursionError):
        raise CardTrouble(Ret.BAD_JSON) from None
    if not isinstance(package, dict):
        raise CardTrouble(Ret.BAD_JSON)
    said = {name: str(value).lower() if isinstance(value, bool) else value for name, value in package.items()}
    return {
        name: value for name, value in said.items() if isinstance(value, str) and value not in ("", ABSENT)
    }


def read_sign_request(package: Mapping[str, str], origin: str) -> SignRequest:
    """Judge what a page at `origin` wants signed. Raises `CardTrouble`: nothing else than a challenge is."""
    kind = package.get("signatureType", "").upper()
    hash_name = HASHES.get(package.get("hashAlgorithm", "").upper())
    if kind not in SIGNATURE_TYPES:
        raise CardTrouble(Ret.UNSUPPORTED)
    if hash_name is None:
        raise CardTrouble(Ret.BAD_PARAMETER)
    return SignRequest(
        tbs=_challenge(package, origin),
        bare=kind == "PKCS1",
        hash_name=hash_name,
        reader=package.get("slotDescription") or package.get("readername", ""),
        key_id=_octets(package, "keyidb64"),
        nonce=_nonce(package.get("nonce")),
        with_card_number=_yes(package, "withCardSN"),
        check_validity=_yes(package, "checkValidity"),
        last_try_confirmed=_yes(package, "lastTryConfirmed"),
        pin=Pin.of(package["pin"]) if "pin" in package else None,
    )


def _challenge(package: Mapping[str, str], origin: str) -> bytes:
    encoding = package.get("tbsEncoding", "NONE").upper()
    if encoding not in {"NONE", "BASE64"}:
        raise CardTrouble(Ret.BAD_PARAMETER)
    text = package.get("tbs", "")
    if encoding == "BASE64":
        text = (_octets(package, "tbs") or b"").decode("ascii", "replace")
    found = CHALLENGE.fullmatch(text)
    if not found or _audience(found.group(1)) not in (None, origin):
        raise CardTrouble(Ret.BAD_PARAMETER)
    return text.encode("ascii")


def _audience(payload: str) -> str | None:
    """Whom the challenge is for, when it says so: no allowed site can pass on the challenge of another."""
    try:
        told = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or "aud" not in told:
        return None
    return str(told["aud"])


def _nonce(text: str | None) -> bytes | None:
    try:
        octets = bytes.fromhex(text) if text else None
    except ValueError:
        raise CardTrouble(Ret.BAD_PARAMETER) from None
    if octets and len(octets) > LONGEST_NONCE:
        raise CardTrouble(Ret.BAD_PARAMETER)
    return octets


def _octets(package: Mapping[str, str], name: str) -> bytes | None:
    try:
        return base64.b64decode(package[name], validate=True) if name in package else None
    except (binascii.Error, ValueError):
        raise CardTrouble(Ret.BAD_PARAMETER) from None


def _yes(package: Mapping[str, str], name: str) -> bool:
    return package.get(name, "").lower() == "true"


def _plain(octets: bytes) -> str:
    return unquote_to_bytes(octets.replace(b"+", b" ")).decode("utf-8")
