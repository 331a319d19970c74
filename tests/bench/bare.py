"""What the portal is measured against: Flask and Jinja, rows in memory, no session and no database.

`/` is a plain table of twenty rows, `/same` the portal's own list of accounts, rendered from what was put into its
template once at the start, `/same-requests` that of requests, and `/hello` the least that an application can say.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from flask import Flask, render_template, template_rendered
from flask.testing import FlaskClient
from jinja2 import Template

ROWS = [
    {
        "number": number,
        "kind": "一般帳號",
        "unit": f"清潔隊／新北市／第{number}區清潔隊",
        "email": f"person{number}@gov.example",
        "name": ("陳美怡", "林家豪", "黃淑芬", "張志明")[number % 4],
        "gender": "女" if number % 2 else "男",
        "phone": f"02-2955{number:04}",
        "fax": f"02-2956{number:04}",
        "proved": bool(number % 3),
    }
    for number in range(1, 21)
]


def create_app() -> Flask:
    """The bare application; `/same` only if BENCH_ADMINISTRATOR names somebody who may see the list."""
    app = Flask("bare", template_folder=str(Path(__file__).parent))

    @app.get("/plain")
    def plain() -> str:
        return render_template("bare.html", rows=ROWS, total=2345)

    @app.get("/hello")
    def hello() -> str:
        return "hello"

    if name := os.environ.get("BENCH_ADMINISTRATOR"):
        import portal
        from tests.bench.requests import REVIEW_LIST, session_cookie
        from tests.bench.visitors import LIST

        ours = portal.create_app()
        administrator, reviewer = ours.test_client(), ours.test_client()
        for client, number in (
            (administrator, name.removeprefix("person")),
            (reviewer, os.environ["BENCH_REVIEWER"]),
        ):
            for key, value in session_cookie(ours, int(number)).items():
                client.set_cookie(key, value)
        accounts = _page_of(ours, administrator, LIST)
        requests = _page_of(ours, reviewer, REVIEW_LIST)
        for rule in ours.url_map.iter_rules():
            if rule.endpoint != "static":
                app.add_url_rule(rule.rule, rule.endpoint, methods=rule.methods)

        @app.get("/same")
        def same() -> str:
            return accounts[0].render(accounts[1])

        @app.get("/same-requests")
        def same_requests() -> str:
            return requests[0].render(requests[1])

    return app


def _page_of(ours: Flask, client: FlaskClient, address: str) -> tuple[Template, dict[str, Any]]:
    """The template of one of the portal's pages and everything that was given to it."""
    seen: list[tuple[Template, dict[str, Any]]] = []

    def keep(_: Flask, template: Template, context: dict[str, Any], **__: Any) -> None:
        seen.append((template, context))

    with template_rendered.connected_to(keep, ours):
        assert client.get(address).status_code == 200
    template, context = seen[-1]
    asking = {"csrf_token": lambda: "-", "waiting": lambda: 2345, "get_flashed_messages": lambda **_: []}
    return template, {**context, **asking}
