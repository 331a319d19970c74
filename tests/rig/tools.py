"""What the tests need from the machine: found, or the test is skipped; with CI=true, failed."""

from __future__ import annotations

import importlib.util
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
    """The browser's program; without its window frame a page costs a quarter of the processor."""
    for name in ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"):
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


def pcsc_daemon() -> Path:
    """The program that holds smart-card readers."""
    if found := shutil.which("pcscd", path=f"{os.environ.get('PATH', '')}:/usr/sbin"):
        return Path(found)
    without("pcscd")


def vpcd_driver() -> Path:
    """The driver of virtual readers."""
    for place in ("/usr/lib/pcsc", "/usr/local/lib/pcsc", "/usr/lib64/pcsc"):
        if (found := Path(place) / "drivers/serial/libifdvpcd.so").exists():
            return found
    without("vpcd")


def opensc_module() -> Path:
    """The PKCS#11 module that knows PIV cards."""
    return _module("opensc-pkcs11.so", "OpenSC's PKCS#11 module")


def opensc_tool() -> Path:
    """What writes certificates into tokens."""
    if found := shutil.which("pkcs11-tool"):
        return Path(found)
    without("pkcs11-tool")


def softhsm() -> tuple[Path, Path]:
    """SoftHSM's PKCS#11 module and its program."""
    if found := shutil.which("softhsm2-util"):
        return _module("libsofthsm2.so", "SoftHSM"), Path(found)
    without("SoftHSM")


def python_package(name: str) -> None:
    """A package of the extra `bridge`, which not every machine can build."""
    if importlib.util.find_spec(name) is None:
        without(f"the Python package {name}")


def _module(name: str, what: str) -> Path:
    for folder in ("/usr/lib", "/usr/local/lib", "/usr/lib64"):
        for place in (folder, f"{folder}/softhsm", f"{folder}/pkcs11"):
            if (Path(place) / name).exists():
                return Path(place) / name
        for found in Path(folder).glob(f"*/{name}"):
            return found
    without(what)
