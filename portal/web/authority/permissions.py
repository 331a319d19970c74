"""帳號權限管理: who holds permissions within a manager's reach, and taking them back (manual 5)."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, request, url_for
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField

from portal.domain.permission import Permission
from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem
from portal.usecases.apply.choose_unit import label_of_unit, unit_label
from portal.usecases.review.review_requests import UNITS
from portal.usecases.review.withdraw_permissions import (
    REASON_LIMIT,
    HolderDetail,
    HolderFilter,
    holder_detail,
    list_holders,
    withdraw_permissions,
)
from portal.web.access import circumstance, requires
from portal.web.authority.administration import administration, number, reviewed_per
from portal.web.authority.requests import narrow_to, role_of
from portal.web.page import go_to, own_path, render


class HolderFilterForm(FlaskForm):
    """What the list is narrowed to."""

    class Meta:
        csrf = False

    permission = SelectField(validate_choice=False)
    name = StringField("姓名")
    unit = StringField("單位")


@administration.get("/permissions")
@requires(Permission.REVIEW_REQUESTS)
def holders(zone: str, system: str) -> Response:
    found = reviewed_per("request", zone, system)
    filters = HolderFilterForm(formdata=request.args)
    wanted = HolderFilter((filters.permission.data or "")[:60], (filters.name.data or "")[:60])
    unit = (filters.unit.data or "")[:60]
    page = list_holders(found, wanted, unit, circumstance(), number("before"), number("after"))
    narrow_to(filters.permission, found, page.permissions)
    return render(
        "administration/holders.html",
        system=found,
        filters=filters,
        page=page,
        query={name: value for name, value in filters.data.items() if value},
        unit_of=lambda row: label_of_unit(found.unit_kind_of(row.unit_kind), row.unit_name, row.county),
        role_of=lambda grant: role_of(found, grant),
        most_units=UNITS,
    )


@administration.get("/permissions/<account_id>")
@requires(Permission.REVIEW_REQUESTS)
def holder(zone: str, system: str, account_id: str) -> Response:
    found = reviewed_per("request", zone, system)
    detail = holder_detail(found, account_id, circumstance())
    return render("administration/holder.html", **_words(found, detail))


@administration.post("/permissions/<account_id>/withdrawal")
@requires(Permission.REVIEW_REQUESTS)
def withdrawal(zone: str, system: str, account_id: str) -> Response:
    found = reviewed_per("request", zone, system)
    at = circumstance()
    ticked = [int(value) for value in request.form.getlist("grants") if _is_number(value)]
    try:
        sentence = withdraw_permissions(found, account_id, ticked, request.form.get("reason", ""), at)
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        words = _words(found, holder_detail(found, account_id, at), refusal)
        return render("administration/holder.html", refusal.status, **words)
    flash(sentence, "success")
    return go_to(_list_address(found))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9


def _words(system: InformationSystem, detail: HolderDetail, refusal: Refusal | None = None) -> dict[str, Any]:
    return {
        "system": system,
        "detail": detail,
        "home": unit_label(system, detail.units[detail.account.unit_id]),
        "unit_of": lambda grant: unit_label(system, detail.units[grant.unit_id]),
        "role_of": lambda grant: role_of(system, grant),
        "ticked": request.form.getlist("grants"),
        "reason": request.form.get("reason", ""),
        "reason_limit": REASON_LIMIT,
        "problem": refusal.sentence if refusal else None,
        "wrong": refusal.field if refusal else None,
        "back": _list_address(system),
    }


def _list_address(system: InformationSystem) -> str:
    plain = url_for("administration.holders", zone=system.zone, system=system.key)
    wanted = own_path(request.values.get("back"), plain)
    return wanted if wanted.partition("?")[0] == plain else plain
