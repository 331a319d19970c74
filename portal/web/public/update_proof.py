"""身份驗證 of whoever wants to change an application (manual 5 step 11): the card, and the code of a first card."""

from __future__ import annotations

from flask import Blueprint, Response, flash, session, url_for

from portal.domain.card_challenge import CardPurpose
from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem
from portal.usecases.apply.keep_draft import prove_draft
from portal.usecases.card.claim_card import ClaimOver, confirm_claim, look_at_claim, mail_code_again
from portal.usecases.card.prove_holder import prove_holder
from portal.web.access import circumstance, open_to_everyone
from portal.web.application_form import note
from portal.web.card_answer import (
    CodeForm,
    browser_secret,
    card_page,
    card_refused,
    code_page,
    only_with_cards,
    signed_challenge,
    wait_for_code,
    waiting_claim,
)
from portal.web.page import go
from portal.web.public.pages import paged_system
from portal.web.public.update import draft_of

update_proof = Blueprint(
    "update_proof", __name__, url_prefix="/<any(citizen, vendor, authority):zone>/<system>/application/update"
)

TEMPLATE = "update/card.html"


@update_proof.get("/card")
@open_to_everyone
def page(zone: str, system: str) -> Response:
    found = _system(zone, system)
    draft = draft_of(found)
    if draft.account is None:
        return go("apply.form", zone=zone, system=system)
    if draft.proved_account is not None:
        return go("update.page", zone=zone, system=system)
    return card_page(TEMPLATE, CardPurpose.STEP_UP, system=found)


@update_proof.post("/card")
@open_to_everyone
def prove(zone: str, system: str) -> Response:
    """What the card signed: its holder is proved, or waits for the mailed code of a first card."""
    found, at = _system(zone, system), circumstance()
    draft = draft_of(found)
    if draft.account is None:
        return go("apply.form", zone=zone, system=system)
    try:
        proved = prove_holder(found, draft.account, signed_challenge(), browser_secret(), at)
    except Refusal as refusal:
        return card_refused(TEMPLATE, CardPurpose.STEP_UP, refusal, system=found)
    if isinstance(proved, str):
        wait_for_code(proved)
        return go("update_proof.code", zone=zone, system=system)
    prove_draft(found, draft.id, proved.account_id, at)
    return go("update.page", zone=zone, system=system)


@update_proof.get("/code")
@open_to_everyone
def code(zone: str, system: str) -> Response:
    found = _system(zone, system)
    if not waiting_claim():
        return go("update_proof.page", zone=zone, system=system)
    try:
        look_at_claim(found, waiting_claim(), browser_secret(), circumstance())
    except ClaimOver as over:
        return _code(found, CodeForm(formdata=None), over)
    return _code(found, CodeForm(formdata=None))


@update_proof.post("/code")
@open_to_everyone
def confirm(zone: str, system: str) -> Response:
    found, form, at = _system(zone, system), CodeForm(), circumstance()
    draft = draft_of(found)
    try:
        account = confirm_claim(found, waiting_claim(), form.code.data or "", browser_secret(), at)
    except Refusal as refusal:
        if refusal.field is None:
            return _code(found, form, refusal)
        note(form, refusal)
        return _code(found, form)
    session.pop("claim", None)
    flash("這張卡片已經綁定您的帳號。帳號審核通過後，就可以用它登入。通知信已寄到您的信箱。", "success")
    prove_draft(found, draft.id, account.id, at)
    return go("update.page", zone=zone, system=system)


@update_proof.post("/code/again")
@open_to_everyone
def again(zone: str, system: str) -> Response:
    found, form = _system(zone, system), CodeForm(formdata=None)
    try:
        mail_code_again(found, waiting_claim(), browser_secret(), circumstance())
    except ClaimOver as over:
        return _code(found, form, over)
    except Refusal as refusal:
        note(form, refusal)
        return _code(found, form)
    flash("新的驗證碼已經寄出，先前的驗證碼不能再使用。", "success")
    return go("update_proof.code", zone=zone, system=system)


def _system(zone: str, system: str) -> InformationSystem:
    return only_with_cards(paged_system(zone, system))


def _code(system: InformationSystem, form: CodeForm, over: Refusal | None = None) -> Response:
    zone, key = system.zone, system.key
    return code_page(
        form,
        url_for("update_proof.confirm", zone=zone, system=key),
        url_for("update_proof.again", zone=zone, system=key),
        url_for("update_proof.page", zone=zone, system=key),
        over,
    )
