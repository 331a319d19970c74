"""單位查詢 (manual 5 step 3): finding the unit one applies for, in a dialog or as a page of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, request

from portal.usecases.apply.search_units import UnitPage, search_units
from portal.usecases.read_systems import system_in_zone
from portal.web.access import circumstance, open_to_everyone
from portal.web.page import fragment_wanted, page_address, render

units = Blueprint("units", __name__, url_prefix="/<any(citizen, vendor, authority):zone>/<system>/units")

LONGEST: Final = 200
"""Of what is typed; names and codes are shorter."""
NUMBERS: Final = 10
"""Page numbers shown at once: 1 2 3 … 10 > >>."""


class Place(NamedTuple):
    """Where the search was opened: the endpoints that take the choice, and of the page to go back to.

    That page kept what was typed in the draft before the search opened, so a choice brings it anew.
    """

    chosen: str
    back: str
    of_system: bool = True
    """Whether their addresses name zone and system."""

    def addresses(self, zone: str, system: str) -> tuple[str, str]:
        """Both of them."""
        named = {"zone": zone, "system": system} if self.of_system else {}
        return page_address(self.chosen, **named), page_address(self.back, **named)


PLACES: Final = {
    "application": Place("pages.choose_unit", "apply.form"),
    "details": Place("pages.choose_other_unit", "pages.details"),
    "update": Place("update.choose_unit", "update.page"),
    "account": Place("own_data.choose_unit", "own_data.ask_on", of_system=False),
}
"""Known values of `for`."""


class Pager(NamedTuple):
    """Numbers around a page, and the pages that < << > >> lead to; None where there is none."""

    numbers: Sequence[int]
    first: int | None
    previous: int | None
    next: int | None
    last: int | None


@units.get("")
@open_to_everyone
def search(zone: str, system: str) -> Response:
    found = system_in_zone(zone, system)
    wanted = request.args.get("for", "")
    place = PLACES.get(wanted)
    if place is None:
        abort(404)
    typed, county = request.args.get("q", "")[:LONGEST], request.args.get("county", "")
    page = search_units(found, typed, county, request.args.get("page", 1, type=int), circumstance())
    chosen, back = place.addresses(zone, system)
    kept = {"for": wanted, "q": typed, "county": page.county}
    question = found.question("unit")
    return render(
        "units/search.html",
        page=page,
        code_label=question.label if question else "單位代碼",
        pager=_pager(page),
        wanted=wanted,
        address=page_address("units.search", zone=zone, system=system),
        query=urlencode({name: text for name, text in kept.items() if text}),
        chosen=chosen,
        back=back,
        dialog=fragment_wanted() == "unit_dialog" or request.headers.get("X-Unit-Dialog") == "yes",
    )


def _pager(page: UnitPage) -> Pager:
    begin = (page.page - 1) // NUMBERS * NUMBERS + 1
    before, after = page.page > 1, page.page < page.pages
    return Pager(
        range(begin, min(begin + NUMBERS - 1, page.pages) + 1),
        1 if before else None,
        page.page - 1 if before else None,
        page.page + 1 if after else None,
        page.pages if after else None,
    )
