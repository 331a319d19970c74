"""更新申請權限 (manual 5 steps 10 to 12): what was sent before, changed by whoever proved to be its holder."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, flash, request
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict

from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem, Step
from portal.usecases.apply.keep_draft import TOO_OLD, Draft, keep_draft
from portal.usecases.apply.update_application import (
    PROVE_FIRST,
    ApplicationChanges,
    Updated,
    application_to_update,
    begin_update,
    update_application,
    withdraw_application,
)
from portal.web.access import circumstance, open_to_everyone
from portal.web.application_form import note, read_form
from portal.web.change_form import (
    KEPT,
    asking_steps,
    change_line,
    form_known,
    form_typed,
    holder_step,
    kept_form,
    read_wanted,
    unit_and_matrix,
    unit_typed,
    with_unit,
)
from portal.web.drafts import own_draft
from portal.web.page import go, go_to, page_address, render
from portal.web.public.pages import paged_system, to_unit_search

update = Blueprint(
    "update", __name__, url_prefix="/<any(citizen, vendor, authority):zone>/<system>/application/update"
)

TOLD: Final = "updated"
"""Under this name the draft keeps what came of the last update."""


@update.post("")
@open_to_everyone
def begin(zone: str, system: str) -> Response:
    """「您有申請中的權限，是否確定更新申請？」 was answered with 確定."""
    found = paged_system(zone, system)
    begin_update(found, draft_of(found), circumstance())
    return go("update_proof.page", zone=zone, system=system)


@update.get("")
@open_to_everyone
def page(zone: str, system: str) -> Response:
    found = paged_system(zone, system)
    draft = draft_of(found)
    if draft.proved_account is None:
        return go("update_proof.page", zone=zone, system=system)
    kept = draft.answers.get(KEPT)
    if kept is None:
        known = application_to_update(found, draft, circumstance())
        return _page(found, draft, form_known(found, _steps(found), known.application.answers))
    typed = MultiDict([(name, value) for name, value in kept])
    return _page(found, draft, form_typed(found, _steps(found), typed), typed)


@update.post("/draft")
@open_to_everyone
def keep(zone: str, system: str) -> Response:
    """Everything typed is kept while the applicant looks for a unit, or turns to another one of theirs."""
    found = paged_system(zone, system)
    draft, wanted = draft_of(found), request.form.get("do", "")
    if wanted == "search":
        _keep(found, draft, request.form)
        return to_unit_search(found, "update")
    _keep(found, draft, with_unit(request.form, wanted.removeprefix("unit:")))
    return _to_wanted(found)


@update.post("/unit")
@open_to_everyone
def choose_unit(zone: str, system: str) -> Response:
    """單位查詢 came back with a unit."""
    found = paged_system(zone, system)
    draft = draft_of(found)
    kept = draft.answers.get(KEPT)
    if kept is None and draft.proved_account is not None:
        known = application_to_update(found, draft, circumstance()).application.answers
        form = form_known(found, _steps(found), known)
        kept = [(field.name, field.data) for field in form if isinstance(field.data, str)]
    _keep(found, draft, with_unit(MultiDict(kept or ()), request.form.get("unit", "")))
    return _to_wanted(found)


@update.post("/submission")
@open_to_everyone
def submit(zone: str, system: str) -> Response:
    """更新申請."""
    found = paged_system(zone, system)
    draft = draft_of(found)
    if draft.proved_account is None:
        _keep(found, draft, request.form)
        flash(f"{PROVE_FIRST}您填寫的內容都還在。")
        return go("update_proof.page", zone=zone, system=system)
    form = form_typed(found, _steps(found), request.form)
    answers = read_form(_steps(found), form).answers
    wanted = {code: read_wanted(found, form, request.form)} if (code := unit_typed(form)) else {}
    if form.errors:
        return _page(found, draft, form, request.form, 422)
    changes = ApplicationChanges(answers, request.form.get("seen", ""), wanted)
    try:
        updated = update_application(found, draft, changes, circumstance())
    except Refusal as refusal:
        if refusal.code in ("nothing-open", "account-in-use"):
            raise
        note(form, refusal)
        return _page(found, draft, form, request.form, refusal.status)
    return _done(found, draft, updated)


@update.post("/withdrawal")
@open_to_everyone
def withdraw(zone: str, system: str) -> Response:
    """撤回申請."""
    found = paged_system(zone, system)
    draft = draft_of(found)
    case = withdraw_application(found, draft, circumstance())
    _tell(found, draft, {"case": case, "withdrawn": True, "contact": False, "lines": []})
    return go("update.result", zone=zone, system=system)


@update.get("/result")
@open_to_everyone
def result(zone: str, system: str) -> Response:
    found = paged_system(zone, system)
    told = draft_of(found).answers.get(TOLD)
    if not told:
        return go("update.page", zone=zone, system=system)
    return render("update/result.html", told=told)


def draft_of(system: InformationSystem) -> Draft:
    """The browser's draft; raises `Refusal` where it is gone."""
    draft = own_draft(system)
    if draft is None:
        raise Refusal(TOO_OLD, status=410, code="draft-gone")
    return draft


def _steps(system: InformationSystem) -> list[Step]:
    return [holder_step(system), *asking_steps(system)]


def _keep(system: InformationSystem, draft: Draft, sent: MultiDict[str, str]) -> None:
    keep_draft(system, draft.id, circumstance(), **{KEPT: kept_form(_steps(system), sent)})


def _to_wanted(system: InformationSystem) -> Response:
    return go_to(page_address("update.page", zone=system.zone, system=system.key) + "#unit-chosen")


def _done(system: InformationSystem, draft: Draft, updated: Updated) -> Response:
    if updated.requests or updated.contact:  # else the same form was sent twice, and its result stands
        lines = [change_line(system, change) for change in updated.requests]
        told = {"case": updated.case_number, "withdrawn": False, "contact": updated.contact, "lines": lines}
        _tell(system, draft, told)
    return go("update.result", zone=system.zone, system=system.key)


def _tell(system: InformationSystem, draft: Draft, told: dict[str, Any]) -> None:
    keep_draft(system, draft.id, circumstance(), **{KEPT: None, TOLD: told})


def _page(
    system: InformationSystem,
    draft: Draft,
    form: FlaskForm,
    sent: MultiDict[str, str] | None = None,
    status: int = 200,
) -> Response:
    known = application_to_update(system, draft, circumstance())
    unit, matrix = unit_and_matrix(system, form, known.account.id, known.asked, sent)
    return render(
        "update/form.html",
        status,
        known=known,
        rows=[(line.name, line.words) for line in known.asked],
        form=form,
        steps=_steps(system),
        unit=unit,
        matrix=matrix,
    )
