"""All blueprints of the zones."""

from __future__ import annotations

import ipaddress

from flask import Flask, abort, request

from portal.config import Settings
from portal.web.authority import (  # noqa: F401  add routes to `administration`
    decisions,
    names,
    permissions,
    requests,
)
from portal.web.authority.administration import administration
from portal.web.public import (
    details,  # noqa: F401  adds its routes to `pages`
    own_requests,  # noqa: F401  adds its routes to `own_data`
)
from portal.web.public.account import account
from portal.web.public.apply import apply
from portal.web.public.authenticator import authenticator
from portal.web.public.captcha import captcha
from portal.web.public.card import card
from portal.web.public.card_code import card_code
from portal.web.public.certificates import certificates
from portal.web.public.demo import demo
from portal.web.public.farewell import farewell
from portal.web.public.letter import letter
from portal.web.public.own_data import own_data
from portal.web.public.own_record import own_record
from portal.web.public.pages import pages
from portal.web.public.password_reset import password_reset
from portal.web.public.second_proof import second_proof
from portal.web.public.sign_in import sign_in
from portal.web.public.site import public
from portal.web.public.units import units
from portal.web.public.update import update
from portal.web.public.update_proof import update_proof
from portal.web.public.verification import verification


def install(app: Flask, settings: Settings) -> None:
    """Register them; the demonstration's mailbox only where it belongs."""
    for blueprint in (
        public,
        sign_in,
        second_proof,
        apply,
        pages,
        update,
        update_proof,
        letter,
        verification,
        password_reset,
        account,
        authenticator,
        own_data,
        own_record,
        farewell,
        card,
        card_code,
        certificates,
        captcha,
        units,
        administration,
    ):
        app.register_blueprint(blueprint)
    if settings.portal_demo:
        app.register_blueprint(demo)
        app.before_request(_only_this_machine)


def _only_this_machine() -> None:
    """The demonstration tells secrets, so it answers loopback addresses only."""
    if not ipaddress.ip_address(request.remote_addr or "0.0.0.0").is_loopback:  # noqa: S104  refuses, binds nothing
        abort(403)
