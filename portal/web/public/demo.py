"""The demonstration's mailbox: letters that would have been sent. Registered in demonstration mode only."""

from __future__ import annotations

from flask import Blueprint, Response

from portal.usecases.operate.deliver_letters import one_letter, waiting_letters
from portal.web.access import open_to_everyone, settings
from portal.web.page import render

demo = Blueprint("demo", __name__, url_prefix="/demo")


@demo.get("/")
@open_to_everyone
def mailbox() -> Response:
    return render("demo/mailbox.html", letters=waiting_letters(settings()))


@demo.get("/letters/<public_id>")
@open_to_everyone
def letter(public_id: str) -> Response:
    return render("demo/letter.html", letter=one_letter(public_id, settings()))
