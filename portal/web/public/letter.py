"""Mailed links: they open a page with a button, and the token leaves the address bar at once."""

from __future__ import annotations

from flask import Blueprint, Response, session
from flask_wtf import FlaskForm

from portal.domain.one_time_token import TokenPurpose
from portal.usecases.apply.prove_email import (
    BadLink,
    open_link,
    prove_email,
    withdraw_application,
)
from portal.usecases.read_systems import system_in_zone, systems
from portal.web.access import circumstance, open_to_everyone
from portal.web.page import go, render
from portal.web.receipts import keep_receipt

letter = Blueprint("letter", __name__)
ZONE = "/<any(citizen, vendor, authority):zone>/<system>"
PAGES = {
    TokenPurpose.PROVE_EMAIL: "letter.proof",
    TokenPurpose.RESET_PASSWORD: "password_reset.new",
    TokenPurpose.ACCEPT_INVITATION: "password_reset.new",
}


@letter.get("/letter/<token>", endpoint="open")
@open_to_everyone
def open_letter(token: str) -> Response:
    """Remember the token in the browser's cookie and go on to the page of its purpose."""
    try:
        link = open_link(token[:200], circumstance())
    except BadLink as bad:
        return explain(bad)
    session["link"] = link.token_text
    system = systems()[link.system]
    return go(PAGES[link.purpose], zone=system.zone, system=system.key)


@letter.get(f"{ZONE}/proof")
@open_to_everyone
def proof(zone: str, system: str) -> Response:
    found = system_in_zone(zone, system)
    try:
        link = open_link(session.get("link", ""), circumstance(), TokenPurpose.PROVE_EMAIL)
    except BadLink as bad:
        return explain(bad)
    return render("letter/proof.html", system=found, link=link, form=FlaskForm())


@letter.post(f"{ZONE}/proof")
@open_to_everyone
def prove(zone: str, system: str) -> Response:
    found = system_in_zone(zone, system)
    try:
        proved = prove_email(found, session.get("link", ""), circumstance())
    except BadLink as bad:
        return explain(bad)
    session.pop("link", None)
    if proved.application_id:
        keep_receipt(proved.application_id)
    return render("letter/proved.html", system=found, proved=proved)


@letter.post(f"{ZONE}/proof/withdrawal")
@open_to_everyone
def withdraw(zone: str, system: str) -> Response:
    found = system_in_zone(zone, system)
    try:
        name = withdraw_application(found, session.get("link", ""), circumstance())
    except BadLink as bad:
        return explain(bad)
    session.pop("link", None)
    return render("letter/withdrawn.html", system=found, account_name=name)


def explain(bad: BadLink) -> Response:
    """Why the link does not work, and the way on."""
    return render("letter/bad_link.html", bad.status, bad=bad, of=systems().get(bad.system))
