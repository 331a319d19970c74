"""第二項驗證 after the password: the code page, and 設定驗證器 the first time. Both work without a script."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, session
from flask_wtf import FlaskForm
from wtforms import StringField

from portal.domain.account import Account
from portal.domain.refusal import Overtaken, Refusal
from portal.domain.system import InformationSystem
from portal.usecases.entry.second_proof import (
    SignInOver,
    WaysOn,
    candidate_owner,
    confirm_code,
    set_first_authenticator,
    ways_on,
)
from portal.usecases.entry.set_authenticator import Candidate, candidate_for, shown_key
from portal.usecases.read_systems import system_in_zone
from portal.web.access import circumstance, open_to_everyone
from portal.web.application_form import note
from portal.web.page import go, render
from portal.web.public.sign_in import enter

second_proof = Blueprint(
    "second_proof", __name__, url_prefix="/<any(citizen, vendor, authority):zone>/<system>/second-proof"
)


class OneTimeCodeForm(FlaskForm):
    """驗證碼 of an authenticator."""

    code = StringField("驗證碼", id="one-time-code")


@second_proof.get("")
@open_to_everyone
def page(zone: str, system: str) -> Response:
    found = system_in_zone(zone, system)
    try:
        ways = ways_on(found, _ticket(), circumstance())
    except SignInOver as over:
        return _begin_anew(found, over)
    if ways.begins:
        return go("second_proof.setting_up", zone=zone, system=system, to=_to())
    return _page(found, OneTimeCodeForm(formdata=None), ways)


@second_proof.post("")
@open_to_everyone
def confirm(zone: str, system: str) -> Response:
    found, at, form = system_in_zone(zone, system), circumstance(), OneTimeCodeForm()
    try:
        opened = confirm_code(found, _ticket(), form.code.data or "", at)
    except SignInOver as over:
        return _begin_anew(found, over)
    except Refusal as refusal:
        note(form, refusal)
        return _page(found, form, ways_on(found, _ticket(), at), refusal.status)
    return enter(opened, zone, system)


@second_proof.get("/authenticator")
@open_to_everyone
def setting_up(zone: str, system: str) -> Response:
    found = system_in_zone(zone, system)
    try:
        account = candidate_owner(found, _ticket(), circumstance())
    except SignInOver as over:
        return _begin_anew(found, over)
    except Overtaken:
        return go("second_proof.page", zone=zone, system=system, to=_to())
    return _setting_up(found, account, OneTimeCodeForm(formdata=None))


@second_proof.post("/authenticator")
@open_to_everyone
def set_up(zone: str, system: str) -> Response:
    found, at, form = system_in_zone(zone, system), circumstance(), OneTimeCodeForm()
    try:
        account = candidate_owner(found, _ticket(), at)
        opened = set_first_authenticator(
            found, _ticket(), waiting_candidate(account), form.code.data or "", at
        )
    except SignInOver as over:
        return _begin_anew(found, over)
    except Overtaken:
        return go("second_proof.page", zone=zone, system=system, to=_to())
    except Refusal as refusal:
        note(form, refusal)
        return _setting_up(found, account, form, refusal.status)
    response = enter(opened, zone, system)  # which empties the cookie first
    flash("驗證器已設定完成，以後登入時請輸入驗證器上的驗證碼。通知信已寄到您的信箱。", "success")
    return response


def waiting_candidate(account: Account) -> Candidate:
    """The key that this browser waits with; it stays the same until it is confirmed."""
    candidate = candidate_for(account.id, str(session.get("candidate", "")), circumstance())
    session["candidate"] = candidate.sealed
    return candidate


def _page(system: InformationSystem, form: OneTimeCodeForm, ways: WaysOn, status: int = 200) -> Response:
    form.code.flags.required = True
    return render("second_proof/code.html", status, system=system, form=form, ways=ways, to=_to())


def _setting_up(
    system: InformationSystem, account: Account, form: OneTimeCodeForm, status: int = 200
) -> Response:
    form.code.flags.required = True
    shown = shown_key(account, system, waiting_candidate(account), circumstance())
    return render("second_proof/setting_up.html", status, system=system, form=form, shown=shown, to=_to())


def _ticket() -> str:
    return str(session.get("half_way", ""))


def _to() -> str | None:
    """Where the person was going: the administration, or their own account."""
    return "administration" if request.values.get("to") == "administration" else None


def _begin_anew(system: InformationSystem, over: SignInOver) -> Response:
    session.pop("half_way", None)
    flash(over.sentence, "alert")
    if _to():
        return go("administration.home", zone=system.zone, system=system.key)
    return go("sign_in.page", zone=system.zone, system=system.key)
