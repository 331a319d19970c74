"""驗證器 of whoever is signed in and reviews others: its state, and another one in its place."""

from __future__ import annotations

from flask import Blueprint, Response, flash, session

from portal.domain.permission import Permission
from portal.domain.refusal import NotFound, Refusal
from portal.domain.system import InformationSystem
from portal.usecases.entry.set_authenticator import shown_key
from portal.usecases.own_account.renew_authenticator import own_authenticator, renew_authenticator
from portal.usecases.read_systems import systems
from portal.web.access import circumstance, requires
from portal.web.application_form import note
from portal.web.page import go, render
from portal.web.public.second_proof import OneTimeCodeForm, waiting_candidate

authenticator = Blueprint("authenticator", __name__, url_prefix="/account/authenticator")


@authenticator.get("")
@requires(Permission.USE_OWN_ACCOUNT)
def page() -> Response:
    return _page(OneTimeCodeForm(formdata=None))


@authenticator.post("")
@requires(Permission.USE_OWN_ACCOUNT)
def renew() -> Response:
    at, form, system = circumstance(), OneTimeCodeForm(), _own_system()
    account = own_authenticator(system, at).account
    try:
        renew_authenticator(system, waiting_candidate(account), form.code.data or "", at)
    except NotFound:
        raise
    except Refusal as refusal:
        note(form, refusal)
        return _page(form, refusal.status)
    session.pop("candidate", None)
    flash("驗證器已重新設定，先前的驗證器不能再使用；其他裝置上的登入已一併登出。", "success")
    return go("account.page")


def _own_system() -> InformationSystem:
    return systems()[circumstance().require_actor().system]


def _page(form: OneTimeCodeForm, status: int = 200) -> Response:
    system, at = _own_system(), circumstance()
    own = own_authenticator(system, at)
    form.code.flags.required = True
    shown = shown_key(own.account, system, waiting_candidate(own.account), at) if own.fresh else None
    return render("account/authenticator.html", status, own=own, form=form, shown=shown)
