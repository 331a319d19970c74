"""Units from CSV: again and again without harm; a wrong file changes nothing and says where it is wrong."""

from __future__ import annotations

import csv
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.domain.unit import Unit
from portal.store.database import read
from portal.store.units import unit_by_code, units_below
from portal.usecases.operate.load_units import SEED, BadUnitFile, Loaded, load_units
from tests.rig.acts import more_rows, row_counts

HEAD = "kind,code,name,aliases,county,parent_code\n"
GOOD = "county-bureau,EPB-99999,測試縣環保局,測試縣環境保護局;測環局,測試縣,MOENV\n"
BAD = {
    "a missing column": ("kind,code,name,aliases,county\nx,X-1,一,,\n", "missing columns parent_code"),
    "nothing": ("", "missing columns aliases, code, county, kind, name, parent_code"),
    "no kind": (f"{HEAD},X-1,一,,,\n", "line 2: kind is empty"),
    "no code": (f"{HEAD}x, ,一,,,\n", "line 2: code is empty"),
    "no name": (f"{HEAD}x,X-1,　,,,\n", "line 2: name is empty"),
    "a short row": (f"{HEAD}x,X-1\n", "line 2: name is empty"),
    "a long row": (f"{HEAD}x,X-1,一,,,,more\n", "line 2: more cells than columns"),
    "a long name": (f"{HEAD}x,X-1,{'一' * 121},,,\n", "line 2: name is longer than 120 characters"),
    "a long code": (f"{HEAD}x,{'X' * 41},一,,,\n", "line 2: code is longer than 40 characters"),
    "a long county": (f"{HEAD}x,X-1,一,,{'縣' * 11},\n", "line 2: county is longer than 10 characters"),
    "a character nobody sees": (f"{HEAD}x,X-1,一\u202e二,,,\n", "line 2: name holds control characters"),
    "aliases without end": (f"{HEAD}x,X-1,一,{'二;' * 300},,\n", "line 2: aliases is longer than 500 characters"),
    "an alias nobody sees": (f"{HEAD}x,X-1,一,二\u200b,,\n", "line 2: aliases holds control characters"),
    "a parent that is nowhere": (f"{HEAD}x,X-1,一,,,X-0\n", "line 2: parent X-0 comes later or not at all"),
    "a parent that comes later": (f"{HEAD}{GOOD}x,X-2,二,,,X-1\nx,X-1,一,,,\n", "line 3: parent X-1 comes later"),
    "its own parent": (f"{HEAD}x,X-1,一,,,X-1\n", "line 2: parent X-1 comes later or not at all"),
    "another parent": (f"{HEAD}{GOOD}cleaning-team,CT-65000010,板橋區,,新北市,MOENV\n", "line 3: CT-65000010 has"),
    "a code twice": (f"{HEAD}{GOOD}{GOOD}", "line 3: EPB-99999 stands in line 2 already"),
}  # fmt: skip


