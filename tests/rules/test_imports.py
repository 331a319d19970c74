"""The import contracts of pyproject.toml hold, and each of them bites."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rig.tools import ROOT
from tests.rules.tree import planted

HOUSE = ("web", "usecases", "store", "mail", "proofs", "documents", "domain")

FLAWS = {
    "the domain looks up": ("portal/domain/a.py", "import portal.store"),
    "sideways": ("portal/store/a.py", "import portal.mail"),
    "a use-case looks up": ("portal/usecases/a.py", "import portal.web"),
    "web and cli are neighbours": ("portal/web/a.py", "import portal.cli"),
    "the bridge looks at the portal": ("portal/bridge.py", "import portal.domain"),
    "a package nobody listed": ("portal/shared/__init__.py", ""),
    "a zone looks at another": ("portal/web/public/a.py", "import portal.web.authority"),
    "the domain knows the web": ("portal/domain/a.py", "import flask"),
    "the domain reads from the network": ("portal/domain/a.py", "import socket"),
    "who is signed in, below the web": ("portal/usecases/a.py", "from flask_login import current_user"),
    "a form below the web": ("portal/mail/a.py", "import wtforms"),
    "a use-case knows Flask": ("portal/usecases/a.py", "from flask import g"),
}


def house(root: Path) -> Path:
    """An empty portal of the right shape, under the contracts of this one."""
    for package in (*HOUSE, "web/public", "web/authority"):
        planted(root, f"portal/{package}/__init__.py", "")
    for module in ("__init__", "cli", "config", "bridge"):
        planted(root, f"portal/{module}.py", "")
    shutil.copy(ROOT / "pyproject.toml", root)
    return root


def contracts_kept(root: Path) -> bool:
    program = Path(sys.executable).with_name("lint-imports")
    told = subprocess.run(
        [program, "--no-cache"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
    )
    assert "Contracts" in told.stdout, told.stdout + told.stderr
    return told.returncode == 0


def test_the_contracts_hold() -> None:
    assert contracts_kept(ROOT)


def test_an_empty_house_keeps_them(tmp_path: Path) -> None:
    assert contracts_kept(house(tmp_path))


@pytest.mark.parametrize("flaw", FLAWS)
def test_each_contract_bites(flaw: str, tmp_path: Path) -> None:
    place, line = FLAWS[flaw]
    planted(house(tmp_path), place, line + "\n")
    assert not contracts_kept(tmp_path)
