"""The table of routes and roles, from the URL map: python -m tests.rules.routes writes routes.txt anew."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from werkzeug.routing import Rule

from tests.rig.prepared import let_go
from tests.rig.settings import TEST_SETTINGS

TABLE = Path(__file__).with_name("routes.txt")
FRAMEWORK = {"static"}
"""Routes of Flask's own: files that are there for everybody."""
EVERYONE = "everyone"
ROLE_NAMES: dict[str | None, str] = {None: "holder", "accounts": "reviewer", "every-system": "service-desk"}
HEAD = """\
# Who may call what. A route without a line fails the build; after a change that is meant:
#     .venv/bin/python -m tests.rules.routes
# roles: visitor (nobody is signed in), then what the account kind's `reviews` gives its holder.
"""


@contextmanager
def bare_portal(**overrides: object) -> Iterator[Flask]:
    """The portal with every route it can have, without a database."""
    from portal import create_app

    with tempfile.TemporaryDirectory() as folder:
        places = {"DATABASE_URL": f"sqlite:///{Path(folder) / 'portal.sqlite3'}", "INSTANCE_PATH": folder}
        app = create_app(**{**TEST_SETTINGS, **places, "PUBLIC_ORIGIN": "http://127.0.0.1:8000", **overrides})
        try:
            yield app
        finally:
            let_go(app)


def access(app: Flask, rule: Rule) -> str | None:
    """What a route asks for: `everyone`, the name of a permission, or nothing when it is silent."""
    if rule.endpoint in FRAMEWORK:
        return EVERYONE
    mark = getattr(app.view_functions[rule.endpoint], "portal_access", None)
    return None if mark is None else str(getattr(mark, "value", mark))


def silent(app: Flask) -> list[str]:
    """Routes that do not say who may call them."""
    return sorted({rule.endpoint for rule in app.url_map.iter_rules() if access(app, rule) is None})


def table(app: Flask) -> str:
    """One line per route: methods, address, endpoint, what it asks for, and the roles that have it."""
    from portal.domain.permission import ROLES

    rows = [("methods", "address", "endpoint", "asks for", "visitor", *(ROLE_NAMES[role] for role in ROLES))]
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint)):
        asked = access(app, rule)
        held = [asked == EVERYONE or asked in {may.value for may in has} for has in ROLES.values()]
        methods = ",".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        answers = ("yes" if may else "no" for may in (asked == EVERYONE, *held))
        address = re.sub(r"<(?:[^<>]+:)?(\w+)>", r"<\1>", rule.rule)
        rows.append((methods, address, rule.endpoint, asked or "SILENT", *answers))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    with bare_portal(PORTAL_DEMO=True) as portal:
        TABLE.write_text(table(portal), encoding="utf-8")