def write(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    file = tmp_path / "units.csv"
    file.write_text(text, encoding=encoding, newline="")
    return file


def test_a_wrong_file_loads_nothing_and_says_where_it_is_wrong(app, tmp_path):
    with app.app_context():
        before = row_counts()
        for text, said in BAD.values():
            with pytest.raises(BadUnitFile, match=rf"^units\.csv.*{re.escape(said)}"):
                load_units(write(tmp_path, text))
        assert more_rows(before) == {}


@pytest.mark.parametrize("encoding", ["big5", "utf-16"])
def test_a_file_that_is_no_utf_8(app, tmp_path, encoding):
    with app.app_context(), pytest.raises(BadUnitFile, match=r"units\.csv.*UTF-8"):
        load_units(write(tmp_path, HEAD + GOOD, encoding))


def test_a_cell_as_large_as_a_book(app, tmp_path):
    with app.app_context(), pytest.raises(BadUnitFile, match=r"units\.csv, line \d"):
        load_units(write(tmp_path, f"{HEAD}x,X-1,{'一' * 200_000},,,\n"))


def test_loading_again_changes_nothing(app):
    with app.app_context():
        before = row_counts()
        assert load_units() == Loaded(0, 0, 419)
        assert more_rows(before) == {}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_new_and_changed_units_find_their_place(app, tmp_path, encoding, line_end):
    team = "cleaning-team,CT-99999010,甲區清潔隊,,測試縣,EPB-99999\n"
    changed = "county-bureau,EPB-65000, 新北市政府環境局 ,新北環保局; ;環保局,新北市,MOENV\n"
    file = write(tmp_path, (HEAD + GOOD + team + changed).replace("\n", line_end), encoding)
    with app.app_context():
        path = unit_by_code(read(), "EPB-65000").path
        assert load_units(file) == Loaded(2, 1, 0)
        new = unit_by_code(read(), "EPB-99999")
        assert [unit.code for unit in units_below(read(), new.path)] == ["EPB-99999", "CT-99999010"]
        assert new.aliases == ["測試縣環境保護局", "測環局"]
        old = unit_by_code(read(), "EPB-65000")
        assert (old.name, old.aliases, old.path) == ("新北市政府環境局", ["新北環保局", "環保局"], path)
        assert load_units(file) == Loaded(0, 0, 3)


def test_businesses_and_a_day_of_closing_may_be_told(app, tmp_path):
    head = HEAD.replace("\n", ",businesses,closed_on\n")
    rows = "health-bureau,HB-1,一,,,,ppe; antivenoms ,2026-12-31\nhealth-bureau,HB-2,二,,,,,\n"
    with app.app_context():
        assert load_units(write(tmp_path, head + rows)) == Loaded(2, 0, 0)
        one, other = unit_by_code(read(), "HB-1"), unit_by_code(read(), "HB-2")
        assert (one.businesses, one.closed_on) == (["ppe", "antivenoms"], date(2026, 12, 31))
        assert (other.businesses, other.closed_on) == (None, None)
        assert load_units(write(tmp_path, head + rows)) == Loaded(0, 0, 2)
        with pytest.raises(BadUnitFile, match="line 2: closed_on is 115/1/1; write a day as 2026-12-31"):
            load_units(write(tmp_path, head + "health-bureau,HB-3,三,,,,,115/1/1\n"))


def facts(code: str) -> Any:
    read().rollback()
    unit = unit_by_code(read(), code)
    return unit.name, unit.aliases, unit.businesses, unit.closed_on


def test_a_column_that_a_file_does_not_have_leaves_what_is_known(app, tmp_path):
    head = HEAD.replace("\n", ",businesses,closed_on\n")
    row = "health-bureau,HB-1,一,甲;乙,,"
    with app.app_context():
        load_units(write(tmp_path, f"{head}{row},ppe,2026-12-31\n"))
        assert load_units(write(tmp_path, f"{HEAD}{row}\n")) == Loaded(0, 0, 1)
        assert load_units(write(tmp_path, f"{HEAD}{row.replace('一', '二')}\n")) == Loaded(0, 1, 0)
        assert facts("HB-1") == ("二", ["甲", "乙"], ["ppe"], date(2026, 12, 31))
        no_day = HEAD.replace("\n", ",businesses\n")
        assert load_units(write(tmp_path, f"{no_day}health-bureau,HB-1,二,,,,\n")) == Loaded(0, 1, 0)
        assert facts("HB-1") == ("二", [], None, date(2026, 12, 31)), "an empty cell says something"


def test_the_seed_keeps_what_an_operator_said_of_its_units(app, tmp_path):
    head = HEAD.replace("\n", ",businesses,closed_on\n")
    row = "health-bureau,HB-65000,新北市政府衛生局,新北衛,新北市,MOHW-CDC,ppe,2026-12-31\n"
    with app.app_context():
        name, aliases, *_ = facts("HB-65000")
        load_units(write(tmp_path, head + row))
        load_units()
        assert facts("HB-65000") == (name, ["新北衛", *aliases], ["ppe"], date(2026, 12, 31))
        assert load_units() == Loaded(0, 0, 419)


def test_the_seed_is_in_the_database_as_it_stands_in_the_file(app):
    with SEED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with app.app_context():
        assert read().scalar(select(func.count()).select_from(Unit)) == len(rows)
        for row in rows[::40]:
            unit = unit_by_code(read(), row["code"])
            assert (unit.kind, unit.name, unit.county or "") == (row["kind"], row["name"], row["county"])
            parent = unit_by_code(read(), row["parent_code"])
            assert unit.parent_id == (parent.id if parent else None)


def test_the_command(app, tmp_path):
    run = app.test_cli_runner().invoke
    assert run(args=["portal", "load-units"]).output == "units: 0 added, 0 changed, 419 unchanged\n"
    told = run(args=["portal", "load-units", str(write(tmp_path, BAD["no code"][0]))])
    assert told.exit_code == 1
    assert "units.csv, line 2: code is empty" in told.output
