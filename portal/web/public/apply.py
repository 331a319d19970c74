"""帳號申請 (manual 1 steps 2 to 5): form, partial for the chosen unit, receipt and printed form.

Systems whose application has several pages begin at the same address: `pages` answers for them.
"""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, flash, make_response, request
from flask_wtf import FlaskForm

from portal.domain.password_policy import rule_lines
from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem
from portal.usecases.apply.apply_for_account import apply_for_account, problems_of
from portal.usecases.apply.check_account_name import NameTold, check_account_name
from portal.usecases.apply.choose_unit import UnitChoices, unit_choices
from portal.usecases.apply.prove_email import resend_verification
from portal.usecases.apply.show_application import print_application, receipt
from portal.web.access import circumstance, open_to_everyone
from portal.web.application_form import application_form, follow_unit, note, read_form, submission_of
from portal.web.captcha_on_page import CaptchaOnPage, captcha_of, fresh_captcha
from portal.web.kept import same_for_everybody
from portal.web.page import fragment_wanted, go, render
from portal.web.public.pages import identity_page, keep_identity, open_system, take_identity
from portal.web.receipts import keep_receipt, kept_receipt

apply = Blueprint(
    "apply", __name__, url_prefix="/<any(citizen, vendor, authority):zone>/<system>/application"
)

SENT_BEFORE: Final = (
    "這份申請先前已經送出，這次沒有再送一份。登入的密碼是第一次送出時填寫的那一個；"
    "要改用別的密碼，請在登入後變更。"
)
"""Said whatever password came with it: to compare them would let whoever presses 上一頁 guess."""


@apply.get("")
@open_to_everyone
def form(zone: str, system: str) -> Response:
    found = open_system(zone, system)
    if found.has_pages():
        return identity_page(found)
    choices = unit_choices(found, request.args.get("unit_kind", ""), request.args.get("county", ""))
    return _page(found, application_form(found, choices, formdata=None), choices, fresh_captcha())


@apply.get("/choices")
@open_to_everyone
@same_for_everybody("unit_kind", "county", "account_kind", "permissions")
def choices(zone: str, system: str) -> Response:
    """What follows from unit kind and county, for htmx."""
    found = open_system(zone, system)
    if found.has_pages():
        return go("apply.form", zone=zone, system=system)
    kind, county = request.args.get("unit_kind", ""), request.args.get("county", "")
    if fragment_wanted() is None:
        return go("apply.form", zone=zone, system=system, unit_kind=kind, county=county)
    choices = unit_choices(found, kind, county)
    form = application_form(found, choices, formdata=request.args, meta={"csrf": False})
    follow_unit(form)
    return render("apply/choices.html", form=form, choices=choices, swap_others=True, fields=_by_type(found))


@apply.post("/draft")
@open_to_everyone
def draft(zone: str, system: str) -> Response:
    """The form again with everything typed kept: new picture, choices of a unit, 帳號檢核."""
    found = open_system(zone, system)
    if found.has_pages():
        return keep_identity(found)
    choices = unit_choices(found, request.form.get("unit_kind", ""), request.form.get("county", ""))
    form = application_form(found, choices)
    follow_unit(form)
    wanted = request.form.get("do", "")
    captcha, nonce = captcha_of(form, insist=wanted == "check-name")
    told = None
    if wanted == "check-name" and nonce:
        try:
            told = check_account_name(found, form.email.data or "", nonce, circumstance())
        except Refusal as refusal:
            note(form, refusal)
    elif wanted == "captcha" and not captcha.solved:
        captcha = fresh_captcha()
    return _page(found, form, choices, captcha, 422 if form.errors else 200, told=told, wanted=wanted)


@apply.post("")
@open_to_everyone
def submit(zone: str, system: str) -> Response:
    found = open_system(zone, system)
    if found.has_pages():
        return take_identity(found)
    choices = unit_choices(found, request.form.get("unit_kind", ""), request.form.get("county", ""))
    form = application_form(found, choices)
    captcha, nonce = captcha_of(form, insist=True)
    answers = read_form(found.step, form)
    submission = submission_of(form, answers.answers, nonce or "")
    for problem in problems_of(found, submission, circumstance()):
        note(form, problem)
    if form.errors or not answers.complete or nonce is None:
        return _page(found, form, choices, captcha, 422)
    try:
        public_id = apply_for_account(found, submission, circumstance())
    except Refusal as refusal:
        note(form, refusal)
        if refusal.field == "captcha":
            captcha = fresh_captcha()
        return _page(found, form, choices, captcha, refusal.status)
    if keep_receipt(public_id):
        flash(SENT_BEFORE, "success")
    return go("apply.receipt_page", zone=zone, system=system, public_id=public_id)


@apply.get("/receipt/<public_id>")
@open_to_everyone
def receipt_page(zone: str, system: str, public_id: str) -> Response:
    found = open_system(zone, system)
    return render("apply/receipt.html", receipt=receipt(found, kept_receipt(public_id), circumstance()))


@apply.get("/receipt/<public_id>/form.pdf")
@open_to_everyone
def form_pdf(zone: str, system: str, public_id: str) -> Response:
    pdf, name = print_application(open_system(zone, system), kept_receipt(public_id))
    return pdf_response(pdf, name)


@apply.post("/receipt/<public_id>/verification-letter")
@open_to_everyone
def resend(zone: str, system: str, public_id: str) -> Response:
    found = open_system(zone, system)
    sent = "認證信已重新寄出，請到信箱收信；以最新一封信的連結為準。"
    own = kept_receipt(public_id)
    try:
        resend_verification(found, own, circumstance())
    except Refusal as refusal:
        page = receipt(found, public_id, circumstance())
        return render("apply/receipt.html", refusal.status, receipt=page, problem=refusal.sentence)
    return render("apply/receipt.html", receipt=receipt(found, public_id, circumstance()), told=sent)


def pdf_response(pdf: bytes, name: str) -> Response:
    """A PDF to keep or to print."""
    response = make_response(pdf)
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _by_type(system: InformationSystem) -> dict[str, Any]:
    return {field.type: field for field in system.fields()}


def _page(
    system: InformationSystem,
    form: FlaskForm,
    choices: UnitChoices,
    captcha: CaptchaOnPage,
    status: int = 200,
    told: NameTold | None = None,
    wanted: str = "",
) -> Response:
    low, high = system.password.length
    partial = fragment_wanted() in ("captcha_field", "email_check")
    return render(
        "apply/partials.html" if partial else "apply/form.html",
        status,
        form=form,
        choices=choices,
        captcha=captcha,
        told=told,
        wanted=wanted,
        fields=_by_type(system),
        swap_others=False,
        rules=rule_lines(system.password),
        generate={"length": min(high, max(low, 16)), "symbols": system.password.symbols},
    )
