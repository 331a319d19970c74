"""Solving the captcha: one guess each, and a pass so that nobody solves two for one form."""

from __future__ import annotations

from portal.domain.actor import Circumstance
from portal.domain.counter import SOUNDS_BY_ADDRESS
from portal.domain.refusal import Refusal
from portal.proofs import captcha
from portal.store.counters import counter_key, spend, take, was_spent
from portal.store.database import read, write


def new_captcha(at: Circumstance) -> str:
    """The id of a fresh picture."""
    return captcha.new_challenge(at.settings.key("captcha"), at.now)


def captcha_picture(challenge: str, at: Circumstance) -> bytes:
    """PNG; raises `Refusal` (404) for an id that is not ours."""
    return captcha.picture(at.settings.key("captcha"), challenge)


def captcha_sound(challenge: str, at: Circumstance) -> bytes:
    """WAV with spoken digits; raises `Refusal`: 404 for an id that is not ours, 429 when too often.

    Mixing one takes about 80 ms of a processor, so it is counted.
    """
    with write() as session:
        key = counter_key(SOUNDS_BY_ADDRESS, at.address)
        allowed = take(session, SOUNDS_BY_ADDRESS, key, at.now)
    if not allowed:
        raise Refusal("語音驗證碼播放太多次了，請幾分鐘後再試，或改看圖片。", status=429)
    return captcha.sound(at.settings.key("captcha"), challenge)


def captcha_answer(challenge: str, at: Circumstance) -> str | None:
    """The digits, in demonstration mode only."""
    return captcha.answer(at.settings.key("captcha"), challenge) if at.settings.portal_demo else None


def solve_captcha(challenge: str, typed: str, at: Circumstance) -> str:
    """A pass for the right answer; raises `Refusal`. A wrong guess uses the picture up.

    A right one may come twice, when a form is sent twice: what it opens counts by the nonce itself,
    one application (`Application.submission_key`) and a few name checks.
    """
    key = at.settings.key("captcha")
    try:
        nonce = captcha.check(key, challenge, typed, at.now)
    except Refusal as refusal:
        if refusal.code == "captcha-wrong":
            with write() as session:
                spend(session, captcha.nonce_of(key, challenge), at.now)
        raise
    if was_spent(read(), nonce):
        raise Refusal("這個驗證碼已經用過，請輸入新圖中的數字。", field="captcha", code="captcha-replayed")
    return captcha.issue_pass(key, nonce, at.now)


def read_captcha_pass(text: str, at: Circumstance) -> str:
    """The nonce of a pass; raises `Refusal` at the field if it is forged or old."""
    return captcha.read_pass(at.settings.key("captcha"), text, at.now)
