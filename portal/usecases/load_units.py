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
    with path.open(encoding="utf-8-sig", newline="") as file, write() as session:
        reader = csv.DictReader(file)
        if missing := set(COLUMNS) - set(reader.fieldnames or ()):
            raise BadUnitFile(f"{path.name}: missing columns {', '.join(sorted(missing))}")
        for number, row in enumerate(reader, 2):
            values = _read_row(path.name, number, row)
            parent_code = tidy(row["parent_code"] or "")
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


def _read_row(file: str, number: int, row: dict[str, str | None]) -> dict[str, Any]:
    cells = {key: tidy(row[key] or "") for key in COLUMNS}
    for key, limit in (("kind", 40), ("code", 40), ("name", 120), ("county", 10)):
        if key != "county" and not cells[key]:
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
