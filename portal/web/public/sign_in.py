"""登入 of a system, in the zone it belongs to."""

from __future__ import annotations

from flask import Blueprint, Response, request, session
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField

from portal.domain.refusal import Refusal
from portal.usecases.entry.sign_in import PasswordProved, SignedIn
from portal.usecases.entry.sign_in import sign_in as open_session
from portal.usecases.read_systems import system_in_zone
from portal.web.access import begin_session, circumstance, may_go, open_to_everyone, settings
from portal.web.application_form import note
from portal.web.page import go, go_to, own_path, render

sign_in = Blueprint("sign_in", __name__, url_prefix="/<any(citizen, vendor, authority):zone>/<system>")

DEVICE_LIFE = 180 * 24 * 60 * 60


class SignInForm(FlaskForm):
    """用戶帳號 and 專用密碼."""

    name = StringField("用戶帳號", id="sign-in-name")
    password = PasswordField("專用密碼", id="sign-in-password")


@sign_in.get("/")
@open_to_everyone
def page(zone: str, system: str) -> Response:
    return render("sign_in/page.html", system=system_in_zone(zone, system), form=SignInForm(formdata=None))


@sign_in.post("/session")
@open_to_everyone
def create(zone: str, system: str) -> Response:
    found = system_in_zone(zone, system)
    form = SignInForm()
    for field, sentence in ((form.name, "請輸入用戶帳號。"), (form.password, "請輸入專用密碼。")):
        if not (field.data or "").strip():
            field.errors = [sentence]
    page = "administration/sign_in.html" if _administering() else "sign_in/page.html"
    if form.errors:
        return render(page, 422, system=found, form=form)
    device = request.cookies.get(_device_cookie(system), "")
    try:
        opened = open_session(found, form.name.data, form.password.data, device, circumstance())
    except Refusal as refusal:
        note(form, refusal)
        return render(page, refusal.status, system=found, form=form)
    if isinstance(opened, PasswordProved):
        session["half_way"] = opened.ticket
        to = "administration" if _administering() else None
        return go("second_proof.page", zone=zone, system=system, to=to)
    return enter(opened, zone, system)


def enter(opened: SignedIn, zone: str, system: str) -> Response:
    """Hand a fresh session to the browser, by whatever proof it was opened, and go where the person wanted to."""
    wanted = own_path(session.pop("next", None), "")
    begin_session(opened.token)
    response = go_to(wanted) if wanted and may_go(wanted) else _first_page(opened.reviews, zone, system)
    response.set_cookie(
        _device_cookie(system),
        opened.device,
        max_age=DEVICE_LIFE,
        secure=settings().secure,
        httponly=True,
        samesite="Lax",
    )
    return response


def _first_page(reviews: bool, zone: str, system: str) -> Response:
    if reviews and _administering():
        return go("administration.home", zone=zone, system=system)
    return go("account.page")


def _administering() -> bool:
    return request.form.get("to") == "administration"


def _device_cookie(system: str) -> str:
    return f"{'__Host-' if settings().secure else ''}device-{system}"
