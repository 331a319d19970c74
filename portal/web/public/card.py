"""憑證卡片登入 and 讀卡環境檢測 of a system, and the challenges that pages hand to cards."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, abort
from htmx_flask import request

from portal.domain.card_challenge import CHALLENGE_LIFE, CardPurpose
from portal.domain.certificate import PresentedCertificate
from portal.domain.certificate_binding import masked_card_number
from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem
from portal.usecases.card.prove_card import ask_card, check_card
from portal.usecases.card.sign_in_with_card import CodeMailed, sign_in_with_card
from portal.usecases.read_systems import system_in_zone
from portal.web.access import circumstance, open_to_everyone
from portal.web.card_answer import (
    KINDS,
    browser_secret,
    card_page,
    card_refused,
    only_with_cards,
    signed_challenge,
    takes_cards,
    wait_for_code,
)
from portal.web.page import go, render
from portal.web.public.sign_in import enter

card = Blueprint("card", __name__, url_prefix="/<any(citizen, vendor, authority):zone>/<system>/card")

PURPOSES: Final = {purpose.value: purpose for purpose in CardPurpose}


@card.app_context_processor
def words_about_cards() -> dict[str, Any]:
    return {"takes_cards": takes_cards, "card_kinds": KINDS}


@card.get("")
@open_to_everyone
def page(zone: str, system: str) -> Response:
    return card_page("card/page.html", CardPurpose.SIGN_IN, system=_system(zone, system))


@card.post("/challenge")
@open_to_everyone
def challenge(zone: str, system: str) -> Response:
    found = _system(zone, system)
    purpose = PURPOSES.get(request.form.get("purpose", ""))
    if purpose is None:
        abort(400)
    if not request.htmx:  # without its script the page can do nothing with a challenge
        return _back(purpose, zone, system)
    at = circumstance()
    signed_out = purpose is CardPurpose.BIND and (at.actor is None or at.actor.system != found.key)
    text = None if signed_out else ask_card(found, purpose, browser_secret(), at)
    return render(
        "card/challenge.html",
        system=found,
        purpose=purpose.value,
        challenge=text,
        expires=int((at.now + CHALLENGE_LIFE).timestamp()),
        seconds=int(CHALLENGE_LIFE.total_seconds()),
    )


@card.post("/session")
@open_to_everyone
def sign_in(zone: str, system: str) -> Response:
    found = _system(zone, system)
    try:
        opened = sign_in_with_card(found, signed_challenge(), browser_secret(), circumstance())
    except Refusal as refusal:
        return card_refused("card/page.html", CardPurpose.SIGN_IN, refusal, system=found)
    if isinstance(opened, CodeMailed):
        wait_for_code(opened.claim_id)
        return go("card_code.page", zone=zone, system=system)
    return enter(opened, zone, system)


@card.get("/check")
@open_to_everyone
def check(zone: str, system: str) -> Response:
    return card_page("card/check.html", CardPurpose.CHECK, system=_system(zone, system), shown=None)


@card.post("/check/result")
@open_to_everyone
def check_result(zone: str, system: str) -> Response:
    found = _system(zone, system)
    try:
        shown = check_card(found, signed_challenge(), browser_secret(), circumstance())
    except Refusal as refusal:
        return card_refused("card/check.html", CardPurpose.CHECK, refusal, system=found, shown=None)
    return card_page("card/check.html", CardPurpose.CHECK, system=found, shown=_shown(shown))


def _system(zone: str, system: str) -> InformationSystem:
    return only_with_cards(system_in_zone(zone, system))


def _shown(certificate: PresentedCertificate) -> dict[str, Any]:
    return {
        "name": certificate.holder.name,
        "kind": KINDS[certificate.holder.profile.value],
        "card_number": masked_card_number(certificate.card_number),
        "not_after": certificate.not_after,
    }


def _back(purpose: CardPurpose, zone: str, system: str) -> Response:
    if purpose is CardPurpose.BIND:
        return go("certificates.page")
    if purpose is CardPurpose.STEP_UP:
        return go("apply.form", zone=zone, system=system)
    return go("card.check" if purpose is CardPurpose.CHECK else "card.page", zone=zone, system=system)
