"""What the program is told when it starts: command line, or a TOML file with the same words."""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

OFFICIAL_PORT: Final = 61161
ORIGIN: Final = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::\d{1,5})?", re.ASCII)
MODULES: Final = {
    "linux": [
        "/usr/lib/HiPKILocalSignServer/libHicos_p11v1.so",
        "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so",
        "/usr/lib/aarch64-linux-gnu/opensc-pkcs11.so",
        "/usr/lib64/opensc-pkcs11.so",
    ],
    "darwin": ["/Library/OpenSC/lib/opensc-pkcs11.so", "/opt/homebrew/lib/opensc-pkcs11.so"],
    "win32": [
        r"C:\Windows\System32\HiCOSPKCS11.dll",
        r"C:\Program Files\OpenSC Project\OpenSC\pkcs11\opensc-pkcs11.dll",
    ],
}
"""Where PKCS#11 modules usually lie; `--module` names another."""


@dataclass(frozen=True, slots=True)
class Options:
    """How the bridge runs; `module` says nothing when `demo` is set."""

    origins: tuple[str, ...]
    module: Path
    demo: Path | None
    port: int
    tries: int


def read_options(arguments: Sequence[str]) -> Options:
    """Raises `SystemExit` with a sentence when something is missing or wrong."""
    parser = _parser()
    given = parser.parse_args(arguments)
    told = _config(parser, given.config) if given.config else {}
    origins = (given.origin or []) + told.get("origin", [])
    for origin in origins:
        if not ORIGIN.fullmatch(origin):
            parser.error(f"--origin {origin!r} is no origin: write it like https://portal.example.gov.tw")
    if not origins:
        parser.error("name the site that may use the cards: --origin https://portal.example.gov.tw")
    demo = given.demo or _path(told.get("demo"))
    module = None if demo else given.module or _path(told.get("module")) or _usual_module()
    if demo and not demo.is_dir():
        parser.error(f"--demo {demo}: there is no such folder")
    if not demo and not (module and module.is_file()):
        parser.error(f"no PKCS#11 module found{f' at {module}' if module else ''}; name it with --module")
    port = _number(parser, "port", given.port, told, OFFICIAL_PORT, 65535)
    return Options(
        tuple(dict.fromkeys(origins)),
        module or Path(),
        demo,
        port,
        _number(parser, "tries", given.tries, told, 3, 15),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m portal.bridge", description="A reader bridge for certificate cards (see docs/bridge.md)."
    )
    parser.add_argument("--origin", action="append", help="a site that may use the cards; repeatable")
    parser.add_argument("--config", type=Path, help="TOML file: origin = […], module, demo, port, tries")
    parser.add_argument("--module", type=Path, help="PKCS#11 module of the card")
    parser.add_argument("--demo", type=Path, help="a folder of demonstration cards, instead of a module")
    parser.add_argument("--port", type=int, help=f"{OFFICIAL_PORT} is where pages look")
    parser.add_argument("--tries", type=int, help="PIN tries of such a card (3); 0: not known")
    return parser


def _config(parser: argparse.ArgumentParser, file: Path) -> dict[str, Any]:
    kinds = {"origin": list, "module": str, "demo": str, "port": int, "tries": int}
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        parser.error(f"--config {file}: {problem}")
    for name, value in told.items():
        if name not in kinds or not isinstance(value, kinds[name]):
            parser.error(f"--config {file}: {name} is not known, or not of the right kind")
    if not all(isinstance(origin, str) for origin in told.get("origin", [])):
        parser.error(f"--config {file}: origin is a list of texts")
    return told


def _number(
    parser: argparse.ArgumentParser,
    name: str,
    given: int | None,
    told: dict[str, Any],
    usual: int,
    largest: int,
) -> int:
    value = given if given is not None else told.get(name, usual)
    if not 0 <= value <= largest:
        parser.error(f"--{name} {value}: 0 to {largest}")
    return int(value)


def _usual_module() -> Path | None:
    places = map(Path, MODULES.get(sys.platform, []))
    return next((place for place in places if place.is_file()), None)


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None
