"""What every answer tells the browser, pages, errors and static files alike."""

from flask import Flask, Response, request

from portal.web.page import request_id, static_version

CONTENT_SECURITY_POLICY = "; ".join(  # noqa: FLY002  one directive a line reads better
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "media-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
UNUSED_POWERS = (
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "usb",
)
ALWAYS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{power}=()" for power in UNUSED_POWERS),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
CARD_PAGES = ("card", "certificates", "update_proof")
"""Blueprints whose pages talk to the reader component's popup: a stricter opener policy would cut the line."""
ONE_YEAR = 365 * 24 * 60 * 60


def install(app: Flask) -> None:
    always = dict(ALWAYS)
    if str(app.config.get("PUBLIC_ORIGIN") or "").startswith("https://"):
        always["Strict-Transport-Security"] = f"max-age={ONE_YEAR}; includeSubDomains"

    @app.after_request
    def protect(response: Response) -> Response:
        if request.blueprint in CARD_PAGES:
            response.headers["Cross-Origin-Opener-Policy"] = "same-origin-allow-popups"
        said = {name.lower() for name in response.headers.keys()}  # noqa: SIM118  iterating gives pairs
        response.headers.extend((name, value) for name, value in always.items() if name.lower() not in said)
        response.headers["X-Request-ID"] = request_id()
        response.headers["Cache-Control"] = _caching(app, response)
        return response


def _caching(app: Flask, response: Response) -> str:
    """A static file keeps for ever under its hash; a page is kept nowhere unless its route says otherwise."""
    if request.endpoint != "static":
        return response.headers.get("Cache-Control", "no-store")
    if response.status_code not in (200, 206, 304):
        return "no-store"
    filename = (request.view_args or {}).get("filename", "")
    version = request.args.get("v")
    if version and version == static_version(app.static_folder or "", filename):
        return f"public, max-age={ONE_YEAR}, immutable"
    return "public, max-age=0, must-revalidate"
