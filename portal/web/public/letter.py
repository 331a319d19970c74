"""Mailed links: they open a page with a button, and the token leaves the address bar at once."""

from __future__ import annotations

from dataclasses import asdict

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
from portal.web.told import keep_told, told

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
        done = prove_email(found, session.get("link", ""), circumstance())
    except BadLink as bad:
        return explain(bad)
    session.pop("link", None)
    if done.application_id:
        keep_receipt(done.application_id)
    keep_told(system, "proof", **asdict(done))
    return go("letter.proved", zone=zone, system=system)


@letter.get(f"{ZONE}/proof/result")
@open_to_everyone
def proved(zone: str, system: str) -> Response:
    return _result("letter/proved.html", "proof", zone, system)


@letter.post(f"{ZONE}/proof/withdrawal")
@open_to_everyone
def withdraw(zone: str, system: str) -> Response:
    found = system_in_zone(zone, system)
    try:
        name = withdraw_application(found, session.get("link", ""), circumstance())
    except BadLink as bad:
        return explain(bad)
    session.pop("link", None)
    keep_told(system, "withdrawal", account_name=name)
    return go("letter.withdrawn", zone=zone, system=system)


@letter.get(f"{ZONE}/proof/withdrawal")
@open_to_everyone
def withdrawn(zone: str, system: str) -> Response:
    return _result("letter/withdrawn.html", "withdrawal", zone, system)


def _result(template: str, page: str, zone: str, system: str) -> Response:
    """What the button did, as often as somebody looks; who did not press it goes to the front door."""
    found = system_in_zone(zone, system)
    words = told(system, page)
    if words is None:
        return go("sign_in.page", zone=zone, system=system)
    return render(template, system=found, told=words)


def explain(bad: BadLink) -> Response:
    """Why the link does not work, and the way on."""
    return render("letter/bad_link.html", bad.status, bad=bad, of=systems().get(bad.system))
