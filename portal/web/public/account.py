"""我的帳號 of whoever is signed in."""

from __future__ import annotations

from flask import Blueprint, Response, flash
from flask_wtf import FlaskForm
from wtforms import PasswordField

from portal.domain.password_policy import rule_lines
from portal.domain.permission import Permission
from portal.domain.refusal import Refusal
from portal.usecases.entry.reset_password import change_password
from portal.usecases.entry.sign_in import extend_session, may_administer
from portal.usecases.entry.sign_in import sign_out as end_session
from portal.usecases.own_account.show_account import own_account
from portal.usecases.read_systems import systems
from portal.web.access import circumstance, forget_session, requires
from portal.web.application_form import note
from portal.web.page import go, render

account = Blueprint("account", __name__, url_prefix="/account")


class ChangePasswordForm(FlaskForm):
    """The current password and the new one twice."""

    current = PasswordField("目前的密碼")
    password = PasswordField("新密碼")
    password_again = PasswordField("確認新密碼")


@account.get("/")
@requires(Permission.USE_OWN_ACCOUNT)
def page() -> Response:
    at = circumstance()
    return render("account/page.html", own=own_account(at), reviews=may_administer(at.require_actor()))


@account.post("/session-end")
@requires(Permission.USE_OWN_ACCOUNT)
def sign_out() -> Response:
    at = circumstance()
    system = systems()[at.require_actor().system]
    end_session(at)
    forget_session()
    flash("您已登出。", "success")
    return go("sign_in.page", zone=system.zone, system=system.key)


@account.post("/session-extension")
@requires(Permission.USE_OWN_ACCOUNT)
def extend() -> Response:
    extend_session(circumstance())
    return Response(status=204)


@account.get("/password")
@requires(Permission.USE_OWN_ACCOUNT)
def password_form() -> Response:
    return _password_page(ChangePasswordForm(formdata=None))


@account.post("/password")
@requires(Permission.USE_OWN_ACCOUNT)
def password_change() -> Response:
    form = ChangePasswordForm()
    at = circumstance()
    for field in form:
        if field.type == "PasswordField" and not field.data:
            again = field.name == "password_again"
            field.errors = ["請再輸入一次新密碼。" if again else f"請輸入{field.label.text}。"]
    if not form.errors and form.password.data != form.password_again.data:
        form.password_again.errors = ["兩次輸入的密碼不同，請重新輸入。"]
    if form.errors:
        return _password_page(form, 422)
    try:
        change_password(systems()[at.require_actor().system], form.current.data, form.password.data, at)
    except Refusal as refusal:
        note(form, refusal)
        return _password_page(form, refusal.status)
    flash("密碼已變更；其他裝置上的登入已一併登出。", "success")
    return go("account.page")


def _password_page(form: ChangePasswordForm, status: int = 200) -> Response:
    rule = systems()[circumstance().require_actor().system].password
    low, high = rule.length
    return render(
        "account/password.html",
        status,
        form=form,
        rule=rule.label,
        rules=rule_lines(rule),
        generate={"length": min(high, max(low, 16)), "symbols": rule.symbols},
    )
