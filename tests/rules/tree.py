"""What the house rules look at: the files of the project, as git sees them."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.rig.tools import ROOT


def project_files(root: Path = ROOT) -> list[Path]:
    """Every file that is, or would be, in git."""
    if not (root / ".git").exists():
        return sorted(path for path in root.rglob("*") if path.is_file())
    told = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    return sorted(path for name in told.split("\0") if name and (path := root / name).is_file())


def python_files(*folders: str, root: Path = ROOT) -> list[Path]:
    """The Python files below these folders, migrations left out."""
    return [
        path
        for path in project_files(root)
        if path.suffix == ".py"
        and any(path.is_relative_to(root / folder) for folder in folders)
        and "migrations" not in path.parts
    ]


def template_files(root: Path = ROOT) -> list[Path]:
    """The HTML templates."""
    return [
        path
        for path in project_files(root)
        if path.suffix == ".html" and path.is_relative_to(root / "templates")
    ]


def parsed(path: Path) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def public_classes(folder: Path) -> Iterator[tuple[Path, ast.ClassDef]]:
    """Classes at the top of the modules of one folder whose names do not begin with an underscore."""
    for path in sorted(folder.glob("*.py")):
        for node in parsed(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield path, node


def planted(root: Path, name: str, text: str) -> Path:
    """Write a flaw into a tree of the test's own, for a rule to find."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
