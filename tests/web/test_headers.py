"""What every answer tells the browser: pages, redirects, errors and static files alike; and its cookies."""

from __future__ import annotations

import re
from http.cookies import SimpleCookie

import pytest
from sqlalchemy.exc import OperationalError

from tests.rig.pages import read_page
from tests.rig.people import csrf_token
from tests.rig.visits import APPLY, signed_in_client

POLICY = {
    "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self' data:",
    "font-src": "'self'", "connect-src": "'self'", "media-src": "'self'", "form-action": "'self'",
    "frame-ancestors": "'none'", "base-uri": "'none'",
}  # fmt: skip
STATIC = "/static/css/portal.css"


def check_headers(answer, secure: bool = False) -> None:
    headers = answer.headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert re.fullmatch(r"[0-9a-f]{12}", headers["X-Request-ID"])
    assert ("Strict-Transport-Security" in headers) == secure
    assert not {"Server", "X-Powered-By"} & set(headers.keys())


def test_pages_redirects_and_refusals(app, client):
    token = csrf_token(client, APPLY)
    for answer, status in (
        (client.get("/"), 200),
        (client.head("/"), 200),
        (client.options("/"), 200),
        (client.get(APPLY), 200),
        (client.get("/authority/hwms/proof"), 404),
        (client.get("/account/"), 303),
        (client.get("/authority"), 308),
        (client.get("/nothing"), 404),
        (client.get("/%ff%fe"), 404),
        (client.get("/letter/forged"), 404),
        (client.get("/captcha/forged.png"), 404),
        (client.post(APPLY), 400),
        (client.put(APPLY), 405),
        (client.post(APPLY, data={"csrf_token": token}), 422),
        (client.post(APPLY, data={"csrf_token": token, "x": "x" * 300_000}), 413),
        (client.get("/?x=%00"), 400),
        (client.get(STATIC, buffered=True), 200),
        (client.get("/static/nothing.css"), 404),
        (client.get("/static/../portal/config.py"), 404),
    ):
        assert answer.status_code == status, answer.request.path
        check_headers(answer)


def test_errors_of_ours(app, client, monkeypatch):
    def fail(problem):
        def view(**_):
            raise problem

        return view

    app.config["PROPAGATE_EXCEPTIONS"] = False
    secret = "SELECT secret FROM table"
    for problem, status in (
        (ValueError(secret), 500),
        (OperationalError(secret, {}, Exception("locked")), 503),
    ):
        monkeypatch.setitem(app.view_functions, "public.home", fail(problem))
        for headers in ({}, {"HX-Request": "true", "HX-Target": "main"}):
            answer = client.get("/", headers=headers)
            assert answer.status_code == status
            check_headers(answer)
            assert answer.headers["X-Request-ID"] in answer.text, "the number to read out on the telephone"
            for word in ("Traceback", "SELECT", "secret", "locked", "sqlalchemy"):
                assert word not in answer.text
    assert answer.headers["Retry-After"]
    monkeypatch.setattr("portal.web.errors.render", fail(RuntimeError("and the page of the error, too")))
    plain = client.get("/")
    assert plain.status_code == 503
    check_headers(plain)


def test_behind_tls_they_say_so(make_app):
    client = make_app(PUBLIC_ORIGIN="https://portal.example.gov.tw").test_client()
    for address in ("/", "/nothing", STATIC):
        answer = client.get(address, base_url="https://portal.example.gov.tw", buffered=True)
        check_headers(answer, secure=True)


def test_personal_pages_are_kept_nowhere(app, client, make_person, make_desk):
    make_person("fox", state="waiting")
    desk = signed_in_client(app, make_desk())
    for browser, address in (
        (client, "/"), (client, APPLY), (client, "/nothing"), (client, "/account/"), (desk, "/account/"),
        (desk, "/authority/hwms/administration/accounts"), (desk, "/authority/hwms/administration/letters"),
    ):  # fmt: skip
        assert browser.get(address).headers["Cache-Control"] == "no-store", address


def test_static_files_keep_for_a_year_under_their_hash_only(client):
    page = client.get("/").text
    versioned = set(re.findall(r'"(/static/[^"]+\?v=[0-9a-f]{12})"', page))
    assert versioned
    for address in versioned:
        answer = client.get(address, buffered=True)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
    for address in (STATIC, f"{STATIC}?v=0123456789ab", f"{STATIC}?v="):
        answer = client.get(address, buffered=True)
        assert answer.headers["Cache-Control"] == "public, max-age=0, must-revalidate"
        again = client.get(address, headers={"If-None-Match": answer.headers["ETag"]}, buffered=True)
        assert again.status_code == 304
        check_headers(again)


def cookies_of(answer) -> dict[str, dict[str, str]]:
    found = {}
    for line in answer.headers.getlist("Set-Cookie"):
        for name, morsel in SimpleCookie(line).items():
            found[name] = {key: value for key, value in morsel.items() if value}
    return found


@pytest.mark.parametrize("origin", ["http://localhost", "https://portal.example.gov.tw"])
def test_cookies_are_closed_to_scripts_and_other_sites(make_app, make_person, origin):
    app = make_app(PUBLIC_ORIGIN=origin)
    secure = origin.startswith("https")
    person = make_person("fox")
    client = app.test_client()
    base = {"base_url": origin, "headers": {"Referer": f"{origin}/"}}
    answers = [client.get(APPLY, **base)]
    token = read_page(answers[0].text).fields["csrf_token"][-1]
    data = {"csrf_token": token, "size": "large"}
    answers.append(client.post("/preferences/text-size", data=data, **base))
    data = {"csrf_token": token, "name": person.name, "password": person.password}
    answers.append(client.post("/authority/hwms/session", data=data, **base))
    assert [answer.status_code for answer in answers] == [200, 303, 303]
    seen = {}
    for answer in answers:
        seen |= cookies_of(answer)
    prefix = "__Host-" if secure else ""
    assert set(seen) == {f"{prefix}portal", f"{prefix}device-hwms", "text_size"}
    for name, facts in seen.items():
        assert facts["samesite"] == "Lax", name
        assert facts["path"] == "/", name
        assert facts.get("httponly"), name
        assert bool(facts.get("secure")) == secure, name
        assert "domain" not in facts, "__Host- cookies have none"
