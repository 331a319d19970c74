"""申請其他權限 of whoever is signed in, at one's own unit or another (manual 5, 多單位)."""

from __future__ import annotations

from typing import Final

from flask import Response, flash, request
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict

from portal.domain.permission import Permission
from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem
from portal.usecases.own_account.ask_for_permissions import ask_for_permissions
from portal.usecases.own_account.show_own_data import own_data as read_own_data
from portal.web.access import circumstance, requires
from portal.web.application_form import note, read_form
from portal.web.change_form import (
    UNIT_CODE,
    asking_steps,
    form_typed,
    kept_form,
    read_wanted,
    unit_and_matrix,
    unit_typed,
    with_unit,
)
from portal.web.drafts import keep_in_draft, own_draft
from portal.web.page import go, render
from portal.web.public.own_data import own_data, own_system
from portal.web.public.pages import to_unit_search

KEPT: Final = "requests"
"""Under this name the draft keeps what was typed here."""


@own_data.get("/requests")
@requires(Permission.USE_OWN_ACCOUNT)
def ask() -> Response:
    """The matrix of the unit in the address, prefilled with what is held or asked for there."""
    system = own_system()
    unit = request.args.get("unit", "")[:UNIT_CODE]
    return _page(system, form_typed(system, asking_steps(system), {"unit": unit} if unit else {}))


@own_data.get("/requests/draft")
@requires(Permission.USE_OWN_ACCOUNT)
def ask_on() -> Response:
    """The same with what was typed before 單位查詢, or before turning to another unit."""
    system = own_system()
    kept = _kept(system)
    if kept is None:
        return go("own_data.ask")
    return _page(system, form_typed(system, asking_steps(system), kept), kept)


@own_data.post("/requests")
@requires(Permission.USE_OWN_ACCOUNT)
def send() -> Response:
    """送出申請."""
    system, at = own_system(), circumstance()
    steps = asking_steps(system)
    form = form_typed(system, steps, request.form)
    read_form(steps, form)
    if not unit_typed(form):
        note(form, Refusal("請按「選擇」，查詢要申請權限的單位。", field="unit"))
    wanted = read_wanted(system, form, request.form)
    if form.errors:
        return _page(system, form, request.form, 422)
    try:
        asked = ask_for_permissions(system, unit_typed(form), wanted, request.form.get("seen", ""), at)
    except Refusal as refusal:
        note(form, refusal)
        return _page(system, form, request.form, refusal.status)
    if _kept(system) is not None:
        keep_in_draft(system, **{KEPT: None})
    told = system.messages.get("submitted", "已送出申請，請等待審核通過。")
    flash(f"{told}案件編號：{asked.case_number}", "success")
    return go("own_data.page")


@own_data.post("/requests/draft")
@requires(Permission.USE_OWN_ACCOUNT)
def turn() -> Response:
    """On to 單位查詢, or to another unit; everything typed is kept."""
    system, wanted = own_system(), request.form.get("do", "")
    if wanted == "search":
        _keep(system, request.form)
        return to_unit_search(system, "account")
    return _to_unit(system, request.form, wanted.removeprefix("unit:"))


@own_data.post("/unit")
@requires(Permission.USE_OWN_ACCOUNT)
def choose_unit() -> Response:
    """單位查詢 came back with a unit."""
    system = own_system()
    return _to_unit(system, _kept(system) or MultiDict(), request.form.get("unit", ""))


def _kept(system: InformationSystem) -> MultiDict[str, str] | None:
    """What was typed a while ago; the draft is this session's, for signing in or out begins another."""
    draft = own_draft(system)
    kept = draft.answers.get(KEPT) if draft else None
    return MultiDict([(name, value) for name, value in kept]) if kept else None


def _keep(system: InformationSystem, sent: MultiDict[str, str]) -> None:
    keep_in_draft(system, **{KEPT: kept_form(asking_steps(system), sent)})


def _to_unit(system: InformationSystem, sent: MultiDict[str, str], code: str) -> Response:
    _keep(system, with_unit(sent, code))
    return go("own_data.ask_on", _anchor="unit-chosen")


def _page(
    system: InformationSystem, form: FlaskForm, sent: MultiDict[str, str] | None = None, status: int = 200
) -> Response:
    own = read_own_data(system, circumstance())
    unit, matrix = unit_and_matrix(system, form, own.account.id, own.asked, sent)
    return render(
        "own_data/requests.html",
        status,
        own_system=system,
        own=own,
        rows=[(line.name, line.words) for line in own.asked],
        form=form,
        steps=asking_steps(system),
        unit=unit,
        matrix=matrix,
    )
