"""Picture and sound of a captcha."""

from __future__ import annotations

from flask import Blueprint, Response

from portal.usecases.apply.solve_captcha import captcha_picture, captcha_sound
from portal.web.access import circumstance, open_to_everyone

captcha = Blueprint("captcha", __name__, url_prefix="/captcha")


@captcha.get("/<id>.png")
@open_to_everyone
def picture(id: str) -> Response:
    return Response(captcha_picture(id, circumstance()), mimetype="image/png")


@captcha.get("/<id>.wav")
@open_to_everyone
def sound(id: str) -> Response:
    return Response(captcha_sound(id, circumstance()), mimetype="audio/wav")
