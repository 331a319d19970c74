"""醫事機構 from the real list's layout: again and again without harm; what a row lacks is said with its line."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select

from portal.domain.unit import Unit
from portal.store.database import read, write
from portal.store.unit_search import count_units, find_units
from portal.store.units import unit_by_code
from portal.usecases.operate.load_institutions import load_institutions
from portal.usecases.operate.load_units import BadUnitFile, index_units_anew, load_units
from tests.rig.acts import more_rows, row_counts
from tests.rig.many_units import HEADER, institutions, write_list

DAY = date(2026, 11, 20)
KIND = "medical-institution"
ROWS = {
    2: ("3501010101", "同泰診所", "台北市中正區忠孝東路１段１號", ""),
    3: ("0601160016", "臺北榮民總醫院", "臺北市北投區石牌路二段２０１號", ""),
    4: ("３５３１０１０１０１", " 安 仁（診所） ", "台北縣板橋市中山路", "20261121"),
    5: ("3532010101", "停業診所", "桃園縣中壢市", "20261120"),
    6: ("hy46060022", "禾頤助產所", "９５０某路", ""),
    7: ("350101010", "少一碼診所", "臺北市", ""),
    8: ("3501010101", "又是同泰", "臺北市", ""),
    9: ("3501010102", "", "臺北市", ""),
    10: ("3599010103", "不知何處診所", "某路１號", ""),
    11: ("3501010104", "何時歇業診所", "臺北市", "11/20"),
    12: ("3501010105", "看不\u200b見診所", "臺北市", ""),
}
PROBLEMS = {
    7: "350101010 is no 醫事機構代碼; it has ten digits",
    8: "3501010101 stands in line 2 already",
    9: "3501010102 needs a name",
    10: "the address of 3599010103 names no county; begin it with one",
    11: "3501010104 ends on 11/20; write a day as 20261231",
    12: "the name of 3501010105 holds control characters",
}


def write_rows(tmp_path: Path, rows: dict[int, tuple[str, ...]] = ROWS, encoding: str = "utf-8-sig") -> Path:
    file = tmp_path / "list.csv"
    with file.open("w", encoding=encoding, newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(HEADER)
        for code, name, address, closed in rows.values():
            writer.writerow(("1", code, name, address, "02", "23456789", "4", "01", "A", closed))
    return file


def found(typed: str, county: str | None = None, today: date = DAY) -> list[str]:
    return [hit.code for hit in find_units(read(), [KIND], typed, county, today, 0)]


def facts(unit: Unit | None) -> Any:
    return unit and (unit.kind, unit.name, unit.county, unit.closed_on)


def test_rows_become_units_below_the_health_bureau_of_their_county(app, tmp_path):
    with app.app_context():
        told = load_institutions(write_rows(tmp_path), DAY)
        assert (told.added, told.changed, told.unchanged) == (5, 0, 0)
        assert [int(line.split(":")[0].removeprefix("line ")) for line in told.skipped] == list(PROBLEMS)
        for line, said in zip(told.skipped, PROBLEMS.values(), strict=True):
            assert said in line
        get = unit_by_code
        assert facts(get(read(), "3501010101")) == (KIND, "同泰診所", "臺北市", None)
        assert facts(get(read(), "3531010101")) == (KIND, "安 仁（診所）", "新北市", DAY + timedelta(1))
        assert facts(get(read(), "3532010101")) == (KIND, "停業診所", "桃園市", DAY)
        assert facts(get(read(), "HY46060022")) == (KIND, "禾頤助產所", "臺東縣", None)
        clinic, bureau = get(read(), "3501010101"), get(read(), "HB-63000")
        assert clinic.parent_id == bureau.id
        assert clinic.path.startswith(bureau.path)


def test_closed_ones_are_known_but_not_found_and_hospitals_have_their_short_names(app, tmp_path):
    with app.app_context():
        load_institutions(write_rows(tmp_path), DAY)
        assert found("北榮") == found("臺北榮總") == found("台北榮總") == ["0601160016"]
        assert found("同泰") == found("同泰", "臺北市") == found("35010") == ["3501010101"]
        assert found("同泰", "新北市") == found("停業") == []
        assert found("(診所)") == found("安 仁") == ["3531010101"]
        assert found("安 仁", today=DAY + timedelta(1)) == []


def test_loading_again_changes_nothing_and_a_new_list_what_differs(app, tmp_path):
    with app.app_context():
        load_institutions(write_rows(tmp_path), DAY)
        before = row_counts()
        again = load_institutions(write_rows(tmp_path), DAY)
        assert (again.added, again.changed, again.unchanged) == (0, 0, 5)
        assert more_rows(before) == {}
        new = {**ROWS, 2: (*ROWS[2][:3], "20261231"), 5: (*ROWS[5][:3], "")}
        del new[8]  # a row that is gone says nothing about its unit
        told = load_institutions(write_rows(tmp_path, new), DAY)
        assert (told.added, told.changed, told.unchanged) == (0, 2, 3)
        assert found("停業") == ["3532010101"]
        assert found("同泰") == ["3501010101"]
        assert found("同泰", today=date(2026, 12, 31)) == []


def test_a_new_list_keeps_what_an_operator_said(app, tmp_path):
    more = "kind,code,name,aliases,county,parent_code,businesses\n"
    with app.app_context():
        load_institutions(write_rows(tmp_path), DAY)
        for code, name in (("3501010101", "同泰診所"), ("0601160016", "臺北榮民總醫院")):
            parent = unit_by_code(read(), "HB-63000").code
            read().rollback()
            more += f"{KIND},{code},{name},{name[0]}家,臺北市,{parent},ppe\n"
        (tmp_path / "more.csv").write_text(more, encoding="utf-8")
        load_units(tmp_path / "more.csv")
        assert load_institutions(write_rows(tmp_path), DAY).changed == 1  # 臺北榮總 comes back
        assert load_institutions(write_rows(tmp_path), DAY).changed == 0
        for code, aliases in (("3501010101", ["同家"]), ("0601160016", ["臺家", "臺北榮總"])):
            unit = unit_by_code(read(), code)
            assert (unit.businesses, unit.aliases) == (["ppe"], aliases)
        assert found("臺家") == found("北榮") == ["0601160016"]


def test_one_that_moved_to_another_county_is_named(app, tmp_path):
    with app.app_context():
        load_institutions(write_rows(tmp_path, {2: ROWS[2]}), DAY)
        moved = {2: (*ROWS[2][:2], "高雄市某路", "")}
        told = load_institutions(write_rows(tmp_path, moved), DAY)
        assert told.skipped == [
            "line 2: 3501010101 belongs to another county now; end it and give it a new code"
        ]
        assert unit_by_code(read(), "3501010101").county == "臺北市"


def test_a_file_that_cannot_be_loaded_at_all(app, tmp_path):
    short = tmp_path / "short.csv"
    short.write_text("醫事機構代碼,醫事機構名稱\n3501010101,同泰診所\n", encoding="utf-8")
    with app.app_context():
        with pytest.raises(BadUnitFile, match="missing columns 機構地址, 終止合約或歇業日期"):
            load_institutions(short, DAY)
        with pytest.raises(BadUnitFile, match="UTF-8"):
            load_institutions(write_rows(tmp_path, {2: ROWS[2]}, "big5"), DAY)
        good = write_rows(tmp_path)
        with write() as session:
            session.execute(delete(Unit).where(Unit.kind == "health-bureau"))
        with pytest.raises(BadUnitFile, match=r"HB-63000 \(衛生局, 22 of 22 .* flask portal load-units"):
            load_institutions(good, DAY)
        assert read().scalars(select(Unit.code).where(Unit.kind == KIND)).all() == []


def test_the_commands_say_what_they_did(app, tmp_path):
    run = app.test_cli_runner().invoke
    told = run(args=["portal", "load-institutions", str(write_rows(tmp_path))])
    assert told.exit_code == 0
    assert "institutions: 5 added, 0 changed, 0 unchanged, 6 skipped" in told.output
    assert "skipped, line 7: 350101010 is no 醫事機構代碼" in told.output
    assert "units in the search index: 42" in run(args=["portal", "index-units"]).output
    (tmp_path / "list.csv").write_text("nothing\n", encoding="utf-8")
    assert run(args=["portal", "load-institutions", str(tmp_path / "list.csv")]).exit_code == 1


def test_many_are_loaded_in_one_go_and_the_index_can_be_made_anew(app, tmp_path):
    rows = list(institutions(2_100))
    with app.app_context():
        told = load_institutions(write_list(tmp_path / "list.csv", iter(rows)), DAY)
        assert (told.added, told.skipped) == (2_100, [])
        for offset in range(1_580, 1_700, 20):  # numbers around 2,048, where a tier of the index ends
            page = find_units(read(), [KIND], "", None, DAY, offset)
            assert [hit.code for hit in page] == [row.code for row in rows[offset : offset + 20]]
        read().rollback()
        assert count_units(read(), [KIND], "", None, DAY) == 2_100
        names = sum("牙醫" in row.name for row in rows)
        assert count_units(read(), [KIND], "牙醫", None, DAY) == names > 200
        read().rollback()
        assert index_units_anew(DAY) > 2_100
        assert count_units(read(), [KIND], "牙醫", None, DAY) == names
