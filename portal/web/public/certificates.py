"""自然人憑證管理: the certificates that open the account of whoever is signed in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash

from portal.domain.card_challenge import CardPurpose
from portal.domain.permission import Permission
from portal.domain.refusal import NotFound, Refusal
from portal.domain.system import InformationSystem
from portal.usecases.card.bind_certificate import bind_certificate, own_certificates, unbind_certificate
from portal.usecases.read_systems import systems
from portal.web.access import circumstance, requires
from portal.web.card_answer import browser_secret, card_page, card_refused, only_with_cards, signed_challenge
from portal.web.page import go

certificates = Blueprint("certificates", __name__, url_prefix="/account/certificates")

TEMPLATE = "account/certificates.html"


@certificates.get("")
@requires(Permission.USE_OWN_ACCOUNT)
def page() -> Response:
    return card_page(TEMPLATE, CardPurpose.BIND, **_shown(_own_system()))


@certificates.post("")
@requires(Permission.USE_OWN_ACCOUNT)
def bind() -> Response:
    system = _own_system()
    try:
        bound = bind_certificate(system, signed_challenge(), browser_secret(), circumstance())
    except Refusal as refusal:
        return card_refused(TEMPLATE, CardPurpose.BIND, refusal, **_shown(system))
    flash(
        f"已綁定「{bound.holder.name}」的憑證，下次可以直接用這張卡片登入。通知信已寄到您的信箱。", "success"
    )
    return go("certificates.page")


@certificates.post("/<public_id>/deletion")
@requires(Permission.USE_OWN_ACCOUNT)
def unbind(public_id: str) -> Response:
    system = _own_system()
    try:
        unbind_certificate(system, public_id, circumstance())
    except NotFound:
        raise
    except Refusal as refusal:
        return card_refused(TEMPLATE, CardPurpose.BIND, refusal, **_shown(system))
    flash("已刪除憑證，這張卡片不能再登入您的帳號。通知信已寄到您的信箱。", "success")
    return go("certificates.page")


def _own_system() -> InformationSystem:
    return only_with_cards(systems()[circumstance().require_actor().system])


def _shown(system: InformationSystem) -> dict[str, Any]:
    heading = "自然人憑證管理" if system.card.profiles == ("moica",) else "憑證管理"
    return {"card_system": system, "heading": heading, "own": own_certificates(circumstance())}
