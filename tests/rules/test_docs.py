"""The pages about the house name files and tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

from tests.rig.tools import ROOT
from tests.rules.tree import planted

NAMED = re.compile(r"`([\w./-]+(?:/|\.(?:py|html|toml|txt|js|css|csv|md|typ)))(?:::(\w+))?`")
STANDS_UNDER = ("", "portal", "templates", "docs", "tests", "portal/web", "portal/bridge")
"""The pages say `usecases/…` for `portal/usecases/…`, as one says it in the house."""
OPERATORS = {"authorities/", "instance/", "authorities.toml"}
"""What the operator brings or the portal makes: never in the tree."""


def lost_names(root: Path) -> list[str]:
    """`page: name` for each file, folder or test that a page names and nobody finds."""
    lost = []
    for page in sorted(root.glob("docs/**/*.md")):
        for name, test in NAMED.findall(page.read_text(encoding="utf-8")):
            if name in OPERATORS or name.startswith("/"):
                continue
            places = [place for under in STANDS_UNDER if (place := root / under / name).exists()]
            if "/" not in name:  # a neighbour of a file named before
                places += [*(root / "portal").rglob(name), *(root / "docs").rglob(name)]
            if not places:
                lost.append(f"{page.relative_to(root)}: {name}")
            elif test and f"def {test}(" not in places[0].read_text(encoding="utf-8"):
                lost.append(f"{page.relative_to(root)}: {name}::{test}")
    return lost


def test_what_the_pages_name_is_there() -> None:
    assert lost_names(ROOT) == []


def test_a_name_of_nothing_would_be_found(tmp_path: Path) -> None:
    planted(tmp_path, "tests/web/test_here.py", "def test_this() -> None: ...\n")
    planted(
        tmp_path,
        "docs/page.md",
        "`tests/web/test_here.py::test_this`, `tests/web/test_here.py::test_that`, `usecases/gone.py`, `tests/away/`\n",
    )
    assert lost_names(tmp_path) == [
        "docs/page.md: tests/web/test_here.py::test_that",
        "docs/page.md: usecases/gone.py",
        "docs/page.md: tests/away/",
    ]
