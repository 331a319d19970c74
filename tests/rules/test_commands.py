"""The commands people type: `make` lists them, and what is missing is named before anything is tried."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.rig.tools import ROOT

PROMISED = {"run", "test", "check", "bench", "fix"}


def test_make_alone_lists_the_targets() -> None:
    told = subprocess.run(["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"^  make (\w+)", told, re.M)) >= PROMISED


def test_only_make_run_turns_the_demonstration_on() -> None:
    recipes = re.split(r"^(?=[\w./-]+:)", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.M)
    assert [recipe.split(":")[0] for recipe in recipes if "PORTAL_DEMO" in recipe] == ["run"]


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    told = look_around(tmp_path, "python3")
    assert told.returncode == 1
    assert "missing: npm" in told.stdout
    assert "apt-get install npm" in told.stderr


def test_a_machine_without_python_is_told_so(tmp_path: Path) -> None:
    told = look_around(tmp_path)
    assert told.returncode == 1
    assert "Python 3.11 or newer" in told.stdout


def test_an_old_python_is_refused(tmp_path: Path) -> None:
    old = tmp_path / "bin/python3"
    old.parent.mkdir()
    stub(old, '[ "$1" = --version ] && echo Python 3.9.2\nexit 1')
    told = look_around(tmp_path)
    assert told.returncode == 1
    assert "Python 3.9.2; the portal needs 3.11 or newer" in told.stderr


def test_one_package_that_there_is_not_keeps_no_other_away(tmp_path: Path) -> None:
    asked, programs = tmp_path / "asked", tmp_path / "bin"
    programs.mkdir()
    stub(programs / "id", "echo 0")
    stub(programs / "apt-get", f'echo "$@" >>{asked}; case " $* " in *" opensc "*) exit 100;; esac')
    told = look_around(tmp_path, "python3", "mktemp", "rm", "tail", "env", "find", "grep", purpose="test")
    assert "could not install: opensc\n" in told.stderr
    assert "still missing: npm" in told.stderr
    update, together, *singly = asked.read_text().splitlines()
    assert update.endswith("update")
    packages = together.partition(" install ")[2].split()
    assert {"npm", "opensc", "poppler-utils"} <= set(packages)
    assert [line.partition(" install ")[2] for line in singly] == packages


def stub(path: Path, script: str) -> None:
    """A program that does this."""
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def look_around(folder: Path, *present: str, purpose: str = "run") -> subprocess.CompletedProcess[str]:
    """Run the script on a machine with nothing but a shell's own commands and those `present`."""
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    for name in {"ls", "id", *present} - {path.name for path in programs.iterdir()}:
        found = sys.executable if name == "python3" else shutil.which(name)
        assert found
        (programs / name).symlink_to(Path(found).resolve())
    environment = {"PATH": str(programs), "HOME": os.environ.get("HOME", "/")}
    return subprocess.run(
        [ROOT / ".ci/system-packages", purpose], env=environment, capture_output=True, text=True
    )
