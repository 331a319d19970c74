"""Systems are data: neither their keys nor the words of one of them stand in the code or in the templates."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.rig.tools import ROOT
from tests.rules.tree import parsed, planted, python_files, template_files

EVERYDAY = {"環境部", "機關管理員", "管理者", "承辦人", "處理"}
"""Words of one system file that are also the portal's own: whose site it is, and who does what in any office."""
_COMMENT = re.compile(r"{#.*?#}", re.DOTALL)


def system_keys(root: Path = ROOT) -> set[str]:
    """The keys of the system files; `portal` is also a word of its own."""
    return {path.stem for path in (root / "portal/systems").rglob("*.toml")}


def systems_in_code(root: Path, keys: set[str]) -> list[str]:
    """A system named in code instead of declared in its file."""
    found = []
    word = _word(keys - {"portal"})
    for path in python_files("portal", root=root):
        tree = parsed(path)
        sentences = set(map(id, _docstrings(tree)))
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in sentences:
                if word.search(node.value):
                    found.append(f"{path.relative_to(root)}:{node.lineno}")
            elif isinstance(node, ast.Compare | ast.MatchValue) and any(
                isinstance(part, ast.Constant) and part.value == "portal" for part in ast.walk(node)
            ):
                found.append(f"{path.relative_to(root)}:{node.lineno}")
    return found


def systems_in_templates(root: Path, keys: set[str]) -> list[str]:
    word = _word(keys - {"portal"})
    lines = [
        (path.relative_to(root), number, line)
        for path in template_files(root)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    ]
    return [f"{path}:{number}" for path, number, line in lines if word.search(line)]


def system_words(root: Path) -> set[str]:
    """What only one system calls its kinds of units and accounts, its roles and permissions and their groups."""
    declared: dict[str, set[str]] = {}
    for path in (root / "portal/systems").rglob("*.toml"):
        file = tomllib.loads(path.read_text(encoding="utf-8"))
        for part in ("unit_kind", "account_kind", "role", "permission"):
            for word in _labels(file.get(part, [])):
                declared.setdefault(word, set()).add(path.stem)
    return {word for word, systems in declared.items() if len(systems) == 1 and "portal" not in systems}


def system_words_in_pages(root: Path, words: set[str]) -> list[str]:
    """Such a word in the web or in a template: another system would show it, too."""
    pattern = re.compile("|".join(map(re.escape, sorted(words - EVERYDAY))) or r"(?!)")
    found = []
    for path in template_files(root):
        bare = _COMMENT.sub(
            lambda comment: "\n" * comment.group().count("\n"), path.read_text(encoding="utf-8")
        )
        found += [
            f"{path.relative_to(root)}:{number}"
            for number, line in enumerate(bare.splitlines(), 1)
            if pattern.search(line)
        ]
    for path in python_files("portal/web", root=root):
        tree = parsed(path)
        sentences = set(map(id, _docstrings(tree)))
        found += [
            f"{path.relative_to(root)}:{node.lineno}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in sentences
            if pattern.search(node.value)
        ]
    return found


def _labels(declared: list[dict[str, Any]]) -> Iterator[str]:
    for row in declared:
        yield from (row[name] for name in ("label", "group", "options_label") if name in row)
        yield from (choice["label"] for choice in row.get("options", []))


def _word(keys: set[str]) -> re.Pattern[str]:
    return re.compile(
        "|".join(rf"(?<![a-z0-9]){re.escape(key)}(?![a-z0-9])" for key in sorted(keys)) or r"(?!)", re.I
    )


def _docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    """Text that stands alone as a statement: it does nothing."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def test_systems_are_data() -> None:
    assert systems_in_code(ROOT, system_keys()) == [], "declare it in portal/systems/<key>.toml"
    assert systems_in_templates(ROOT, system_keys()) == []


def test_a_system_named_in_code_would_be_found(tmp_path: Path) -> None:
    planted(tmp_path, "portal/web/a.py", '"""About hwms."""\nif system.key == "hwms":\n    pass\n')
    planted(tmp_path, "portal/web/b.py", 'desk = "portal"\nif system.key in ("portal",):\n    pass\n')
    planted(tmp_path, "portal/web/c.py", 'address = f"/authority/hwms/{name}"\n')
    planted(tmp_path, "templates/a.html", "<p>\n{% if system.key == 'hwms' %}")
    assert systems_in_code(tmp_path, {"hwms", "portal"}) == [
        "portal/web/a.py:2",
        "portal/web/b.py:2",
        "portal/web/c.py:1",
    ]
    assert systems_in_templates(tmp_path, {"hwms", "portal"}) == ["templates/a.html:2"]


def test_words_of_one_system_stand_in_its_file() -> None:
    words = system_words(ROOT)
    assert {"物資類別", "醫事機構", "清潔隊", "瀏覽者", "猴痘"} <= words
    assert words >= EVERYDAY, "a word that no file declares any more needs no exception"
    assert system_words_in_pages(ROOT, words) == [], "take it from the system: a label, `heading`, a message"


def test_a_word_of_one_system_would_be_found(tmp_path: Path) -> None:
    rows = '[[permission]]\nlabel = "口罩"\ngroup = "物資類別"\noptions = [{ label = "猴痘" }]\n'
    both = '[[role]]\nlabel = "審核員"\n'
    planted(tmp_path, "portal/systems/a.toml", rows + both)
    planted(tmp_path, "portal/systems/b.toml", both)
    planted(tmp_path, "portal/systems/portal.toml", '[[unit_kind]]\nlabel = "服務台"\n')
    planted(tmp_path, "portal/web/a.py", '"""口罩."""\nlabel = "物資類別"\nname = "審核員"\n')
    planted(tmp_path, "portal/usecases/a.py", 'told = "口罩"\n')
    planted(tmp_path, "templates/a.html", "{# 口罩\n#}\n<p>服務台</p><p>猴痘</p>\n")
    words = system_words(tmp_path)
    assert words == {"口罩", "物資類別", "猴痘"}
    assert system_words_in_pages(tmp_path, words) == ["templates/a.html:3", "portal/web/a.py:2"]
