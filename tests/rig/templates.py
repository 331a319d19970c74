"""`make check`: every template compiles with the portal's own filters, and names only templates that exist."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from jinja2 import Environment, TemplateSyntaxError, meta

from tests.rig.prepared import let_go
from tests.rig.settings import TEST_SETTINGS


def troubles(environment: Environment, ending: str = ".html") -> list[str]:
    """What is wrong with the templates of one environment, a line each."""
    loader = environment.loader
    assert loader is not None
    names = set(environment.list_templates())
    found = []
    for name in sorted(names):
        if not name.endswith(ending):
            continue
        source = loader.get_source(environment, name)[0]
        try:
            environment.get_template(name)
            named = set(meta.find_referenced_templates(environment.parse(source))) - {None}
        except TemplateSyntaxError as problem:
            found.append(f"templates/{name}:{problem.lineno}: {problem.message}")
            continue
        found += [
            f"templates/{name}: there is no template {other}" for other in sorted(map(str, named - names))
        ]
    return found


def _letters() -> Environment:
    """Letters are plain text with an environment of their own."""
    from portal.mail import render

    environment: Environment = render._environment()
    return environment


def main() -> int:
    """Look at all templates of the portal; 1 when something is wrong."""
    from portal import create_app

    with tempfile.TemporaryDirectory() as folder:
        places = {"DATABASE_URL": f"sqlite:///{Path(folder) / 'portal.sqlite3'}", "INSTANCE_PATH": folder}
        app = create_app(**{**TEST_SETTINGS, **places})
        found = troubles(app.jinja_env) + troubles(_letters(), ".txt")
        let_go(app)
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
