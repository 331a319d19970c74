"""驗證碼 (manual 1 step 2): five digits to read or to hear, against mass submissions.

Nothing is stored: the id on the page is signed, the digits are derived from it by the key. What must be
stored, that a challenge is spent, is the use-case's work: one nonce, one guess.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import re
import secrets
import unicodedata
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from itsdangerous import BadSignature, Signer

from portal.domain.refusal import Refusal

if TYPE_CHECKING:
    from captcha.audio import AudioCaptcha
    from captcha.image import ImageCaptcha

DIGITS: Final = 5
CHALLENGE_LIFE: Final = timedelta(minutes=30)
"""How long a picture may stand on the page before it is answered."""
PASS_LIFE: Final = timedelta(minutes=60)
"""How long a solved captcha stands in for itself while other fields are put right."""
PICTURE_SIZE: Final = (184, 72)
"""Pixels, width and height."""

_VOICES: Final = Path(__file__).with_name("voices")
_WHITE: Final = (255, 255, 255)
_INKS: Final = ((16, 42, 92), (92, 20, 44), (12, 70, 48), (66, 36, 104))  # each at least 10 : 1 on white
_DARKEST_INK: Final = 40  # the grey value of the darkest ink, from which on a stroke is opaque


def new_challenge(key: bytes, now: datetime) -> str:
    """A fresh id for picture and sound, fit for a URL; it says when it was made and cannot be forged."""
    return _sign(key, "challenge", secrets.token_urlsafe(12), now)


def answer(key: bytes, challenge: str) -> str:
    """The five digits of a challenge; raises `Refusal` (404) for an id that is not ours."""
    digest = hmac.digest(key, b"captcha answer " + nonce_of(key, challenge).encode(), "sha256")
    return f"{int.from_bytes(digest[:8], 'big') % 10**DIGITS:0{DIGITS}d}"


def nonce_of(key: bytes, challenge: str) -> str:
    """What to spend once a challenge was answered, rightly or not; raises `Refusal` (404) if forged."""
    signed = _read(key, "challenge", challenge)
    if signed is None:
        raise Refusal(
            "找不到這張驗證碼圖片，請重新整理頁面。", field="captcha", status=404, code="captcha-forged"
        )
    return signed[0]


def picture(key: bytes, challenge: str) -> bytes:
    """PNG of the digits, dark on white, bent a little each time; raises `Refusal` (404) for a forged id."""
    digits = answer(key, challenge)
    ink = secrets.choice(_INKS)
    return _painter().generate(digits, bg_color=_WHITE, fg_color=(*ink, 255)).getvalue()


def sound(key: bytes, challenge: str) -> bytes:
    """WAV (8 kHz, mono, 6 to 10 s) of the digits in Mandarin; raises `Refusal` (404) for a forged id."""
    return bytes(_speaker().generate(answer(key, challenge)))


def check(key: bytes, challenge: str, typed: str, now: datetime) -> str:
    """The nonce to spend if `typed` answers the challenge.

    Full-width digits and spaces are taken as people type them. Raises `Refusal` at the field `captcha`:
    nothing or no five digits typed, forged, older than `CHALLENGE_LIFE`, wrong.
    """
    digits = re.sub(r"\s+", "", unicodedata.normalize("NFKC", typed))
    if not digits:
        raise _refusal("請輸入驗證碼。", "captcha-missing")
    signed = _read(key, "challenge", challenge)
    if signed is None:
        raise _refusal("這組驗證碼不是本站提供的，請輸入新圖中的五個數字。", "captcha-forged")
    nonce, made = signed
    if now - made > CHALLENGE_LIFE:
        raise _refusal("這組驗證碼已超過 30 分鐘，請輸入新圖中的五個數字。", "captcha-late")
    if not re.fullmatch(rf"[0-9]{{{DIGITS}}}", digits):
        raise _refusal("驗證碼是五個數字，請再看一次圖片，或用聽的。", "captcha-malformed")
    if not hmac.compare_digest(digits, answer(key, challenge)):
        raise _refusal("驗證碼和圖中的數字不同，請輸入新圖中的五個數字。", "captcha-wrong")
    return nonce


def issue_pass(key: bytes, nonce: str, now: datetime) -> str:
    """A solved captcha as a signed text, so that nobody types it again when another field is wrong."""
    return _sign(key, "pass", nonce, now)


def read_pass(key: bytes, text: str, now: datetime) -> str:
    """The nonce of a pass, still to be spent; raises `Refusal` at field `captcha` if forged or too old."""
    signed = _read(key, "pass", text)
    if signed is None or now - signed[1] > PASS_LIFE:
        raise _refusal("驗證碼已失效，請輸入新圖中的五個數字。", "captcha-pass")
    return signed[0]


def _refusal(sentence: str, code: str) -> Refusal:
    return Refusal(sentence, field="captcha", code=code)


def _signer(key: bytes, purpose: str) -> Signer:
    return Signer(key, salt=f"captcha {purpose}", key_derivation="hmac", digest_method=hashlib.sha256)


def _sign(key: bytes, purpose: str, nonce: str, now: datetime) -> str:
    return _signer(key, purpose).sign(f"{nonce}.{int(now.timestamp()):x}").decode()


def _read(key: bytes, purpose: str, text: str) -> tuple[str, datetime] | None:
    """Nonce and time (UTC) of a text signed for this purpose; None if it was not."""
    if not text.isascii():
        return None
    try:
        nonce, _, stamp = _signer(key, purpose).unsign(text).decode().rpartition(".")
    except BadSignature:
        return None
    return nonce, datetime.fromtimestamp(int(stamp, 16), UTC)


@functools.cache
def _painter() -> ImageCaptcha:
    """The library's picture, made readable: opaque strokes, less turning, no digit on top of another."""
    from captcha.image import ImageCaptcha

    width, height = PICTURE_SIZE
    painter = ImageCaptcha(width, height, font_sizes=(46, 50, 54))
    painter.lookup_table = [min(255, grey * 255 // _DARKEST_INK) for grey in range(256)]
    painter.character_rotate = (-18, 18)
    painter.character_warp_dx = (0.05, 0.2)
    painter.character_warp_dy = (0.1, 0.2)
    painter.word_space_probability = 1.0
    painter.word_offset_dx = 0.04
    return painter


@functools.cache
def _speaker() -> AudioCaptcha:
    from captcha.audio import BEEP, SILENCE, AudioCaptcha, create_noise, mix_wave

    class Speaker(AudioCaptcha):
        """The library's sound, made for listening: even noise, no voices played backwards, short gaps."""

        def create_wave_body(self, chars: str) -> bytearray:
            body = BEEP + SILENCE
            for char in chars:
                body += SILENCE * (3 + secrets.randbelow(2)) + self._twist_pick(char)
            body += SILENCE * 3
            return mix_wave(create_noise(len(body), 12), body)

    speaker = Speaker(voicedir=str(_VOICES))
    speaker.load()
    return speaker
