"""One official term, one English name: the glossary and the domain say the same."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.rig.tools import ROOT
from tests.rules.tree import planted, public_classes

DOMAIN = ROOT / "portal/domain"
PLUMBING = {"base.py"}
"""Declarative base and column types are no nouns of the trade."""
TERM = re.compile(r"[\u4e00-\u9fff]+")
ROW = re.compile(r"^\|\s*([^|]+?)\s*\|\s*`?([^|`]+?)`?\s*\|\s*([^|]+?)\s*\|\s*$")


def terms_in_code(folder: Path) -> dict[str, str | None]:
    """The Chinese term that each domain noun begins its docstring with."""
    found: dict[str, str | None] = {}
    for path, node in public_classes(folder):
        if path.name not in PLUMBING:
            term = TERM.match(ast.get_docstring(node) or "")
            found[node.name] = term.group() if term else None
    return found


def glossary(folder: Path) -> list[tuple[str, str, str]]:
    """Rows of the glossary: term, English name, meaning."""
    rows = [ROW.match(line) for line in (folder / "GLOSSARY.md").read_text(encoding="utf-8").splitlines()]
    told = [match.groups() for match in rows if match]
    return [
        (term, name, meaning)
        for term, name, meaning in told
        if not set(term) <= set("-: ") and term != "中文"
    ]


def disagreements(folder: Path) -> list[str]:
    code, rows = terms_in_code(folder), glossary(folder)
    found = [
        f"{name}: its docstring does not begin with the Chinese term"
        for name, term in code.items()
        if not term
    ]
    told = {name: term for term, name, _ in rows}
    for name, term in code.items():
        if term and told.get(name) != term:
            found.append(f"{name}: {term} in the code, {told.get(name, 'nothing')} in the glossary")
    nouns = [name for _, name, _ in rows if re.fullmatch(r"(?:[A-Z][a-z0-9]+)+", name)]
    found += [f"{name}: in the glossary, not in the domain" for name in nouns if name not in code]
    for words in ([term for term, _, _ in rows], [name for _, name, _ in rows]):
        found += [
            f"{word}: twice in the glossary" for word in sorted({w for w in words if words.count(w) > 1})
        ]
    return found


def test_the_glossary_and_the_domain_agree() -> None:
    assert glossary(DOMAIN), "portal/domain/GLOSSARY.md has no rows"
    assert disagreements(DOMAIN) == []


def test_a_noun_without_its_term_would_be_found(tmp_path: Path) -> None:
    head = "| 中文 | English | meaning |\n|---|---|---|\n"
    planted(tmp_path, "GLOSSARY.md", head + "| 帳號 | `Account` | a way in |\n| 單位 | `Gone` | no more |\n")
    planted(tmp_path, "account.py", 'class Account:\n    """帳號: a way in."""\n')
    assert disagreements(tmp_path) == ["Gone: in the glossary, not in the domain"]
    planted(tmp_path, "unit.py", 'class Unit:\n    """A place."""\nclass Grant:\n    """權限: may."""\n')
    planted(tmp_path, "review.py", 'class Account:\n    """帳戶: another word."""\n')
    planted(tmp_path, "GLOSSARY.md", head + "| 帳號 | `Account` | a way in |\n| 帳號 | open | a way in |\n")
    assert disagreements(tmp_path) == [
        "Unit: its docstring does not begin with the Chinese term",
        "Account: 帳戶 in the code, 帳號 in the glossary",
        "Grant: 權限 in the code, nothing in the glossary",
        "帳號: twice in the glossary",
    ]
