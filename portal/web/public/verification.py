"""帳號重新認證: the verification letter again, by address (manual 1 step 4)."""

from __future__ import annotations

from flask import Blueprint, Response
from flask_wtf import FlaskForm
from wtforms import StringField

from portal.domain.refusal import Refusal
from portal.usecases.apply.prove_email import ask_verification
from portal.usecases.read_systems import system_in_zone
from portal.web.access import circumstance, open_to_everyone
from portal.web.application_form import note
from portal.web.page import go, render
from portal.web.told import keep_told, told

verification = Blueprint(
    "verification", __name__, url_prefix="/<any(citizen, vendor, authority):zone>/<system>/verification"
)


class EmailForm(FlaskForm):
    """One address."""

    email = StringField("Email")


@verification.get("")
@open_to_everyone
def form(zone: str, system: str) -> Response:
    found = system_in_zone(zone, system)
    if "email-link" not in found.active_when:
        return go("sign_in.page", zone=zone, system=system)
    return render("letter/verification.html", system=found, form=EmailForm(formdata=None), sent_to=None)


@verification.post("")
@open_to_everyone
def send(zone: str, system: str) -> Response:
    found = system_in_zone(zone, system)
    form = EmailForm()
    try:
        ask_verification(found, form.email.data or "", circumstance())
    except Refusal as refusal:
        note(form, refusal)
        return render("letter/verification.html", refusal.status, system=found, form=form, sent_to=None)
    keep_told(system, "verification", sent_to=form.email.data.strip())
    return go("verification.sent", zone=zone, system=system)


@verification.get("/sent")
@open_to_everyone
def sent(zone: str, system: str) -> Response:
    found = system_in_zone(zone, system)
    words = told(system, "verification")
    if words is None:
        return go("verification.form", zone=zone, system=system)
    return render("letter/verification.html", system=found, form=None, **words)
