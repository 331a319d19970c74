"""權限申請審核: the list of requests, one application, and what a reviewer decides (manual 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import Response, flash, request, url_for
from flask_wtf import FlaskForm
from wtforms import SelectChoice, SelectField, StringField

from portal.domain.application import RequestState
from portal.domain.permission import Permission
from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem, permission_heading
from portal.usecases.apply.choose_unit import label_of_unit, unit_label
from portal.usecases.review.decide_requests import REASON_LIMIT, approve_several, decide_requests
from portal.usecases.review.report_decisions import OUTCOMES, Decision
from portal.usecases.review.review_requests import (
    UNITS,
    RequestDetail,
    RequestFilter,
    RequestRow,
    list_requests,
    request_detail,
)
from portal.usecases.review.tell_permissions import role_words
from portal.web.access import circumstance, requires
from portal.web.authority.administration import administration, number, reviewed_per
from portal.web.page import go_to, own_path, render
from portal.web.words import PURPOSES

STATES: Final = {
    "requested": ("待審核", RequestState.REQUESTED),
    "approved": ("已核准", RequestState.APPROVED),
    "refused": ("已駁回", RequestState.REFUSED),
    "returned": ("退回補件", RequestState.RETURNED),
}
"""The filter 狀態: what each choice shows."""
MOST_ROWS: Final = 20
NOTHING: Final = "nothing"
"""Enter in a checkbox presses the first button of the list, which must not decide about anybody."""


class RequestFilterForm(FlaskForm):
    """What the list is narrowed to."""

    class Meta:
        csrf = False

    permission = SelectField(validate_choice=False)
    name = StringField("姓名")
    unit = StringField("單位")
    state = SelectField("狀態", validate_choice=False, default="requested")


@administration.get("/requests")
@requires(Permission.REVIEW_REQUESTS)
def requests(zone: str, system: str) -> Response:
    found = reviewed_per("request", zone, system)
    filters = RequestFilterForm(formdata=request.args)
    _, state = STATES.get(filters.state.data or "", STATES["requested"])
    wanted = RequestFilter(state, (filters.permission.data or "")[:60], (filters.name.data or "")[:60])
    at = circumstance()
    page = list_requests(found, wanted, (filters.unit.data or "")[:60], at, number("before"), number("after"))
    narrow_to(filters.permission, found, page.permissions)
    filters.state.choices = [SelectChoice(key, words[0]) for key, words in STATES.items()]
    return render(
        "administration/requests.html",
        system=found,
        filters=filters,
        page=page,
        query={name: value for name, value in filters.data.items() if value},
        unit_of=lambda row: label_of_unit(found.unit_kind_of(row.unit_kind), row.unit_name, row.county),
        role_of=lambda row: role_of(found, row),
        waited=lambda row: (at.now - row.submitted_at).days,
        most_units=UNITS,
    )


@administration.get("/requests/<public_id>")
@requires(Permission.REVIEW_REQUESTS)
def application(zone: str, system: str, public_id: str) -> Response:
    found = reviewed_per("request", zone, system)
    detail = request_detail(found, public_id, circumstance())
    return render("administration/request.html", **_words(found, detail, {}))


@administration.post("/requests/<public_id>/decisions")
@requires(Permission.REVIEW_REQUESTS)
def decisions(zone: str, system: str, public_id: str) -> Response:
    found = reviewed_per("request", zone, system)
    at = circumstance()
    version = request.form.get("version", "")
    try:
        seen = int(version) if version.isascii() and version.isdigit() and len(version) < 9 else 0
        decided = decide_requests(found, public_id, _decisions(), seen, at)
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        words = _words(found, request_detail(found, public_id, at), request.form, refusal)
        return render("administration/request.html", refusal.status, **words)
    flash(decided.sentence, "success")
    return go_to(list_address(found))


@administration.post("/requests/batch")
@requires(Permission.REVIEW_REQUESTS)
def approvals(zone: str, system: str) -> Response:
    """核准 of each ticked row; requests of one application share a transaction and a letter."""
    found = reviewed_per("request", zone, system)
    back = list_address(found)
    if request.form.get("act", "") == NOTHING:
        return go_to(back)
    outcomes = approve_several(found, _ticked(), circumstance())
    return render("administration/outcomes.html", system=found, outcomes=outcomes, back=back, what="案件編號")


def _ticked() -> list[tuple[str, int]]:
    """Numbers of requests with the version of their application as it was listed."""
    rows = []
    for value in dict.fromkeys(request.form.getlist("requests")[:MOST_ROWS]):
        public_id, _, version = value.partition(":")
        if version.isascii() and version.isdigit() and len(version) < 9:
            rows.append((public_id, int(version)))
    return rows


def _decisions() -> dict[str, Decision]:
    """What the reviewer chose, by number of the request; 暫不處理 is no decision."""
    states = {state.value: state for state in OUTCOMES}
    chosen: dict[str, Decision] = {}
    for name, value in request.form.items():
        kind, _, public_id = name.partition("-")
        if kind == "decision" and value in states:
            reason = request.form.get(f"reason-{public_id}", "").strip()
            chosen[public_id] = Decision(states[value], reason)
    return chosen


def _words(
    system: InformationSystem,
    detail: RequestDetail,
    typed: Mapping[str, str],
    refusal: Refusal | None = None,
) -> dict[str, Any]:
    """What the page of one application needs; `typed` is what a refused form held."""
    open_now = {one.public_id for one in detail.open}
    reasons = {
        name.removeprefix("reason-"): value
        for name, value in typed.items()
        if name.startswith("reason-") and value.strip()
    }
    asked_at = dict.fromkeys(one.unit_id for one in detail.application.requests)
    return {
        "system": system,
        "detail": detail,
        "places": "、".join(unit_label(system, detail.units[number]) for number in asked_at),
        "contact": [(label, value or "未填寫") for label, value in detail.contact],
        "role_of": lambda row: role_of(system, row),
        "unit_of": lambda row: unit_label(system, detail.units[row.unit_id]),
        "purposes": PURPOSES,
        "outcomes": {state.value: words for state, words in OUTCOMES.items()},
        "reason_limit": REASON_LIMIT,
        "typed": typed,
        "lost": [value for key, value in reasons.items() if key not in open_now],
        "problem": refusal.sentence if refusal else None,
        "wrong": refusal.field if refusal else None,
        "back": list_address(system),
    }


def role_of(system: InformationSystem, row: RequestRow | Any) -> str:
    """管理者(COVID-19): of a request, or of something held."""
    return role_words(system, row.permission, row.role, row.options)


def narrow_to(question: SelectField, system: InformationSystem, permissions: Sequence[str]) -> None:
    """Ask for one of these permissions, in the words and the order of the system file."""
    question.label.text = permission_heading(system.permission)
    offers = (offer for offer in system.permission if offer.key in permissions)
    question.choices = [SelectChoice("", "全部"), *(SelectChoice(offer.key, offer.label) for offer in offers)]


def list_address(system: InformationSystem) -> str:
    """The list as it was filtered, if the request carries its address along, else the plain list."""
    plain = url_for("administration.requests", zone=system.zone, system=system.key)
    wanted = own_path(request.values.get("back"), plain)
    return wanted if wanted.partition("?")[0] == plain else plain
