"""Loading 醫事機構 from the list of the national health insurance, again and again without harm."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Final

from portal.domain.county import COUNTY_CODES, county_of_address
from portal.domain.institution import KIND, bureau_code, county_of_code, is_institution_code
from portal.domain.normalisation import plain, refuse_controls, search_key, tidy
from portal.domain.refusal import Refusal
from portal.store.database import write
from portal.store.unit_batches import BATCH, UnitRow, keep_units
from portal.store.unit_search import (
    drop_closed_units,
    expect_many,
    follow_rules,
    index_missing_units,
    tidy_index,
)
from portal.store.units import unit_by_code
from portal.usecases.operate.load_units import SEED, BadUnitFile

COLUMNS: Final = ("醫事機構代碼", "醫事機構名稱", "機構地址", "終止合約或歇業日期")
"""Columns that are read; the list has others, too."""
UNTOLD: Final = frozenset({"aliases", "businesses"})
"""The list knows nothing of these: what operators said of them stays."""
ALIASES: Final = SEED.with_name("hospital_aliases.csv")
LONGEST_NAME: Final = 120


class _Skipped(Exception):
    """A row that cannot be a unit; the text says why and what to do."""


@dataclass
class LoadedInstitutions:
    """How many were new, changed, left as they were; and rows left out, each with its line and cure."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    skipped: list[str] = field(default_factory=list)


def load_institutions(path: Path, today: date) -> LoadedInstitutions:
    """Add and update institutions by their code, below 衛生局 of their county.

    What one row lacks does not stop the others. Raises `BadUnitFile` when nothing can be loaded at all.
    """
    told = LoadedInstitutions()
    rows = _read_rows(path, told.skipped)
    with write() as session:
        missing = [
            code for code in map(bureau_code, COUNTY_CODES.values()) if not unit_by_code(session, code)
        ]
        if missing:
            raise BadUnitFile(
                f"{path.name}: no unit has the code {missing[0]} (衛生局, {len(missing)} of {len(COUNTY_CODES)} "
                "are missing); load them first with: flask portal load-units"
            )
        expect_many(session)
        follow_rules(session)
        drop_closed_units(session, today)
        while batch := list(islice(rows, BATCH)):
            kept = keep_units(session, [row for _, row in batch], today)
            told.added += kept.added
            told.changed += kept.changed
            told.unchanged += kept.unchanged
            told.skipped += [
                f"line {line}: {row.code} belongs to another county now; end it and give it a new code"
                for line, row in (batch[at] for at in kept.moved)
            ]
        found = index_missing_units(session, today)
        tidy_index(session, told.added + told.changed + found)
    return told


def _read_rows(path: Path, skipped: list[str]) -> Iterator[tuple[int, UnitRow]]:
    aliases = _hospital_aliases()
    lines: dict[str, int] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        try:
            if missing := [name for name in COLUMNS if name not in (reader.fieldnames or ())]:
                raise BadUnitFile(f"{path.name}: missing columns {', '.join(missing)}")
            for row in reader:
                line = reader.line_num
                try:
                    unit = _read_row(row, aliases)
                except _Skipped as problem:
                    skipped.append(f"line {line}: {problem}")
                    continue
                if (first := lines.setdefault(unit.code, line)) != line:
                    skipped.append(f"line {line}: {unit.code} stands in line {first} already; remove one")
                    continue
                yield line, unit
        except UnicodeDecodeError:
            raise BadUnitFile(f"{path.name}: not UTF-8; save the file as CSV in UTF-8") from None
        except csv.Error as problem:
            raise BadUnitFile(f"{path.name}, line {reader.line_num}: {problem}") from None


def _read_row(row: dict[str, str | None], aliases: dict[str, list[str]]) -> UnitRow:
    code, name, address, closed = (tidy(row[column] or "") for column in COLUMNS)
    code = plain(code).upper()
    if not is_institution_code(code):
        raise _Skipped(f"{code or 'an empty cell'} is no 醫事機構代碼; it has ten digits or capital letters")
    if not name or len(name) > LONGEST_NAME:
        raise _Skipped(f"{code} needs a name of 1 to {LONGEST_NAME} characters")
    try:
        refuse_controls(name, "name")
    except Refusal:
        raise _Skipped(f"the name of {code} holds control characters; type it anew") from None
    county = county_of_address(address) or county_of_code(code)
    if county is None:
        raise _Skipped(f"the address of {code} names no county; begin it with one, as 臺北市")
    return UnitRow(
        code=code,
        parent_code=bureau_code(COUNTY_CODES[county]),
        kind=KIND,
        name=name,
        aliases=aliases.get(search_key(name), []),
        county=county,
        closed_on=_day(code, plain(closed)),
        untold=UNTOLD,
    )


def _day(code: str, text: str) -> date | None:
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007  a day of the calendar
    except ValueError:
        raise _Skipped(f"{code} ends on {text}; write a day as 20261231") from None


def _hospital_aliases() -> dict[str, list[str]]:
    with ALIASES.open(encoding="utf-8", newline="") as file:
        return {search_key(row["name"]): row["aliases"].split(";") for row in csv.DictReader(file)}
