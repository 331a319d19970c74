"""The second page of an application in pages: own data, permissions, consent (manual 5 steps 5 and 6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response, flash, request, url_for
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict

from portal.domain.answers import TYPED_LIMIT
from portal.domain.personal_number import masked_number, read_personal_number
from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem, Step
from portal.usecases.apply.apply_for_account import apply_for_account, problems_of
from portal.usecases.apply.choose_unit import ChosenUnit, chosen_unit
from portal.usecases.apply.keep_draft import TOO_OLD, Draft
from portal.usecases.apply.write_application import Submission
from portal.web.access import circumstance, open_to_everyone
from portal.web.application_form import note, page_form, read_form
from portal.web.change_form import KEPT, asking_steps, holder_step, kept_form
from portal.web.drafts import keep_in_draft, own_draft, was_sent
from portal.web.page import go, go_to, render
from portal.web.permission_matrix import MATRIX_FIELDS, read_matrix, typed_matrix
from portal.web.public.pages import paged_system, pages, to_unit_search, unit_or_problem, unit_question
from portal.web.receipts import keep_receipt

STILL_THERE = (
    "為了保護您的個人資料，超過 2 小時沒有繼續填寫時會清除證號與單位。請重新填寫這一頁，其他資料都還在。"
)
MOST_TYPED = 200
"""Values of one form that are kept."""


@pages.get("/details")
@open_to_everyone
def details(zone: str, system: str) -> Response:
    found = paged_system(zone, system)
    draft = own_draft(found)
    if draft is None:
        flash(TOO_OLD)
        return go("apply.form", zone=zone, system=system)
    if elsewhere := _not_here(found, draft):
        return elsewhere
    kept = draft.answers.get("typed")
    typed = MultiDict([(name, value) for name, value in kept]) if kept else None
    form = _form(found, formdata=typed)
    unit = unit_or_problem(found, draft.answers.get("unit", ""), form)
    return _page(found, draft, form, typed or MultiDict(), unit, 422 if form.errors else 200)


@pages.post("/details")
@open_to_everyone
def send(zone: str, system: str) -> Response:
    """送出申請; 變更 keeps what was typed and opens 單位查詢."""
    found = paged_system(zone, system)
    form = _form(found)
    draft = own_draft(found)
    if draft is None:
        keep_in_draft(found, typed=_typed(form))
        flash(STILL_THERE)
        return go("apply.form", zone=zone, system=system)
    if not draft.answers.get("personal_number"):
        return go("apply.form", zone=zone, system=system)
    if request.form.get("do") == "unit":
        if was_sent(draft):  # the page stood in the browser's history
            return _to_the_question(found, draft, draft.answers.get("unit", ""))
        keep_in_draft(found, typed=_typed(form))
        return to_unit_search(found, "details")
    unit = unit_or_problem(found, draft.answers.get("unit", ""), form)
    submission = _submission(found, draft, form, unit)
    for problem in problems_of(found, submission, circumstance()) if unit else ():
        note(form, problem)
    if form.errors:
        draft = draft if was_sent(draft) else keep_in_draft(found, typed=_typed(form))
        return _page(found, draft, form, request.form, unit, 422)
    try:
        public_id = apply_for_account(found, submission, circumstance())
    except Refusal as refusal:
        if refusal.code == "application-waiting":
            return _to_the_question(found, draft, submission.unit_code)
        note(form, refusal)
        in_use = refusal.code == "account-in-use"
        return _page(found, draft, form, request.form, unit, refusal.status, in_use)
    if not was_sent(draft):
        keep_in_draft(found, sent=public_id, typed=None)
    keep_receipt(public_id)
    return go("apply.receipt_page", zone=zone, system=system, public_id=public_id)


@pages.post("/details/unit")
@open_to_everyone
def choose_other_unit(zone: str, system: str) -> Response:
    """單位查詢 chose another unit for the second page."""
    found = paged_system(zone, system)
    draft = own_draft(found)
    if draft is None or not draft.answers.get("personal_number"):
        return go("apply.form", zone=zone, system=system)
    keep_in_draft(found, unit=chosen_unit(found, request.form.get("unit", ""), circumstance()).code)
    return go_to(url_for("pages.details", zone=zone, system=system, _anchor="unit-chosen"))


def rest_of(system: InformationSystem) -> Sequence[Step]:
    """The steps of the second page: all but the first page's."""
    return [step for page in system.pages()[1:] for step in page]


def _form(system: InformationSystem, **given: Any) -> FlaskForm:
    """The form of this page; the unit is shown on it too, and may be wrong by now."""
    return page_form(system, [Step("", (unit_question(system),)), *rest_of(system)], **given)


def _not_here(system: InformationSystem, draft: Draft) -> Response | None:
    """Where the visitor belongs instead: the receipt of what was sent, the question, or the first page."""
    at = {"zone": system.zone, "system": system.key}
    if sent := was_sent(draft):
        return go("apply.receipt_page", public_id=sent, **at)
    if draft.answers.get("stage") == "waiting":
        return go("pages.waiting", **at)
    if not draft.answers.get("personal_number"):
        return go("apply.form", **at)
    return None


def _to_the_question(system: InformationSystem, draft: Draft, unit: str) -> Response:
    """An application waits already: what was typed here becomes 更新申請權限, after question and card."""
    steps = [holder_step(system), *asking_steps(system)]
    typed = [one for one in kept_form(steps, request.form) if one[0] != "unit"]
    known = {"stage": "waiting", "personal_number": draft.answers["personal_number"]}
    keep_in_draft(system, **known, **{KEPT: [*typed, ("unit", unit)]})
    return go("pages.waiting", zone=system.zone, system=system.key)


def _typed(form: FlaskForm) -> list[tuple[str, str]]:
    """What stands in the fields of this page, to be shown again; nothing else that was sent."""
    sent = request.form.items(multi=True)
    own = set(form._fields) - {"csrf_token", "unit"}
    known = [(name, value) for name, value in sent if name in own or name.startswith(MATRIX_FIELDS)]
    return [(name[:100], value[:TYPED_LIMIT]) for name, value in known[:MOST_TYPED]]


def _submission(
    system: InformationSystem, draft: Draft, form: FlaskForm, unit: ChosenUnit | None
) -> Submission:
    """What the use-case gets; what is wrong with single fields is noted at them."""
    answers = read_form(rest_of(system), form).answers
    wanted: tuple[Any, ...] = ()
    try:
        wanted = read_matrix(system, request.form)
    except Refusal as refusal:
        note(form, refusal)
    known = draft.answers
    return Submission(
        unit_kind=unit.kind if unit else "",
        unit_code=unit.code if unit else "",
        account_kind=system.usual_account_kind(unit.kind) if unit else "",
        permissions=wanted,
        password="",
        answers=answers,
        key=draft.id,
        identity=read_personal_number(
            known["personal_number"], "personal_number", passport=bool(known.get("passport"))
        ),
    )


def _page(
    system: InformationSystem,
    draft: Draft,
    form: FlaskForm,
    typed: MultiDict[str, str],
    unit: ChosenUnit | None,
    status: int = 200,
    in_use: bool = False,
) -> Response:
    return render(
        "apply/details.html",
        status,
        form=form,
        unit=unit,
        matrix=typed_matrix(system, typed),
        steps=rest_of(system),
        unit_question=unit_question(system),
        number=masked_number(draft.answers["personal_number"]),
        today=circumstance().now,
        in_use=in_use,
        choose=url_for("pages.send", zone=system.zone, system=system.key),
    )
