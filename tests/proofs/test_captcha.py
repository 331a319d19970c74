"""驗證碼: what is accepted, what is refused, and that picture and sound carry the digits."""

from __future__ import annotations

import io
import re
import wave
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image

from portal.domain.refusal import Refusal
from portal.proofs import captcha

KEY = b"a key of thirty-two bytes, or so"
OTHER_KEY = b"another key of thirty-two bytes."
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


@pytest.fixture
def challenge() -> str:
    return captcha.new_challenge(KEY, NOON)


def refused(*args, of=captcha.check) -> Refusal:
    with pytest.raises(Refusal) as caught:
        of(*args)
    assert caught.value.field == "captcha"
    assert caught.value.sentence.endswith("。")
    return caught.value


def test_answer_depends_on_key_and_id_only(challenge):
    digits = captcha.answer(KEY, challenge)
    assert re.fullmatch(r"[0-9]{5}", digits, re.ASCII)
    assert captcha.answer(KEY, challenge) == digits
    assert captcha.new_challenge(KEY, NOON) != challenge


def test_answers_are_spread_evenly():
    seen = Counter("".join(captcha.answer(KEY, captcha.new_challenge(KEY, NOON)) for _ in range(2000)))
    assert set(seen) == set("0123456789")
    assert max(seen.values()) < 1.3 * min(seen.values())


def test_the_id_tells_nothing_and_fits_an_address(challenge):
    assert re.fullmatch(r"[A-Za-z0-9_.-]{40,100}", challenge, re.ASCII)
    assert captcha.answer(KEY, challenge) not in challenge
    foreign = captcha.new_challenge(OTHER_KEY, NOON)
    assert refused(KEY, foreign, of=captcha.answer).status == 404


def test_right_answer_gives_the_nonce_to_spend(challenge):
    nonce = captcha.check(KEY, challenge, captcha.answer(KEY, challenge), NOON + 29 * MINUTE)
    assert nonce == captcha.nonce_of(KEY, challenge)


@pytest.mark.parametrize("write", [
    lambda digits: digits.translate(FULL_WIDTH),
    " ".join,
    lambda digits: f"　{digits[:2]}　{digits[2:]}\n",
])  # fmt: skip
def test_taken_as_people_type_it(challenge, write):
    assert captcha.check(KEY, challenge, write(captcha.answer(KEY, challenge)), NOON)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "captcha-missing"),
        ("　 ", "captcha-missing"),
        ("1234", "captcha-malformed"),
        ("123456", "captcha-malformed"),
        ("١٢٣٤٥", "captcha-malformed"),
        ("12a45", "captcha-malformed"),
        ("一二三四五", "captcha-malformed"),
        ("1" * 100_000, "captcha-malformed"),
        ("12\x0045", "captcha-malformed"),
    ],
)
def test_what_is_no_answer(challenge, typed, code):
    assert refused(KEY, challenge, typed, NOON).code == code


def test_every_other_number_is_wrong(challenge):
    right = int(captcha.answer(KEY, challenge))
    for step in (1, 10, 99_999):
        wrong = f"{(right + step) % 100_000:05d}"
        assert refused(KEY, challenge, wrong, NOON).code == "captcha-wrong"


def test_late_even_with_the_right_digits(challenge):
    digits = captcha.answer(KEY, challenge)
    assert captcha.check(KEY, challenge, digits, NOON + 30 * MINUTE)
    assert refused(KEY, challenge, digits, NOON + 30 * MINUTE + timedelta(seconds=1)).code == "captcha-late"


def test_time_of_an_id_cannot_be_moved(challenge):
    nonce, stamp, signature = challenge.split(".")
    moved = f"{nonce}.{int(stamp, 16) + 86_400:x}.{signature}"
    assert refused(KEY, moved, "12345", NOON).code == "captcha-forged"


