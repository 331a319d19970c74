"""Rules about the Python: no clock below the web, the portal joins its parts in one place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.rig.tools import ROOT
from tests.rules.tree import parsed, planted, python_files

BELOW_WEB = ("domain", "usecases", "store", "mail", "proofs", "documents")
CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns"}
SKIPS = {"skip", "skipif", "xfail", "importorskip"}


def clocks(root: Path) -> list[str]:
    """Places below the web that ask what time it is, instead of being told."""
    found = []
    for path in python_files(*(f"portal/{part}" for part in BELOW_WEB), root=root):
        calls = [node for node in ast.walk(parsed(path)) if isinstance(node, ast.Call)]
        asked = [call for call in calls if ".".join(ast.unparse(call.func).split(".")[-2:]) in CLOCKS]
        found += [f"{path.relative_to(root)}:{call.lineno}" for call in asked]
    return found


def imports_at_the_top(path: Path) -> list[str]:
    """What a module imports from the portal while it is itself imported."""
    return [
        ast.unparse(node)
        for node in _run_at_import(parsed(path))
        if (isinstance(node, ast.ImportFrom) and (node.module or ".").split(".")[0] in {"portal", "."})
        or (isinstance(node, ast.Import) and any(name.name.split(".")[0] == "portal" for name in node.names))
    ]


def card_reader_in_server(root: Path) -> list[str]:
    """Server code knows neither the bridge nor the library that talks to readers."""
    found = []
    for path in python_files("portal", root=root):
        if path.is_relative_to(root / "portal/bridge"):
            continue
        for node in ast.walk(parsed(path)):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += (
                [f"{node.module}.{name.name}" for name in node.names]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            names += [name.name for name in node.names] if isinstance(node, ast.Import) else []
            if any(name == "smartcard" or name.startswith(("smartcard.", "portal.bridge")) for name in names):
                found.append(f"{path.relative_to(root)}:{node.lineno}")
    return found


def skips(root: Path) -> list[str]:
    return [
        f"{path.relative_to(root)}:{node.lineno}"
        for path in python_files("tests", root=root)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute) and node.attr in SKIPS and "pytest" in ast.unparse(node.value)
    ]


def _run_at_import(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        typing_only = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        if not typing_only and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
            yield from _run_at_import(node)


def test_nobody_below_the_web_asks_a_clock() -> None:
    assert clocks(ROOT) == [], "the time is an argument"


def test_a_clock_would_be_found(tmp_path: Path) -> None:
    planted(
        tmp_path, "portal/usecases/late.py", "import datetime\nnow = datetime.datetime.now(datetime.UTC)\n"
    )
    planted(tmp_path, "portal/domain/later.py", "from datetime import date\nday = date.today()\n")
    planted(tmp_path, "portal/web/clock.py", "now = datetime.now(UTC)\n")
    assert clocks(tmp_path) == ["portal/domain/later.py:2", "portal/usecases/late.py:2"]


def test_the_portal_imports_nothing_of_itself_at_module_level() -> None:
    assert imports_at_the_top(ROOT / "portal/__init__.py") == [], (
        "create_app imports its parts; the bridge is a stranger"
    )


def test_an_import_at_module_level_would_be_found(tmp_path: Path) -> None:
    quiet = "if TYPE_CHECKING:\n    from portal.a import a\ndef c():\n    from portal.d import d\n"
    flawed = planted(tmp_path, "portal/__init__.py", quiet + "from portal.b import b\n")
    assert imports_at_the_top(flawed) == ["from portal.b import b"]


def test_the_server_knows_no_card_reader() -> None:
    assert card_reader_in_server(ROOT) == []


def test_a_card_reader_in_the_server_would_be_found(tmp_path: Path) -> None:
    planted(tmp_path, "portal/bridge/reader.py", "import smartcard\n")
    planted(tmp_path, "portal/cli.py", "from portal import bridge\n")
    planted(tmp_path, "portal/web/card.py", "import smartcard.System\n")
    assert card_reader_in_server(tmp_path) == ["portal/cli.py:1", "portal/web/card.py:1"]


def test_app_py_makes_the_application_and_nothing_else() -> None:
    lines = [line for line in (ROOT / "app.py").read_text(encoding="utf-8").splitlines() if line.strip()]
    assert lines[-1] == "app = create_app()"
    assert len(parsed(ROOT / "app.py").body) <= 3  # a docstring, one import, one assignment


def test_no_test_is_skipped_on_purpose() -> None:
    assert [place for place in skips(ROOT) if not place.startswith("tests/rig/tools.py:")] == []


def test_a_skip_would_be_found(tmp_path: Path) -> None:
    planted(tmp_path, "tests/test_a.py", "import pytest\n@pytest.mark." + "skip\ndef test_a(): pass\n")
    assert skips(tmp_path) == ["tests/test_a.py:2"]
