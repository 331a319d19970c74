"""Loading units from CSV, again and again without harm."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Final

from portal.domain.normalisation import refuse_controls, tidy
from portal.domain.refusal import Refusal
from portal.store.database import write
from portal.store.unit_batches import BATCH, UnitRow, keep_units
from portal.store.unit_search import (
    drop_closed_units,
    empty_index,
    expect_many,
    follow_rules,
    index_missing_units,
    tidy_index,
)

SEED: Final = Path(__file__).resolve().parents[2] / "store" / "seed" / "units.csv"
COLUMNS: Final = ("kind", "code", "name", "aliases", "county", "parent_code")
MORE_COLUMNS: Final = ("businesses", "closed_on")
"""A file may leave them out; then what is known of its units stays."""
_LIMITS: Final = (
    ("kind", 40), ("code", 40), ("name", 120), ("county", 10), ("aliases", 500), ("businesses", 500)
)  # fmt: skip
_NEEDED: Final = ("kind", "code", "name")


class BadUnitFile(Exception):
    """Nothing was loaded; the text names line and cure."""


@dataclass(frozen=True)
class Loaded:
    """How many units were new, changed and left as they were."""

    added: int
    changed: int
    unchanged: int


def load_units(path: Path = SEED, today: date = date.min) -> Loaded:
    """Add and update units by code; parents come before their children. All or nothing.

    A unit that moves under another parent keeps its path's number and takes its subtree along only
    by a reload, so moving is refused here with the reason. What is closed on `today` stays out of the
    search index; without it nothing counts as closed, and each search looks.
    """
    added = changed = unchanged = 0
    rows = _read_rows(path)
    with write() as session:
        expect_many(session)
        follow_rules(session)
        drop_closed_units(session, today)
        while batch := list(islice(rows, BATCH)):
            kept = keep_units(session, [row for _, row in batch], today)
            for at, problem in (
                (kept.no_parent, "parent {0.parent_code} comes later or not at all"),
                (kept.moved, "{0.code} has another parent; units cannot move"),
            ):
                if at:
                    line, row = batch[at[0]]
                    raise BadUnitFile(f"{path.name}, line {line}: {problem.format(row)}")
            added += kept.added
            changed += kept.changed
            unchanged += kept.unchanged
        found = index_missing_units(session, today)
        tidy_index(session, added + changed + found)
    return Loaded(added, changed, unchanged)


def index_units_anew(today: date) -> int:
    """Make the search index again from all units: after a change of what counts as alike."""
    with write() as session:
        expect_many(session)
        empty_index(session)
        count = index_missing_units(session, today)
        tidy_index(session, count)
    return count


def _read_rows(path: Path) -> Iterator[tuple[int, UnitRow]]:
    """Line and values of every row."""
    lines: dict[str, int] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        try:
            if missing := set(COLUMNS) - set(reader.fieldnames or ()):
                raise BadUnitFile(f"{path.name}: missing columns {', '.join(sorted(missing))}")
            untold = frozenset(MORE_COLUMNS) - set(reader.fieldnames or ())
            if path == SEED:  # every `prepare` loads it: other names that an operator's file gave stay
                untold |= {"aliases"}
            for row in reader:
                unit = replace(_read_row(path.name, reader.line_num, row), untold=untold)
                first = lines.setdefault(unit.code, reader.line_num)
                if first != reader.line_num:
                    problem = f"{unit.code} stands in line {first} already"
                    raise BadUnitFile(f"{path.name}, line {reader.line_num}: {problem}")
                yield reader.line_num, unit
        except UnicodeDecodeError:
            raise BadUnitFile(f"{path.name}: not UTF-8; save the file as CSV in UTF-8") from None
        except csv.Error as problem:
            raise BadUnitFile(f"{path.name}, line {reader.line_num}: {problem}") from None


def _read_row(file: str, number: int, row: dict[str, str | None]) -> UnitRow:
    if None in row:
        raise BadUnitFile(f"{file}, line {number}: more cells than columns; quote a cell that has a comma")
    cells = {key: tidy(row.get(key) or "") for key in (*COLUMNS, *MORE_COLUMNS)}
    for key, limit in _LIMITS:
        if key in _NEEDED and not cells[key]:
            raise BadUnitFile(f"{file}, line {number}: {key} is empty")
        if len(cells[key]) > limit:
            raise BadUnitFile(f"{file}, line {number}: {key} is longer than {limit} characters")
        try:
            refuse_controls(cells[key], key)
        except Refusal:
            raise BadUnitFile(f"{file}, line {number}: {key} holds control characters") from None
    try:
        closed_on = date.fromisoformat(cells["closed_on"]) if cells["closed_on"] else None
    except ValueError:
        problem = f"closed_on is {cells['closed_on']}; write a day as 2026-12-31"
        raise BadUnitFile(f"{file}, line {number}: {problem}") from None
    return UnitRow(
        kind=cells["kind"],
        code=cells["code"],
        name=cells["name"],
        aliases=_parts(cells["aliases"]),
        county=cells["county"] or None,
        parent_code=cells["parent_code"],
        businesses=_parts(cells["businesses"]) or None,
        closed_on=closed_on,
    )


def _parts(text: str) -> list[str]:
    return [tidy(part) for part in text.split(";") if tidy(part)]
