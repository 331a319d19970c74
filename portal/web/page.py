"""Pages: the whole one for a browser, one block of it for htmx, and what every template may count on."""

import hashlib
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, make_response, redirect, render_template, url_for
from htmx_flask import Htmx, request
from jinja2 import StrictUndefined
from jinja2_fragments.flask import render_block

from portal.domain.login_session import ABSOLUTE_LIMIT, IDLE_LIMIT
from portal.domain.phone import show_phone
from portal.domain.roc_date import TAIPEI, roc_date, roc_time
from portal.domain.system import InformationSystem, permission_heading
from portal.usecases.read_systems import systems
from portal.web.words import APPLICATION_STATES, GRANT_STATES

UPDATED = date(2026, 11, 30)
"""更新日期 in the footer: the day the pages of the portal were last revised."""
TEXT_SIZES = {"small": "小", "medium": "中", "large": "大"}
TEXT_SIZE_COOKIE = "text_size"


class Zone(NamedTuple):
    """專區: one population and its front door."""

    key: str
    label: str


ZONES = (Zone("citizen", "民眾專區"), Zone("vendor", "廠商專區"), Zone("authority", "主管機關"))


class Site(NamedTuple):
    """What the frame of every page says about the portal itself."""

    title: str
    agency: str
    updated: date
    telephone: str
    address: str


def render(template: str, status: int = 200, **context: Any) -> Response:
    """The block named by HX-Target (`apply-form` → `apply_form`) when htmx asks for it, else the page."""
    wanted = fragment_wanted()
    blocks = current_app.jinja_env.get_template(template).blocks
    if wanted in blocks:
        return render_fragment(template, str(wanted), status, **context)
    response = make_response(render_template(template, **context), status)
    if wanted:
        response.headers["HX-Retarget"] = "body"
        response.headers["HX-Reswap"] = "innerHTML"
    return _varying(response)


def render_fragment(template: str, block: str, status: int = 200, **context: Any) -> Response:
    body = render_block(template, block, **context)
    if block == "main" and "title" in current_app.jinja_env.get_template(template).blocks:
        body = f"<title>{render_block(template, 'title', **context)}</title>{body}"
    return _varying(make_response(body, status))


def fragment_wanted() -> str | None:
    if not request.htmx or request.htmx.history_restore_request or request.htmx.boosted:
        return None
    return (request.htmx.target or "page").replace("-", "_")


def go(endpoint: str, **values: Any) -> Response:
    """Send the visitor on after an act; htmx is told to leave the page as a browser would."""
    return go_to(url_for(endpoint, **values))


def go_to(address: str) -> Response:
    if request.htmx:
        return Response(status=204, headers={"HX-Redirect": address})
    return make_response(redirect(address, 303))


def own_path(address: str | None, default: str = "/") -> str:
    """Only a path of this very site may be a redirect target; everything else becomes the default."""
    text = address or ""
    if not text.startswith("/") or text[1:2] in ("/", "\\") or any(c < "!" or c == "\\" for c in text):
        return default
    parts = urlsplit(text)
    return default if parts.scheme or parts.netloc else text


def clock() -> datetime:
    """The time of this request; tests set their own."""
    now: Callable[[], datetime] = current_app.config.get("CLOCK") or (lambda: datetime.now(UTC))
    return now()


def request_id() -> str:
    """The number a person can read out on the telephone, and the log shows."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(6)
    return str(g.request_id)


def page_address(endpoint: str, **values: Any) -> str:
    """`url_for` for templates: the frame of every page alone has twenty addresses, always the same."""
    if any(name.startswith("_") for name in values):
        return url_for(endpoint, **values)
    return _known_address(request.script_root, endpoint, tuple(values.items()))


@lru_cache(maxsize=1024)
def _known_address(_: str, endpoint: str, values: tuple[tuple[str, Any], ...]) -> str:
    return url_for(endpoint, **dict(values))


def static_url(filename: str) -> str:
    version = static_version(current_app.static_folder or "", filename)
    return page_address("static", filename=filename, v=version)


@cache
def static_version(folder: str, filename: str) -> str | None:
    path = Path(folder, filename).resolve()
    if not path.is_relative_to(Path(folder).resolve()) or not path.is_file():
        return None
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def roc_day(day: date) -> str:
    """115/11/20, for a calendar day as for a moment."""
    if isinstance(day, datetime):
        return roc_date(day)
    return roc_date(datetime.combine(day, time(12), TAIPEI))


def install(app: Flask, actor: Callable[[], object | None] = lambda: None) -> None:
    """Give the templates their words; `actor` tells who is signed in (None: nobody)."""
    Htmx(app)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(static_url=static_url, url_for=page_address)
    app.jinja_env.globals.update(application_words=APPLICATION_STATES, grant_words=GRANT_STATES)
    app.jinja_env.filters.update(
        phone=show_phone, roc_date=roc_day, roc_time=roc_time, heading=permission_heading
    )
    site = _site(app.config)

    @app.context_processor
    def words_of_every_page() -> dict[str, Any]:
        arguments = request.view_args or {}
        someone = None if g.get("in_trouble") else actor()
        system = systems().get(arguments.get("system", ""))
        size = request.cookies.get(TEXT_SIZE_COOKIE)
        return {
            "site": site,
            "demo": bool(app.config.get("PORTAL_DEMO")),
            "zones": ZONES,
            "text_sizes": TEXT_SIZES,
            "text_size": size if size in TEXT_SIZES else "medium",
            "actor": someone,
            "system": system,
            "zone": next((zone for zone in ZONES if zone.key == arguments.get("zone")), None),
            "administered": system or _administered(someone),
            "idle_seconds": int(IDLE_LIMIT.total_seconds()),
            "session_seconds": _seconds_left(someone),
            "here": _page_to_come_back_to(),
        }


def _site(config: Mapping[str, Any]) -> Site:
    return Site(
        title="帳號入口",
        agency=config["SITE_AGENCY"],
        updated=UPDATED,
        telephone=config["SITE_TELEPHONE"],
        address=config["SITE_ADDRESS"],
    )


def _administered(actor: Any) -> InformationSystem | None:
    """Whose administration the frame leads to: the actor's system, or the only one with administrators."""
    listed = [system for system in systems().values() if system.listed and system.zone == "authority"]
    own = [system for system in listed if actor and actor.system == system.key]
    found = own or [system for system in listed if system.reviewing_kinds()]
    return found[0] if len(found) == 1 else None


def _seconds_left(actor: Any) -> int:
    """Seconds after which a session ends however much it is used; 0 where nobody is signed in."""
    return int((actor.session_started_at + ABSOLUTE_LIMIT - clock()).total_seconds()) if actor else 0


def _page_to_come_back_to() -> str:
    if request.method in ("GET", "HEAD"):
        return own_path(request.full_path.rstrip("?"))
    referrer = urlsplit(request.referrer or "")
    return own_path(referrer.path) if referrer.netloc == request.host else "/"


def _varying(response: Response) -> Response:
    response.vary.update(("HX-Request", "HX-Target"))
    return response
