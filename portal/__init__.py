"""The account portal. `create_app` is the only place that joins the parts; the bridge is a stranger here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask


def create_app(**overrides: Any) -> Flask:
    """The portal as a WSGI application. `overrides` are settings by name, for tests and commands.

    Raises `UnsafeSettings` or `BadSystemFile`, each of which says what to change.
    """
    import os

    from flask import Flask
    from flask_wtf import CSRFProtect

    from portal import cli
    from portal.config import ROOT, read_settings
    from portal.mail.delivery import use_mail_server
    from portal.store import database
    from portal.usecases.card.trust_authorities import check_authorities
    from portal.usecases.read_systems import systems
    from portal.web import access, errors, headers, log, page, routes
    from portal.web.proxy import ProxyHop

    clock = overrides.pop("CLOCK", None)
    settings = read_settings(**overrides)
    app = Flask(
        "portal",
        root_path=str(ROOT),
        instance_path=str(settings.instance.resolve()),
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
    )
    app.config.update(
        SECRET_KEY=settings.secret_key,
        TESTING=settings.testing,
        CLOCK=clock,
        PORTAL_DEMO=settings.portal_demo,
        PUBLIC_ORIGIN=settings.public_origin,
        SITE_AGENCY=settings.site_agency,
        SITE_TELEPHONE=settings.site_telephone,
        SITE_ADDRESS=settings.site_address,
        SESSION_COOKIE_NAME="__Host-portal" if settings.secure else "portal",
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
        MAX_CONTENT_LENGTH=256 * 1024,
        MAX_FORM_MEMORY_SIZE=64 * 1024,
        MAX_FORM_PARTS=400,
    )
    app.extensions["portal-settings"] = settings
    log.install(app)
    systems()
    check_authorities(settings)
    database.install(app, settings)
    if settings.testing or os.environ.get("FLASK_RUN_FROM_CLI") == "true":
        database.use_migrations(app)
    CSRFProtect(app)
    use_mail_server(app, settings)
    headers.install(app)
    access.install(app)
    page.install(app, access.signed_in)
    errors.install(app)
    routes.install(app, settings)
    cli.install(app)
    if settings.proxy_networks:
        app.wsgi_app = ProxyHop(app.wsgi_app, settings.proxy_networks)  # type: ignore[method-assign]
    return app
