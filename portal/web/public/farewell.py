"""What people read whose account is suspended or ended by their own act: nobody is signed in any more."""

from __future__ import annotations

from flask import Blueprint, Response

from portal.web.access import open_to_everyone
from portal.web.page import render
from portal.web.public.pages import paged_system

farewell = Blueprint(
    "farewell", __name__, url_prefix="/<any(citizen, vendor, authority):zone>/<system>/farewell"
)


@farewell.get("/<any(surrender, ending):what>")
@open_to_everyone
def page(zone: str, system: str, what: str) -> Response:
    return render("own_data/farewell.html", system=paged_system(zone, system), what=what)
