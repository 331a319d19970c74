"""Files stay short, names say something, and the top of the tree is the user's."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.rig.tools import ROOT
from tests.rules.tree import parsed, planted, project_files, python_files, template_files

LONGEST_FILE, LONGEST_TEMPLATE = 250, 120
EMPTY_WORDS = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "misc",
    "manager",
    "managers",
    "services",
    "service",
}
TOP = {
    ".ci", ".gitignore", ".npmrc", "CHANGELOG.md", "Makefile", "README.md", "app.py", "docs", "package-lock.json",
    "package.json", "portal", "pyproject.toml", "requirements-bridge.lock", "requirements-dev.lock",
    "requirements.lock", "static", "templates", "tests",
}  # fmt: skip
PORTAL = {
    "__init__.py", "bridge", "checklists", "cli.py", "config.py", "documents", "domain", "mail", "proofs", "store",
    "systems", "usecases", "web",
}  # fmt: skip


def too_long(root: Path) -> list[str]:
    limits = [(path, LONGEST_FILE) for path in python_files("portal", "tests", "app.py", root=root)]
    limits += [(path, LONGEST_TEMPLATE) for path in template_files(root)]
    lengths = [(path, len(path.read_text(encoding="utf-8").splitlines()), limit) for path, limit in limits]
    return [f"{path.relative_to(root)}: {length} lines" for path, length, limit in lengths if length > limit]


def empty_names(root: Path) -> list[str]:
    found = []
    for path in project_files(root):
        inside = path.relative_to(root)
        words = {word for part in inside.with_suffix("").parts for word in re.split(r"[_.-]", part.lower())}
        if words & EMPTY_WORDS:
            found.append(str(inside))
    for path in python_files("portal", "tests", root=root):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ClassDef):
                last = re.findall(r"[A-Z][a-z0-9]*", node.name)[-1:]
                if last and last[0].lower() in EMPTY_WORDS:
                    found.append(f"{path.relative_to(root)}: class {node.name}")
    return found


def strangers(root: Path) -> list[str]:
    names = {path.relative_to(root).parts for path in project_files(root)}
    at_top = {parts[0] for parts in names} - TOP
    in_portal = {parts[1] for parts in names if parts[0] == "portal"} - PORTAL
    return sorted(at_top) + sorted(f"portal/{name}" for name in in_portal)


def test_files_are_short() -> None:
    assert too_long(ROOT) == [], "split by procedure or noun"


def test_a_long_file_would_be_found(tmp_path: Path) -> None:
    planted(tmp_path, "portal/web/long.py", "x = 1\n" * 251)
    planted(tmp_path, "templates/long.html", "<p>\n" * 121)
    planted(tmp_path, "templates/right.html", "<p>\n" * 120)
    assert too_long(tmp_path) == ["portal/web/long.py: 251 lines", "templates/long.html: 121 lines"]


def test_names_say_what_is_inside() -> None:
    assert empty_names(ROOT) == []


def test_an_empty_name_would_be_found(tmp_path: Path) -> None:
    planted(tmp_path, "portal/date_utils.py", "")
    planted(tmp_path, "portal/web/common/page.py", "")
    planted(tmp_path, "portal/web/page.py", "class AccountManager: pass\n")
    assert empty_names(tmp_path) == [
        "portal/date_utils.py", "portal/web/common/page.py", "portal/web/page.py: class AccountManager",
    ]  # fmt: skip


def test_the_layout_is_the_one_agreed() -> None:
    assert strangers(ROOT) == []


def test_a_new_top_level_name_would_be_found(tmp_path: Path) -> None:
    planted(tmp_path, "scripts/deploy.sh", "")
    planted(tmp_path, "portal/shared/__init__.py", "")
    assert strangers(tmp_path) == ["scripts", "portal/shared"]
