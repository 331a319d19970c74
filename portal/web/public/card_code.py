"""輸入驗證碼: the mailed code by which a first card opens its account. Needs no script."""

from __future__ import annotations

from flask import Blueprint, Response, flash, url_for

from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem
from portal.usecases.card.claim_card import ClaimOver, look_at_claim, mail_code_again
from portal.usecases.card.sign_in_with_card import sign_in_with_code
from portal.usecases.read_systems import system_in_zone
from portal.web.access import circumstance, open_to_everyone
from portal.web.application_form import note
from portal.web.card_answer import CodeForm, browser_secret, code_page, only_with_cards, waiting_claim
from portal.web.page import go
from portal.web.public.sign_in import enter

card_code = Blueprint(
    "card_code", __name__, url_prefix="/<any(citizen, vendor, authority):zone>/<system>/card/code"
)


@card_code.get("")
@open_to_everyone
def page(zone: str, system: str) -> Response:
    found = _system(zone, system)
    if not waiting_claim():
        return go("card.page", zone=zone, system=system)
    try:
        look_at_claim(found, waiting_claim(), browser_secret(), circumstance())
    except ClaimOver as over:
        return _page(found, CodeForm(formdata=None), over)
    return _page(found, CodeForm(formdata=None))


@card_code.post("")
@open_to_everyone
def confirm(zone: str, system: str) -> Response:
    found, form = _system(zone, system), CodeForm()
    try:
        opened = sign_in_with_code(
            found, waiting_claim(), form.code.data or "", browser_secret(), circumstance()
        )
    except Refusal as refusal:
        if refusal.field is None:
            return _page(found, form, refusal)
        note(form, refusal)
        return _page(found, form)
    response = enter(opened, zone, system)  # empties the cookie: the claim, and words said before, are gone
    flash("這張卡片已經綁定您的帳號，以後登入不必再輸入驗證碼。通知信已寄到您的信箱。", "success")
    return response


@card_code.post("/again")
@open_to_everyone
def again(zone: str, system: str) -> Response:
    found = _system(zone, system)
    form = CodeForm(formdata=None)
    try:
        mail_code_again(found, waiting_claim(), browser_secret(), circumstance())
    except ClaimOver as over:
        return _page(found, form, over)
    except Refusal as refusal:
        note(form, refusal)
        return _page(found, form)
    flash("新的驗證碼已經寄出，先前的驗證碼不能再使用。", "success")
    return go("card_code.page", zone=zone, system=system)


def _system(zone: str, system: str) -> InformationSystem:
    return only_with_cards(system_in_zone(zone, system))


def _page(system: InformationSystem, form: CodeForm, over: Refusal | None = None) -> Response:
    zone, key = system.zone, system.key
    return code_page(
        form,
        url_for("card_code.confirm", zone=zone, system=key),
        url_for("card_code.again", zone=zone, system=key),
        url_for("card.page", zone=zone, system=key),
        over,
    )
