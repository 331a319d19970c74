"""Reads the system files; what is wrong in one is said with file, line and cure."""

from __future__ import annotations

import dataclasses
import re
import tomllib
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal, Union

from portal.domain.system import Field, InformationSystem

FOLDER: Final = Path(__file__).resolve().parent.parent / "systems"

NEEDED: Final = {
    "captcha": "captcha",
    "unit": "unit",
    "email": "email",
    "person-name": "name",
    "permissions": "permissions",
    "consent": "consent",
}
"""Types of field that every application has, and the key each is known by."""
NEEDED_FOR_PASSWORD: Final = {"password": "password", "password-again": "password_again"}
KNOWN_BY: Final = {
    **NEEDED, **NEEDED_FOR_PASSWORD, "account-kind": "account_kind", "personal-number": "personal_number",
}  # fmt: skip
"""The key of every type that an application has once; of e-mail addresses there may be others."""
LONGEST_NAME: Final = 60


class BadSystemFile(Exception):
    """The portal does not start with this file; the text names file, line and cure."""


def read_system_files(folder: Path = FOLDER) -> dict[str, InformationSystem]:
    """All systems by key (the file's name), in alphabetical order."""
    return {path.stem: read_system_file(path) for path in sorted(folder.glob("*.toml"))}


def read_system_file(path: Path) -> InformationSystem:
    """One system; raises `BadSystemFile`."""
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8")
        table = tomllib.loads(text)
    except UnicodeDecodeError as problem:
        line = raw.count(b"\n", 0, problem.start) + 1
        raise BadSystemFile(f"{path.name}, line {line}: not UTF-8; save the file as UTF-8") from None
    except tomllib.TOMLDecodeError as problem:
        raise BadSystemFile(f"{path.name}: {problem}. Correct the TOML there.") from None
    reader = _Reader(path.name, text.splitlines())
    system: InformationSystem = reader.build(InformationSystem, {"key": path.stem, **table}, "")
    if "password" in system.sign_in and "password" not in table:
        reader.fail("", "password is missing; add it, or sign in without")
    reader.check_references(system)
    reader.check_rules(system)
    if system.step:
        reader.check_application(system)
    return system


