"""單位查詢: pages, counties, and which unit may be chosen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from portal.store.database import read, write
from portal.store.unit_batches import UnitRow, keep_units
from portal.usecases.apply.change_requests import unit_to_ask_at
from portal.usecases.apply.choose_unit import chosen_unit
from portal.usecases.apply.search_units import open_unit, search_units
from portal.usecases.read_systems import systems
from tests.rig.many_units import institutions
from tests.rig.people import circumstance
from tests.rig.refusals import refusal_of

SMIS = systems()["smis"]
EVENING = datetime(2026, 11, 19, 16, 30, tzinfo=UTC)
"""Half past midnight of the twentieth in Taipei."""


def clinic(code: str, name: str, closed: date | None = None, kind: str = "medical-institution") -> UnitRow:
    return UnitRow(code, "", kind, name, [], "臺北市", closed_on=closed)


def keep(rows: list[UnitRow]) -> None:
    with write() as session:
        keep_units(session, rows, date.min)


def test_the_manuals_259_pages(app):
    with app.app_context():
        keep([clinic(row.code, row.name) for row in institutions(5_165 - 23)])
        at = circumstance(app, EVENING)
        page = search_units(SMIS, "", "", 1, at)
        assert (page.page, page.pages, page.total, page.capped) == (1, 259, 5165, False)
        assert len(page.rows) == 20
        assert len(search_units(SMIS, "", "", 259, at).rows) == 5
        some = [search_units(SMIS, "", "", number, at).rows for number in (1, 2, 10, 130, 258, 259)]
        codes = [row.code for rows in some for row in rows]
        assert len(set(codes)) == len(codes) == 5 * 20 + 5
        for wanted, shown in ((0, 1), (-5, 1), (260, 259), (10**12, 259)):
            assert search_units(SMIS, "", "", wanted, at).page == shown


def test_only_kinds_that_may_apply_and_a_county_that_exists(app):
    with app.app_context():
        at = circumstance(app, EVENING)
        bureaus = search_units(SMIS, "新北市", "", 1, at)
        assert [row.code for row in bureaus.rows] == ["HB-65000"]
        hwms = search_units(systems()["hwms"], "新北市環保局", "", 1, at)
        assert [row.code for row in hwms.rows] == ["EPB-65000"]
        assert [row.code for row in search_units(SMIS, "衛生局", "臺東縣", 1, at).rows] == ["HB-10014"]
        assert search_units(SMIS, "衛生局", "某某縣", 1, at).county == ""
        assert search_units(SMIS, "衛生局", "某某縣", 1, at).total == 22
        assert len(bureaus.counties) == 22
        nobody = replace(SMIS, unit_kind=())
        assert search_units(nobody, "", "", 1, at).total == 0


def test_a_code_typed_by_hand(app):
    with app.app_context():
        keep([clinic("3501010101", "同泰診所")])
        for code in ("3501010101", "３５０１０１０１０１", " 3501010101 ", "hb-65000"):
            assert open_unit(SMIS, code, circumstance(app, EVENING)) is not None


def test_a_closed_or_foreign_unit_cannot_be_chosen(app):
    with app.app_context():
        keep(
            [
                clinic("3501010101", "昨日診所", date(2026, 11, 19)),
                clinic("3501010102", "今日診所", date(2026, 11, 20)),
                clinic("3501010103", "明日診所", date(2026, 11, 21)),
            ]
        )
        at = circumstance(app, EVENING)
        assert [row.name for row in search_units(SMIS, "日診所", "", 1, at).rows] == ["明日診所"]
        codes = ["3501010101", "3501010102", "3501010103", "EPB-65000", "nothing", ""]
        assert [code for code in codes if open_unit(SMIS, code, at)] == ["3501010103"]


def test_what_is_found_can_be_chosen_until_its_day(app):
    with app.app_context():
        keep([clinic("3501010103", "明日診所", date(2026, 11, 21))])
        at = circumstance(app, EVENING)
        assert chosen_unit(SMIS, "3501010103", at).name == "明日診所"
        assert unit_to_ask_at(read(), SMIS, "3501010103", at).code == "3501010103"
        late = circumstance(app, EVENING + timedelta(days=1))
        assert "已歇業或裁撤" in refusal_of(chosen_unit, SMIS, "3501010103", late).sentence
        assert refusal_of(unit_to_ask_at, read(), SMIS, "3501010103", late).field == "unit"