@given(st.text(max_size=120))
def test_forged_ids_are_refused_and_never_crash(text):
    assert refused(KEY, text, "12345", NOON).code == "captcha-forged"
    for of in (captcha.answer, captcha.nonce_of, captcha.picture, captcha.sound):
        assert refused(KEY, text, of=of).status == 404
    assert refused(KEY, text, NOON, of=captcha.read_pass).code == "captcha-pass"


@given(st.integers(0, 10_000), st.sampled_from("AZaz09-_."))
def test_one_changed_character_is_a_forgery(place, char):
    challenge = captcha.new_challenge(KEY, NOON)
    place %= len(challenge) - 1  # the last one carries spare bits of base64
    assume(challenge[place] != char)
    changed = challenge[:place] + char + challenge[place + 1 :]
    assert refused(KEY, changed, "12345", NOON).code == "captcha-forged"


def test_a_pass_stands_in_for_an_hour(challenge):
    nonce = captcha.nonce_of(KEY, challenge)
    text = captcha.issue_pass(KEY, nonce, NOON)
    assert captcha.read_pass(KEY, text, NOON + 60 * MINUTE) == nonce
    assert refused(KEY, text, NOON + 61 * MINUTE, of=captcha.read_pass).code == "captcha-pass"
    assert refused(OTHER_KEY, text, NOON, of=captcha.read_pass).code == "captcha-pass"


def test_a_challenge_is_no_pass_and_a_pass_no_challenge(challenge):
    text = captcha.issue_pass(KEY, captcha.nonce_of(KEY, challenge), NOON)
    refused(KEY, challenge, NOON, of=captcha.read_pass)
    refused(KEY, text, captcha.answer(KEY, challenge), NOON)


def luminance(colour: tuple[int, int, int]) -> float:
    parts = [c / 255 / 12.92 if c / 255 <= 0.03928 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def test_the_picture_is_a_readable_png(challenge):
    image = Image.open(io.BytesIO(captcha.picture(KEY, challenge)))
    assert image.format == "PNG"
    assert image.size == captcha.PICTURE_SIZE
    assert not image.info, "nothing about the digits in the metadata"
    colours = image.convert("RGB").getcolors(100_000)
    assert max(colours)[1] == (255, 255, 255)
    dark = [(count, colour) for count, colour in colours if luminance(colour) < 0.2]
    ink = max(dark)[1]
    assert (1.05) / (luminance(ink) + 0.05) > 7, f"strokes of {ink} are pale"
    covered = sum(count for count, _ in dark)
    assert 0.08 < covered / (image.width * image.height) < 0.45


def test_pictures_of_one_id_differ_but_show_the_same_digits(challenge):
    assert captcha.picture(KEY, challenge) != captcha.picture(KEY, challenge)


def test_the_sound_says_the_digits_in_order(challenge, monkeypatch):
    speaker = captcha._speaker()
    said: list[str] = []
    plain = type(speaker)._twist_pick
    monkeypatch.setattr(type(speaker), "_twist_pick", lambda self, key: said.append(key) or plain(self, key))
    body = captcha.sound(KEY, challenge)
    assert "".join(said) == captcha.answer(KEY, challenge)
    with wave.open(io.BytesIO(body)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 1, 8000)
        assert 4 < file.getnframes() / 8000 < 12
        samples = file.readframes(-1)
    assert max(samples) - min(samples) > 150, "too quiet"


def test_every_digit_has_voices_of_the_right_form():
    voices = Path(captcha.__file__).with_name("voices")
    for digit in "0123456789":
        files = sorted((voices / digit).glob("*.wav"))
        assert len(files) >= 2
        for path in files:
            assert path.stat().st_size < 10_000
            with wave.open(str(path)) as file:
                assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 1, 8000)
                assert 0.2 < file.getnframes() / 8000 < 1.2
    bodies = [path.read_bytes() for path in voices.glob("?/*.wav")]
    assert len(set(bodies)) == len(bodies), "the same recording under two digits"
