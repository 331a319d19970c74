"""The README's table of settings is the settings."""

from __future__ import annotations

import dataclasses
import re

from portal.config import Settings
from tests.rig.tools import ROOT

ROW = re.compile(r"^\|\s*`([A-Z][A-Z0-9_]+)`\s*\|(.+)\|\s*$", re.M)


def told(text: str) -> list[str]:
    """The settings named in the first column of a table; each row must say something of them."""
    return [name for name, rest in ROW.findall(text) if rest.strip(" |")]


def test_the_readme_tells_every_setting_and_no_other() -> None:
    names = told((ROOT / "README.md").read_text(encoding="utf-8"))
    assert sorted(names) == sorted(field.name.upper() for field in dataclasses.fields(Settings))


def test_a_setting_without_a_word_would_be_missed() -> None:
    assert told("| `A_SETTING` | what it does | 5 |\n| `SILENT` | | |\n| word | `NOT_THIS` |\n") == [
        "A_SETTING"
    ]
