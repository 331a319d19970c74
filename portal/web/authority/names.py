"""更正姓名: a page of its own, reached from an application and from a holder's permissions."""

from __future__ import annotations

from flask import Response, flash, request, url_for
from flask_wtf import FlaskForm
from wtforms import StringField, TextAreaField

from portal.domain.permission import Permission
from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem
from portal.usecases.review.correct_name import NamedHolder, correct_name, named_holder
from portal.usecases.review.decide_requests import REASON_LIMIT
from portal.web.access import circumstance, requires
from portal.web.application_form import note
from portal.web.authority.administration import administration, reviewed_per
from portal.web.page import go_to, own_path, render


class NameForm(FlaskForm):
    """The name on the card, and why it is corrected."""

    name = StringField("卡片上的姓名")
    reason = TextAreaField("原因")


@administration.get("/permissions/<account_id>/name")
@requires(Permission.REVIEW_REQUESTS)
def name(zone: str, system: str, account_id: str) -> Response:
    found = reviewed_per("request", zone, system)
    return _page(found, named_holder(found, account_id, circumstance()), NameForm(formdata=None))


@administration.post("/permissions/<account_id>/name")
@requires(Permission.REVIEW_REQUESTS)
def name_correction(zone: str, system: str, account_id: str) -> Response:
    found = reviewed_per("request", zone, system)
    at, form = circumstance(), NameForm()
    holder = named_holder(found, account_id, at)
    try:
        told = correct_name(found, account_id, form.name.data or "", form.reason.data or "", at)
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        note(form, refusal)
        return _page(found, holder, form, refusal.status)
    flash(told, "success")
    return go_to(_back(found))


def _page(system: InformationSystem, holder: NamedHolder, form: NameForm, status: int = 200) -> Response:
    return render(
        "administration/name.html",
        status,
        system=system,
        holder=holder,
        form=form,
        reason_limit=REASON_LIMIT,
        back=_back(system),
    )


def _back(system: InformationSystem) -> str:
    """The page one came from, if it is one of the administration."""
    plain = url_for("administration.requests", zone=system.zone, system=system.key)
    wanted = own_path(request.values.get("back"), plain)
    home = url_for("administration.home", zone=system.zone, system=system.key)
    return wanted if wanted.startswith(home) else plain
