"""忘記密碼 (manual 1): the four steps; and the first password of an invited administrator."""

from __future__ import annotations

from flask import Blueprint, Response, flash, session
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField

from portal.domain.one_time_token import TokenPurpose
from portal.domain.password_policy import rule_lines
from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem
from portal.usecases.apply.prove_email import BadLink, OpenedLink, open_link
from portal.usecases.entry.reset_password import accept_invitation, ask_reset, reset_password
from portal.usecases.read_systems import system_in_zone
from portal.web.access import circumstance, open_to_everyone
from portal.web.application_form import note
from portal.web.page import go, render
from portal.web.public.letter import explain
from portal.web.public.verification import EmailForm
from portal.web.told import keep_told, told

password_reset = Blueprint(
    "password_reset", __name__, url_prefix="/<any(citizen, vendor, authority):zone>/<system>/password-reset"
)


PURPOSES = (TokenPurpose.RESET_PASSWORD, TokenPurpose.ACCEPT_INVITATION)
"""Links that lead to a new password."""


class NewPasswordForm(FlaskForm):
    """帳號, 新密碼, 確認新密碼."""

    name = StringField("帳號")
    password = PasswordField("新密碼")
    password_again = PasswordField("確認新密碼")


@password_reset.get("")
@open_to_everyone
def form(zone: str, system: str) -> Response:
    found = system_in_zone(zone, system)
    if "password" not in found.sign_in:
        return go("sign_in.page", zone=zone, system=system)
    return render("password_reset/form.html", system=found, form=EmailForm(formdata=None), sent_to=None)


@password_reset.post("")
@open_to_everyone
def send(zone: str, system: str) -> Response:
    found = system_in_zone(zone, system)
    form = EmailForm()
    try:
        ask_reset(found, form.email.data or "", circumstance())
    except Refusal as refusal:
        note(form, refusal)
        return render("password_reset/form.html", refusal.status, system=found, form=form, sent_to=None)
    keep_told(system, "password-reset", sent_to=form.email.data.strip())
    return go("password_reset.sent", zone=zone, system=system)


@password_reset.get("/sent")
@open_to_everyone
def sent(zone: str, system: str) -> Response:
    found = system_in_zone(zone, system)
    words = told(system, "password-reset")
    if words is None:
        return go("password_reset.form", zone=zone, system=system)
    return render("password_reset/form.html", system=found, form=None, **words)


@password_reset.get("/new")
@open_to_everyone
def new(zone: str, system: str) -> Response:
    found = system_in_zone(zone, system)
    try:
        link = open_link(session.get("link", ""), circumstance(), *PURPOSES)
    except BadLink as bad:
        return explain(bad)
    return _page(found, NewPasswordForm(formdata=None), link)


@password_reset.post("/new")
@open_to_everyone
def create(zone: str, system: str) -> Response:
    found = system_in_zone(zone, system)
    at = circumstance()
    form = NewPasswordForm()
    try:
        link = open_link(session.get("link", ""), at, *PURPOSES)
        _check_typed(form, link)
        if form.errors:
            return _page(found, form, link, 422)
        if link.purpose is TokenPurpose.ACCEPT_INVITATION:
            accept_invitation(found, link.token_text, form.password.data, at)
        else:
            reset_password(found, link.token_text, form.name.data, form.password.data, at)
    except BadLink as bad:
        return explain(bad)
    except Refusal as refusal:
        note(form, refusal)
        return _page(found, form, link, refusal.status)
    session.pop("link", None)
    flash("密碼已設定完成，請用新密碼登入。", "success")
    return go("sign_in.page", zone=zone, system=system)


def _check_typed(form: NewPasswordForm, link: OpenedLink) -> None:
    if not link.account_name and not (form.name.data or "").strip():
        form.name.errors = ["請輸入帳號。"]
    if not form.password.data:
        form.password.errors = ["請輸入新密碼。"]
    elif form.password.data != form.password_again.data:
        form.password_again.errors = ["兩次輸入的密碼不同，請重新輸入。"]


def _page(system: InformationSystem, form: NewPasswordForm, link: OpenedLink, status: int = 200) -> Response:
    low, high = system.password.length
    return render(
        "password_reset/new.html",
        status,
        system=system,
        form=form,
        link=link,
        invited=link.purpose is TokenPurpose.ACCEPT_INVITATION,
        rules=rule_lines(system.password),
        generate={"length": min(high, max(low, 16)), "symbols": system.password.symbols},
    )
