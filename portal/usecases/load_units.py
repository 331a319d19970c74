"""Loading units from CSV, again and again without harm."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from portal.domain.normalisation import refuse_controls, tidy
from portal.domain.refusal import Refusal
from portal.domain.unit import Unit
from portal.store.database import write
from portal.store.units import add_unit, unit_by_code

SEED: Final = Path(__file__).resolve().parent.parent / "store" / "seed" / "units.csv"
COLUMNS: Final = ("kind", "code", "name", "aliases", "county", "parent_code")


class BadUnitFile(Exception):
    """Nothing was loaded; the text names line and cure."""


@dataclass(frozen=True)
class Loaded:
    """How many units were new, changed and left as they were."""

    added: int
    changed: int
    unchanged: int


def load_units(path: Path = SEED) -> Loaded:
    """Add and update units by code; parents come before their children. All or nothing.

    A unit that moves under another parent keeps its path's number and takes its subtree along only
    by a reload, so moving is refused here with the reason.
    """
    added = changed = unchanged = 0
    rows = _read_rows(path)
    with write() as session:
        for number, parent_code, values in rows:
            parent = unit_by_code(session, parent_code) if parent_code else None
            if parent_code and parent is None:
                raise BadUnitFile(
                    f"{path.name}, line {number}: parent {parent_code} comes later or not at all"
                )
            unit = unit_by_code(session, values["code"])
            if unit is None:
                add_unit(session, Unit(**values), parent)
                added += 1
            elif unit.parent_id != (parent.id if parent else None):
                raise BadUnitFile(
                    f"{path.name}, line {number}: {unit.code} has another parent; units cannot move"
                )
            elif any(getattr(unit, key) != value for key, value in values.items()):
                for key, value in values.items():
                    setattr(unit, key, value)
                changed += 1
            else:
                unchanged += 1
    return Loaded(added, changed, unchanged)


def _read_rows(path: Path) -> list[tuple[int, str, dict[str, Any]]]:
    """Line, parent's code and values of every row."""
    rows: list[tuple[int, str, dict[str, Any]]] = []
    lines: dict[str, int] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        try:
            if missing := set(COLUMNS) - set(reader.fieldnames or ()):
                raise BadUnitFile(f"{path.name}: missing columns {', '.join(sorted(missing))}")
            for row in reader:
                values = _read_row(path.name, reader.line_num, row)
                first = lines.setdefault(values["code"], reader.line_num)
                if first != reader.line_num:
                    problem = f"{values['code']} stands in line {first} already"
                    raise BadUnitFile(f"{path.name}, line {reader.line_num}: {problem}")
                rows.append((reader.line_num, tidy(row["parent_code"] or ""), values))
        except UnicodeDecodeError:
            raise BadUnitFile(f"{path.name}: not UTF-8; save the file as CSV in UTF-8") from None
        except csv.Error as problem:
            raise BadUnitFile(f"{path.name}, line {reader.line_num}: {problem}") from None
    return rows


def _read_row(file: str, number: int, row: dict[str, str | None]) -> dict[str, Any]:
    if None in row:
        raise BadUnitFile(f"{file}, line {number}: more cells than columns; quote a cell that has a comma")
    cells = {key: tidy(row[key] or "") for key in COLUMNS}
    for key, limit in (("kind", 40), ("code", 40), ("name", 120), ("county", 10), ("aliases", 500)):
        if key not in ("county", "aliases") and not cells[key]:
            raise BadUnitFile(f"{file}, line {number}: {key} is empty")
        if len(cells[key]) > limit:
            raise BadUnitFile(f"{file}, line {number}: {key} is longer than {limit} characters")
        try:
            refuse_controls(cells[key], key)
        except Refusal:
            raise BadUnitFile(f"{file}, line {number}: {key} holds control characters") from None
    return {
        "kind": cells["kind"],
        "code": cells["code"],
        "name": cells["name"],
        "aliases": [tidy(alias) for alias in cells["aliases"].split(";") if tidy(alias)],
        "county": cells["county"] or None,
    }
