"""When something goes wrong: a page for people, with what to do next and a number to tell us."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, make_response
from flask_wtf.csrf import CSRFError
from htmx_flask import request
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from werkzeug.exceptions import HTTPException

from portal.domain.refusal import Refusal
from portal.web.page import fragment_wanted, own_path, render, render_fragment, request_id

PAGES = (400, 403, 404, 405, 413, 422, 429, 500, 503)
KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")
RETRY_AFTER = 15
MOST_FIELDS_KEPT = 200
SECRETS = ("password", "current", "code", "pin", "personal_number")
"""A field whose name holds one of these is never put into a page again."""


class Again(NamedTuple):
    """What was being sent, ready to be sent once more, so that nobody types a long form twice."""

    action: str
    fields: Sequence[tuple[str, str]]
    something_left_out: bool


def install(app: Flask) -> None:
    app.register_error_handler(CSRFError, _form_too_old)
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _http_error)
    for unreachable in (OperationalError, InterfaceError, NoConnectionFree):
        app.register_error_handler(unreachable, _database_away)


def _refused(refusal: Refusal) -> Response:
    return _page("refusal", refusal.status, sentence=refusal.sentence, kind=refusal.status)


def _form_too_old(error: CSRFError) -> Response:
    current_app.logger.info("csrf refused: %s", error.description)
    return _page("form_too_old", 400, again=_again())


def _http_error(error: HTTPException) -> Response | HTTPException:
    status = error.code or 500
    if error.response is not None or status < 400:
        return error
    page = status if status in PAGES else (500 if status >= 500 else 400)
    response = _page(str(page), status, again=None)
    for name, value in error.get_headers():
        if name in KEPT_HEADERS:
            response.headers[name] = value
    return response


def _database_away(error: Exception) -> Response:
    # Without the statement and its values: they are people's data.
    current_app.logger.error("database unavailable: %s", getattr(error, "orig", error))
    response = _page("503", 503, again=_again())
    response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


def _page(name: str, status: int, **context: Any) -> Response:
    """An error page must come out even when what the frame of a page needs is what has failed."""
    g.in_trouble = status >= 500
    if request.headers.get("X-Background"):
        return _quietly(status)
    template = f"errors/{name}.html"
    context["request_id"] = request_id()
    try:
        if fragment_wanted():
            return _into_main(render_fragment(template, "main", status, **context))
        return render(template, status, **context)
    except Exception:
        current_app.logger.exception("error page failed")
        plain = current_app.jinja_env.get_template("errors/plain.html").render(context)
        return make_response(plain, status)


def _quietly(status: int) -> Response:
    """What a page asked for by itself is no reason to take away what somebody is typing: the page stays as it is."""
    response = make_response("", status)
    response.headers["HX-Reswap"] = "none"
    return response


def _into_main(response: Response) -> Response:
    """Wherever the answer was meant to go: what went wrong is told where the page's content stands."""
    response.headers["HX-Retarget"] = "#main"
    response.headers["HX-Reswap"] = "innerHTML"
    return response


def _again() -> Again | None:
    """Offered only when the request came from a page of ours: a stranger's form is never carried on."""
    if request.method != "POST" or not _from_our_own_page():
        return None
    fields = [(name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"]
    kept = [(name, value) for name, value in fields if not any(word in name for word in SECRETS)]
    if len(kept) > MOST_FIELDS_KEPT:
        return None
    left_out = len(kept) < len(fields) or bool(request.files)
    return Again(own_path(request.full_path.rstrip("?")), kept, left_out)


def _from_our_own_page() -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin") or request.referrer or ""
    return site in (None, "same-origin") and urlsplit(origin).netloc == request.host
