"""Personal numbers at rest: sealed to read back, with a blind index to find them again."""

from __future__ import annotations

import base64
import hmac

from cryptography.fernet import Fernet


def seal(key: bytes, text: str) -> bytes:
    """The text encrypted; two seals of one text differ. `key` is 32 bytes."""
    return Fernet(base64.urlsafe_b64encode(key)).encrypt(text.encode())


def unseal(key: bytes, sealed: bytes) -> str:
    """The text again; raises `cryptography.fernet.InvalidToken` for another key or a changed value."""
    return Fernet(base64.urlsafe_b64encode(key)).decrypt(sealed).decode()


def blind_index(key: bytes, text: str) -> str:
    """The same for the same text, and telling nothing of it without the key."""
    return hmac.new(key, b"blind index " + text.encode(), "sha256").hexdigest()
