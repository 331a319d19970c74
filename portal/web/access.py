"""Who may do what: every route says so, and silence means closed.

The rule test lists routes that carry neither `@requires` nor `@open_to_everyone`.
"""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Callable
from itertools import chain
from typing import Any, Final, TypeVar

from flask import Flask, abort, current_app, request, session
from flask.sessions import SecureCookieSessionInterface
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from werkzeug.exceptions import HTTPException

from portal.config import Settings
from portal.domain.actor import Actor, Circumstance
from portal.domain.permission import Permission
from portal.usecases.entry.sign_in import actor_of, may_administer
from portal.web.page import clock, go, own_path, request_id

EVERYONE: Final = "everyone"
View = TypeVar("View", bound=Callable[..., Any])


class Holder(UserMixin):
    """What Flask-Login carries: the cookie's value, and the actor behind it."""

    def __init__(self, token: str, actor: Actor) -> None:
        self.token, self.actor = token, actor

    def get_id(self) -> str:
        """What goes into the signed cookie."""
        return self.token


class OneSigner(SecureCookieSessionInterface):
    """Flask's signed cookie, whose signer is made once and not twice a request."""

    def __init__(self) -> None:
        self.made: Any = None

    def get_signing_serializer(self, app: Flask) -> Any:
        """The signer of the application's cookies."""
        self.made = self.made or super().get_signing_serializer(app)
        return self.made


def install(app: Flask) -> None:
    """Flask-Login with sessions of ours, kept in the database."""
    app.session_interface = OneSigner()
    manager = LoginManager(app)
    manager.session_protection = None  # our own sessions are random, short and revocable

    @manager.user_loader
    def load(token: str) -> Holder | None:
        actor = actor_of(token, _circumstance(None), background=bool(request.headers.get("X-Background")))
        return Holder(token, actor) if actor else None

    @app.before_request
    def refuse_unreadable() -> None:
        """A zero byte belongs into no field and no address: PostgreSQL would choke on it. No page takes files."""
        texts = chain((request.view_args or {}).values(), *request.args.listvalues())
        if request.content_type:  # most requests bring no body
            if request.files:
                abort(400)
            texts = chain(texts, *request.form.listvalues())
        if any("\0" in str(text) for text in texts):
            abort(400)


def settings() -> Settings:
    """The portal's settings."""
    found: Settings = current_app.extensions["portal-settings"]
    return found


def _circumstance(actor: Actor | None) -> Circumstance:
    return Circumstance(clock(), request.remote_addr or "", request_id(), settings(), actor)


def circumstance() -> Circumstance:
    """Time, place and actor of this request, for the use-cases."""
    return _circumstance(signed_in())


def signed_in() -> Actor | None:
    """The actor of this request."""
    actor: Actor | None = current_user.actor if current_user.is_authenticated else None
    return actor


def begin_session(token: str) -> None:
    """Take over a fresh session: whatever the anonymous visitor's cookie held goes, but what they sent."""
    kept = {key: session[key] for key in ("receipts", "next") if key in session}
    session.clear()
    session.update(kept)
    actor = actor_of(token, _circumstance(None))
    if actor is None:
        abort(503)
    login_user(Holder(token, actor))


def forget_session() -> None:
    """Empty the browser's cookie."""
    logout_user()
    session.clear()


def open_to_everyone(view: View) -> View:
    """A page for anybody."""
    view.portal_access = EVERYONE  # type: ignore[attr-defined]
    return view


def requires(permission: Permission) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A page for those who hold the permission; others sign in first, or get 403."""

    def close(view: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(view)
        def guarded(*arguments: Any, **named: Any) -> Any:
            actor = signed_in()
            if actor is None:
                return _to_sign_in()
            if permission not in actor.permissions:
                abort(403)
            return view(*arguments, **named)

        guarded.portal_access = permission  # type: ignore[attr-defined]
        return guarded

    return close


def may_go(path: str) -> bool:
    """Whether the actor may see this page: what a visitor wanted before may not be for who signed in then."""
    actor = signed_in()
    if actor is None:
        return False
    try:
        endpoint, values = current_app.url_map.bind("").match(path.partition("?")[0], method="GET")
    except HTTPException:
        return False
    if endpoint.startswith("administration."):
        reached = actor.every_system or values["system"] == actor.system
        if not (reached and may_administer(actor)):
            return False
    asked = getattr(current_app.view_functions[endpoint], "portal_access", EVERYONE)
    return asked == EVERYONE or asked in actor.permissions


def within_admin_networks() -> bool:
    """Whether this request comes from where administration is allowed (ADMIN_NETWORKS)."""
    allowed = settings().administration_networks
    if not allowed:
        return True
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return False
    return any(address in network for network in allowed)


def _to_sign_in() -> Any:
    if request.method == "GET":
        session["next"] = own_path(request.full_path.rstrip("?"))
    arguments = request.view_args or {}
    if "system" in arguments and "zone" in arguments:
        return go("administration.home", zone=arguments["zone"], system=arguments["system"])
    return go("public.zone", zone="authority")
