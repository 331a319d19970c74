"""What the tests need from the machine: found, or the test is skipped; with CI=true, failed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
IN_CI = os.environ.get("CI", "").lower() == "true"

WANT_OF_TOOL = ".ci/system-packages test installs it"
"""Part of every skip for want of a tool: the end of the run tells of them loudly."""


def without(what: str) -> NoReturn:
    """End the test for want of a tool: a failure in CI, a loud skip elsewhere."""
    sentence = f"needs {what}: {WANT_OF_TOOL}"
    if IN_CI:
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)


def chromium() -> Path:
    """The browser's program."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return Path(found)
    without("Chromium")


def postgresql_programs() -> Path:
    """The folder of `initdb` and `postgres`; the newest server installed."""
    for folder in _postgresql_folders():
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    without("a PostgreSQL server")


def _postgresql_folders() -> Iterator[Path]:
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(debian, key=lambda folder: float(folder.parent.name), reverse=True)
    if found := shutil.which("initdb"):
        yield Path(found).resolve().parent