class _Reader:
    def __init__(self, file: str, lines: list[str]) -> None:
        self.file, self.lines = file, lines

    def fail(self, place: str, problem: str, word: str = "") -> typing.NoReturn:
        raise BadSystemFile(f"{self.file}, line {self.line_of(place, word)}: {problem}")

    def line_of(self, place: str, word: str) -> int:
        """Where `place` (`step[0].field[3].label`) stands in the text, and in it the word."""
        first, last, table = 0, len(self.lines), ""
        for name, number in re.findall(r"([\w-]+)(?:\[(\d+)\])?", place):
            table = f"{table}.{name}" if table else name
            index = int(number or 0)
            headers = [n for n in range(first, last) if re.match(rf"\[+{re.escape(table)}\]", self.lines[n])]
            if index < len(headers):
                first = headers[index]
                others = (n for n in range(first + 1, last) if re.match(r"\[", self.lines[n]))
                last = next(
                    (n for n in others if not self.lines[n].lstrip("[").startswith(f"{table}.")), last
                )
                continue
            key = re.compile(rf"(?:^|[{{,])\s*{re.escape(name)}\s*=")
            first = next((n for n in range(first, last) if key.search(self.lines[n])), first)
            next_key = (n for n in range(first + 1, last) if re.match(r"[\w-]+\s*=|\[", self.lines[n]))
            last = next(next_key, last)
            inner = [n for n in range(first, last) for _ in range(self.lines[n].count("{"))]
            first = inner[index] if number and index < len(inner) else first
        found = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])")
        return 1 + next((n for n in range(first, last) if word and found.search(self.lines[n])), first)

    def build(self, kind: Any, value: Any, place: str) -> Any:
        """`value` as an instance of `kind`, checked; `place` is its address in the file."""
        if not isinstance(value, dict):
            self.fail(place, f"{place} must be a table")
        known = {field.name: field for field in dataclasses.fields(kind)}
        hints = typing.get_type_hints(kind)
        inside = f"{place}." if place else ""
        for key in value:
            if key not in known:
                self.fail(place, f"{inside}{key} is not known; use one of: {', '.join(sorted(known))}", key)
        answers = {}
        for name, field in known.items():
            if name in value:
                answers[name] = self.read(hints[name], value[name], f"{inside}{name}")
            elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
                self.fail(place, f"{inside}{name} is missing; add it")
        return kind(**answers)

    def read(self, hint: Any, value: Any, place: str) -> Any:
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin in (Union, types.UnionType):
            inner = next(argument for argument in arguments if argument is not type(None))
            return None if value in (None, "") else self.read(inner, value, place)
        if origin is Literal:
            if value not in arguments:
                shown = ", ".join(map(str, arguments))
                self.fail(place, f"{place} is {value!r}; use one of: {shown}", str(value))
            return value
        if origin is tuple:
            return self.read_list(arguments, value, place)
        if dataclasses.is_dataclass(hint):
            return self.build(hint, value, place)
        wanted = origin or hint
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            self.fail(place, f"{place} must be {wanted.__name__}, not {value!r}")
        if wanted is dict:
            return {key: self.read(arguments[1], item, f"{place}.{key}") for key, item in value.items()}
        return value

    def read_list(self, arguments: tuple[Any, ...], value: Any, place: str) -> tuple[Any, ...]:
        if not isinstance(value, list):
            self.fail(place, f"{place} must be a list")
        if arguments[-1] is not Ellipsis and len(value) != len(arguments):
            self.fail(place, f"{place} must have {len(arguments)} values")
        return tuple(self.read(arguments[0], item, f"{place}[{n}]") for n, item in enumerate(value))

    def check_references(self, system: InformationSystem) -> None:
        """What one part of the file says of another must be there."""
        kinds = {kind.key for kind in system.unit_kind}
        parts = [
            (f"account_kind[{n}]", part.key, part.unit_kinds) for n, part in enumerate(system.account_kind)
        ]
        parts += [(f"permission[{n}]", part.key, part.unit_kinds) for n, part in enumerate(system.permission)]
        keys = [(place, place.partition("[")[0].replace("_", " "), key) for place, key, _ in parts]
        keys += [(f"unit_kind[{n}]", "unit kind", part.key) for n, part in enumerate(system.unit_kind)]
        keys += [(place, "field", field.key) for place, field in _fields(system)]
        seen = set()
        for place, label, key in keys:
            if (label, key) in seen:
                self.fail(place, f"{label} {key!r} is declared twice; give one another key", key)
            seen.add((label, key))
        for place, key, unit_kinds in parts:
            for kind in unit_kinds:
                if kind not in kinds:
                    problem = f"{key}: unit kind {kind!r} is not declared; add a [[unit_kind]]"
                    self.fail(place, problem, kind)

    def check_rules(self, system: InformationSystem) -> None:
        """Rules that can be kept."""
        for n, offer in enumerate(system.permission):
            needs = offer.needs_business
            if needs and not any(needs in kind.businesses for kind in system.unit_kind):
                problem = f"{offer.key}: no unit kind has the business {needs!r}; add it to one"
                self.fail(f"permission[{n}]", problem, needs)
        if system.review.per == "request" and not system.reviewing_roles():
            self.fail("review.per", "review.per is 'request' but no [[role]] has reviews = true; add one")
        self.check_second_proof(system)
        if system.dormancy and any(not 0 < day < system.dormancy.days for day in system.dormancy.warn_before):
            self.fail("dormancy.warn_before", "dormancy.warn_before must lie between 1 and dormancy.days")
        if system.expiry and system.expiry.days < 1:
            self.fail("expiry.days", "expiry.days must be 1 or more")
        if "moeaca" in system.card.profiles:  # it proves a company, and no account has one to compare it with
            problem = (
                "moeaca would let any company's card open an account; take it out until 統一編號 are kept"
            )
            self.fail("card.profiles", problem, "moeaca")
        low, high = system.password.length
        if not 8 <= low <= high <= 128:
            self.fail("password.length", "password.length must lie between 8 and 128, the smaller first")

    def check_second_proof(self, system: InformationSystem) -> None:
        """A second proof is asked beside a password, of somebody, who can always add one."""
        asked = system.second_proof
        if not asked:
            return
        problem = ""
        if "password" not in system.sign_in:
            problem = "second_proof goes with a password; take it away, or add 'password' to sign_in"
        elif "authenticator" not in asked:
            problem = "second_proof lacks 'authenticator', so who has no card could not begin; add it"
        elif "card" in asked and "card" not in system.sign_in:
            problem = "second_proof has 'card' but sign_in has not; add it there, or take it away here"
        elif "card" in system.sign_in and "card" not in asked:
            problem = "second_proof lacks 'card', which signs in by itself; add it, or take it from sign_in"
        elif not (system.reviewing_kinds() or system.reviewing_roles()):
            problem = "second_proof is asked of who reviews, and nobody does; take it away"
        if problem:
            self.fail("second_proof", problem)

    def check_application(self, system: InformationSystem) -> None:
        """Every application asks for the same few things, under the same keys."""
        needed = dict(NEEDED)
        if "password" in system.sign_in:
            needed |= NEEDED_FOR_PASSWORD
        if len(system.account_kind) > 1:
            needed["account-kind"] = KNOWN_BY["account-kind"]
        for missing in sorted(needed.keys() - {field.type for field in system.fields()}):
            self.fail("step", f"no field of type {missing!r}; every application needs one")
        seen: set[str] = set()
        for place, field in _fields(system):
            key = KNOWN_BY.get(field.type, field.key)
            again = field.type == "email" and field.type in seen
            seen.add(field.type)
            if field.key != key and not again:
                problem = f"a field of type {field.type!r} has the key {field.key!r}; call it {key!r}"
                self.fail(place, problem, field.key)
            if field.type == "person-name" and field.max > LONGEST_NAME:
                self.fail(f"{place}.max", f"{place}.max must be {LONGEST_NAME} at most, not {field.max}")
        if not system.notice:
            self.fail("step", "a consent is asked for but there is no [notice]; add one", "consent")


def _fields(system: InformationSystem) -> Iterator[tuple[str, Field]]:
    """Every field with its place in the file."""
    for n, step in enumerate(system.step):
        for m, field in enumerate(step.field):
            yield f"step[{n}].field[{m}]", field
