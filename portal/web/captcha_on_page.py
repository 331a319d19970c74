"""The captcha of a form: a picture to read, or a pass once it is solved."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request
from flask_wtf import FlaskForm

from portal.domain.refusal import Refusal
from portal.usecases.apply.solve_captcha import captcha_answer, new_captcha, read_captcha_pass, solve_captcha
from portal.web.access import circumstance
from portal.web.application_form import note


@dataclass
class CaptchaOnPage:
    """The captcha as the page shows it: a picture to read, or solved with its pass."""

    id: str
    solved: bool = False
    proof: str = ""
    answer: str | None = None


def fresh_captcha() -> CaptchaOnPage:
    """Another picture."""
    at = circumstance()
    challenge = new_captcha(at)
    return CaptchaOnPage(challenge, answer=captcha_answer(challenge, at))


def captcha_of(form: FlaskForm, insist: bool) -> tuple[CaptchaOnPage, str | None]:
    """The captcha as it stands, and its nonce once solved. `insist`: say what is wrong with it."""
    at = circumstance()
    challenge = request.form.get("captcha_id", "")[:200]
    typed = (form.captcha.data or "")[:40]
    proof = request.form.get("captcha_pass", "")[:200]
    try:
        if not proof and (insist or typed.strip()):
            proof = solve_captcha(challenge, typed, at)
        if proof:
            return CaptchaOnPage(challenge, True, proof), read_captcha_pass(proof, at)
    except Refusal as refusal:
        note(form, refusal)
    return fresh_captcha(), None


def passed_before(proof: str) -> CaptchaOnPage:
    """One that was solved a while ago, if its pass still counts; else another picture."""
    try:
        if proof:
            read_captcha_pass(proof, circumstance())
            return CaptchaOnPage("", True, proof)
    except Refusal:
        pass
    return fresh_captcha()
