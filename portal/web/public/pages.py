"""帳號申請 in pages (manual 5 steps 2 to 5): identity and unit first; `details` has the rest.

The number and what else was typed live in the draft on the server: never in an address, a cookie or a hidden field.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, request, url_for
from flask_wtf import FlaskForm

from portal.domain.answers import TYPED_LIMIT
from portal.domain.personal_number import PersonalNumber, read_personal_number
from portal.domain.refusal import Refusal
from portal.domain.system import Field, InformationSystem, Step
from portal.usecases.apply.begin_application import begin_application
from portal.usecases.apply.choose_unit import ChosenUnit, chosen_unit
from portal.usecases.apply.keep_draft import Draft
from portal.usecases.read_systems import system_in_zone
from portal.web.access import circumstance, open_to_everyone
from portal.web.application_form import PASSPORT, note, page_form
from portal.web.captcha_on_page import CaptchaOnPage, captcha_of, fresh_captcha, passed_before
from portal.web.change_form import KEPT
from portal.web.drafts import keep_in_draft, own_draft, remember_draft, was_sent
from portal.web.page import fragment_wanted, go, go_to, render

pages = Blueprint(
    "pages", __name__, url_prefix="/<any(citizen, vendor, authority):zone>/<system>/application"
)

TYPED_NUMBER = 40
"""Characters of a number that are kept as they were typed."""


def open_system(zone: str, key: str) -> InformationSystem:
    """The system, if people may apply for an account in it."""
    found = system_in_zone(zone, key)
    if not found.step:
        abort(404)
    return found


def paged_system(zone: str, key: str) -> InformationSystem:
    """The system, if its application has pages."""
    found = open_system(zone, key)
    if not found.has_pages():
        abort(404)
    return found


def identity_page(system: InformationSystem) -> Response:
    """The first page, with what the draft knows of it."""
    draft = unsent_draft(system)
    known = draft.answers if draft else {}
    form = page_form(system, first_steps(system), formdata=None, data=_typed(known))
    return _page(system, form, passed_before(known.get("captcha_pass", "")), known.get("unit", ""))


def keep_identity(system: InformationSystem) -> Response:
    """Another picture, or 選取: what was typed so far goes into the draft, and the search opens."""
    form = page_form(system, first_steps(system))
    wanted = request.form.get("do", "")
    captcha, _ = captcha_of(form, insist=False)
    if wanted == "unit":
        keep_in_draft(system, **_as_typed(form), captcha_pass=captcha.proof)
        return to_unit_search(system, "application")
    if wanted == "captcha" and not captcha.solved:
        captcha = fresh_captcha()
    draft = unsent_draft(system)
    return _page(
        system, form, captcha, draft.answers.get("unit", "") if draft else "", 422 if form.errors else 200
    )


def take_identity(system: InformationSystem) -> Response:
    """確定: what is wrong is told at its place; else on to the second page, or to the question."""
    form = page_form(system, first_steps(system))
    draft = unsent_draft(system)
    code = draft.answers.get("unit", "") if draft else ""
    captcha, nonce = captcha_of(form, insist=True)
    number = _read_number(form)
    unit = unit_or_problem(system, code, form)
    if number is None or unit is None or nonce is None:
        return _page(system, form, captcha, code, 422)
    try:
        begun = begin_application(system, draft.id if draft else "", number, code, nonce, circumstance())
    except Refusal as refusal:
        note(form, refusal)
        if refusal.field == "captcha":
            captcha = fresh_captcha()
        in_use = refusal.code == "account-in-use"
        return _page(system, form, captcha, code, refusal.status, in_use=in_use)
    remember_draft(system, begun)
    return go(f"pages.{begun.answers['stage']}", zone=system.zone, system=system.key)


@pages.post("/unit")
@open_to_everyone
def choose_unit(zone: str, system: str) -> Response:
    """單位查詢 chose a unit for the first page."""
    found = paged_system(zone, system)
    code = request.form.get("unit", "")
    try:
        keep_in_draft(found, unit=chosen_unit(found, code, circumstance()).code)
    except Refusal as refusal:
        draft = unsent_draft(found) or Draft("")
        form = page_form(found, first_steps(found), formdata=None, data=_typed(draft.answers))
        note(form, refusal)
        captcha = passed_before(draft.answers.get("captcha_pass", ""))
        return _page(found, form, captcha, draft.answers.get("unit", ""), refusal.status)
    return go_to(url_for("apply.form", zone=zone, system=system, _anchor="unit-chosen"))


@pages.get("/waiting")
@open_to_everyone
def waiting(zone: str, system: str) -> Response:
    """您有申請中的權限，是否確定更新申請？ (manual 5 step 10); the answer is for `update`."""
    found = paged_system(zone, system)
    draft = own_draft(found)
    if draft is None or draft.answers.get("stage") != "waiting":
        return go("apply.form", zone=zone, system=system)
    return render("apply/waiting.html", kept=bool(draft.answers.get(KEPT)))


def first_steps(system: InformationSystem) -> Sequence[Step]:
    """Those of the first page."""
    return system.pages()[0]


def unit_question(system: InformationSystem) -> Field:
    """The field that 單位查詢 fills."""
    return next(field for field in system.fields() if field.type == "unit")


def unsent_draft(system: InformationSystem) -> Draft | None:
    """The browser's draft, unless its application was sent: then another one begins."""
    draft = own_draft(system)
    return draft if draft and not was_sent(draft) else None


def unit_or_problem(system: InformationSystem, code: str, form: FlaskForm) -> ChosenUnit | None:
    """The unit that the draft holds; what is wrong with it is told at the form's field."""
    try:
        return chosen_unit(system, code, circumstance())
    except Refusal as refusal:
        note(form, refusal)
        return None


def to_unit_search(system: InformationSystem, place: str) -> Response:
    """On to 單位查詢; htmx follows the redirect itself and shows it as a dialog."""
    at: dict[str, Any] = {"zone": system.zone, "system": system.key, "for": place}
    return make_response(redirect(url_for("units.search", **at), 303))


def _read_number(form: FlaskForm) -> PersonalNumber | None:
    try:
        return read_personal_number(
            (form.personal_number.data or "")[:TYPED_LIMIT], "personal_number", bool(form[PASSPORT].data)
        )
    except Refusal as refusal:
        note(form, refusal)
        return None


def _typed(known: dict[str, Any]) -> dict[str, Any]:
    return {"personal_number": known.get("typed_number", ""), PASSPORT: known.get(PASSPORT, False)}


def _as_typed(form: FlaskForm) -> dict[str, Any]:
    typed = (form.personal_number.data or "")[:TYPED_NUMBER]
    return {"typed_number": typed, PASSPORT: bool(form[PASSPORT].data)}


def _page(
    system: InformationSystem,
    form: FlaskForm,
    captcha: CaptchaOnPage,
    unit_code: str,
    status: int = 200,
    in_use: bool = False,
) -> Response:
    try:
        unit = chosen_unit(system, unit_code, circumstance()) if unit_code else None
    except Refusal:
        unit = None
    partial = fragment_wanted() == "captcha_field"
    return render(
        "apply/partials.html" if partial else "apply/identity.html",
        status,
        form=form,
        captcha=captcha,
        unit=unit,
        in_use=in_use,
        steps=first_steps(system),
        unit_question=unit_question(system),
        choose=url_for("apply.draft", zone=system.zone, system=system.key),
    )
