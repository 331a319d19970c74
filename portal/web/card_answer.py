"""What the pages with cards share: the browser's secret, the signed answer in a form, and a card turned away."""

from __future__ import annotations

import secrets
from typing import Any, Final

from flask import Response, abort, session
from flask_wtf import FlaskForm
from htmx_flask import request
from wtforms import StringField

from portal.domain.card_challenge import CardPurpose
from portal.domain.certificate import CardRefusal, CardTrouble
from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem
from portal.usecases.card.prove_card import SignedChallenge
from portal.usecases.card.trust_authorities import cards_are_trusted
from portal.web.access import settings
from portal.web.page import render


class CodeForm(FlaskForm):
    """驗證碼 of the letter."""

    code = StringField("驗證碼")


KINDS: Final = {"moica": "自然人憑證", "moeaca": "工商憑證", "hca": "醫事人員卡"}
OUTCOME: Final = "card-outcome"
"""The element in which pages with cards tell what came of an answer."""


def takes_cards(system: InformationSystem) -> bool:
    """Whether a system's holders may sign in with a card, here and now."""
    return "card" in system.sign_in and cards_are_trusted(settings())


def only_with_cards(system: InformationSystem) -> InformationSystem:
    """The same system; 404 where it takes no cards."""
    if not takes_cards(system):
        abort(404)
    return system


def browser_secret() -> str:
    """What binds a challenge to this browser; it lives in the signed cookie and ends with the session."""
    if "card" not in session:
        session["card"] = secrets.token_urlsafe(24)
    return str(session["card"])


def wait_for_code(claim_id: str) -> None:
    """A first card waits for its mailed code, in this browser only."""
    session["claim"] = claim_id


def waiting_claim() -> str:
    """The claim that this browser waits with; "" if there is none."""
    return str(session.get("claim", ""))


def signed_challenge() -> SignedChallenge:
    """The answer as the page sends it; whatever is wrong with it is the use-case's to refuse and to write down."""
    told = (request.form.get(name, "") for name in ("challenge", "shape", "signature", "certificate"))
    return SignedChallenge(*told)


def card_page(template: str, purpose: CardPurpose, status: int = 200, **context: Any) -> Response:
    """A page that talks to a card; the secret is there before its first challenge is asked for."""
    browser_secret()
    return render(template, status, **{"refused": None, "trouble": "", **context}, purpose=purpose.value)


def code_page(form: CodeForm, confirm: str, again: str, begin: str, over: Refusal | None = None) -> Response:
    """輸入驗證碼; `over` says that no code counts any more. The addresses are those of the three ways on."""
    form.code.flags.required = True
    status = over.status if over else 422 if form.errors or form.form_errors else 200
    places = {"confirm": confirm, "again": again, "begin": begin}
    return render("card/code.html", status, form=form, over=over, **places)


def card_refused(template: str, purpose: CardPurpose, refusal: Refusal, **context: Any) -> Response:
    """The same page with what to do next; htmx shows it in its place, whatever the status."""
    response = card_page(
        template, purpose, refusal.status, refused=refusal, trouble=_trouble(refusal), **context
    )
    if request.htmx:
        response.headers["HX-Retarget"] = f"#{OUTCOME}"
        response.headers["HX-Reswap"] = "outerHTML"
    return response


def _trouble(refusal: Refusal) -> str:
    """What kind of trouble it is, for the advice under the sentence: `expired`, `card-not-bound`."""
    known = {reason.value: reason.trouble for reason in CardRefusal}
    found: CardTrouble | None = known.get(refusal.code or "")
    return found.name.lower().replace("_", "-") if found else refusal.code or ""
