"""Reads the system files; what is wrong in one is said with file, line and cure."""

from __future__ import annotations

import dataclasses
import re
import tomllib
import types
import typing
from pathlib import Path
from typing import Any, Final, Literal, Union

from portal.domain.system import InformationSystem

FOLDER: Final = Path(__file__).resolve().parent.parent / "systems"


class BadSystemFile(Exception):
    """The portal does not start with this file; the text names file, line and cure."""


def read_system_files(folder: Path = FOLDER) -> dict[str, InformationSystem]:
    """All systems by key (the file's name), in alphabetical order."""
    return {path.stem: read_system_file(path) for path in sorted(folder.glob("*.toml"))}


def read_system_file(path: Path) -> InformationSystem:
    """One system; raises `BadSystemFile`."""
    text = path.read_text(encoding="utf-8")
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise BadSystemFile(f"{path.name}: {problem}. Correct the TOML there.") from None
    reader = _Reader(path.name, text.splitlines())
    system: InformationSystem = reader.build(InformationSystem, {"key": path.stem, **table}, "", "")
    reader.check_references(system)
    return system


class _Reader:
    def __init__(self, file: str, lines: list[str]) -> None:
        self.file, self.lines = file, lines

    def fail(self, word: str, problem: str) -> typing.NoReturn:
        pattern = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])")
        line = next((n for n, text in enumerate(self.lines, 1) if word and pattern.search(text)), 1)
        raise BadSystemFile(f"{self.file}, line {line}: {problem}")

    def build(self, kind: Any, value: Any, word: str, place: str) -> Any:
        """`value` as an instance of `kind`, checked; `place` is its address in the file."""
        if not isinstance(value, dict):
            self.fail(word, f"{place or 'the file'} must be a table")
        known = {field.name: field for field in dataclasses.fields(kind)}
        hints = typing.get_type_hints(kind)
        for key in value:
            if key not in known:
                self.fail(key, f"{place}{key} is not known; use one of: {', '.join(sorted(known))}")
        answers = {}
        for name, field in known.items():
            if name in value:
                answers[name] = self.read(hints[name], value[name], name, f"{place}{name}")
            elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
                self.fail(word, f"{place}{name} is missing; add it")
        return kind(**answers)

    def read(self, hint: Any, value: Any, word: str, place: str) -> Any:
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin in (Union, types.UnionType):
            inner = next(argument for argument in arguments if argument is not type(None))
            return None if value in (None, "") else self.read(inner, value, word, place)
        if origin is Literal:
            if value not in arguments:
                shown = ", ".join(map(str, arguments))
                self.fail(str(value), f"{place} is {value!r}; use one of: {shown}")
            return value
        if origin is tuple:
            return self.read_list(arguments, value, word, place)
        if dataclasses.is_dataclass(hint):
            return self.build(hint, value, word, f"{place}.")
        wanted = origin or hint
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            self.fail(word, f"{place} must be {wanted.__name__}, not {value!r}")
        return value

    def read_list(self, arguments: tuple[Any, ...], value: Any, word: str, place: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            self.fail(word, f"{place} must be a list")
        if arguments[-1] is not Ellipsis and len(value) != len(arguments):
            self.fail(word, f"{place} must have {len(arguments)} values")
        return tuple(self.read(arguments[0], item, word, f"{place}[{n}]") for n, item in enumerate(value))

    def check_references(self, system: InformationSystem) -> None:
        """What one part of the file says of another must be there."""
        kinds = {kind.key for kind in system.unit_kind}
        parts = [(part.key, part.unit_kinds) for part in system.account_kind]
        parts += [(part.key, part.unit_kinds) for part in system.permission]
        for key, unit_kinds in parts:
            for kind in unit_kinds:
                if kind not in kinds:
                    self.fail(kind, f"{key}: unit kind {kind!r} is not declared; add a [[unit_kind]]")
        for label, keys in (
            ("permission", [part.key for part in system.permission]),
            ("account kind", [part.key for part in system.account_kind]),
            ("unit kind", [part.key for part in system.unit_kind]),
            ("field", [part.key for part in system.fields()]),
        ):
            twice = next((key for key in keys if keys.count(key) > 1), None)
            if twice:
                self.fail(twice, f"{label} {twice!r} is declared twice; give one another key")
        needed = {"email", "unit", "account-kind", "password", "consent"} if system.step else set()
        for missing in sorted(needed - {field.type for field in system.fields()}):
            self.fail("step", f"no field of type {missing!r}; every application needs one")
        if system.step and not system.notice:
            self.fail("consent", "a consent is asked for but there is no [notice]; add one")
        low, high = system.password.length
        if not 8 <= low <= high <= 128:
            self.fail("length", "password.length must lie between 8 and 128, the smaller first")
