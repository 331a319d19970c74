"""The search index finds what a plain look through all names would find, on both databases."""

from __future__ import annotations

import random
import re
from datetime import date, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import delete, func, select, text

from portal.domain.normalisation import search_key
from portal.domain.unit import Unit
from portal.store import unit_search
from portal.store.database import is_sqlite, read, write
from portal.store.unit_batches import UnitRow, keep_units
from portal.store.unit_search import (
    PAGE,
    TIERS,
    count_units,
    drop_closed_units,
    find_units,
    index_missing_units,
    unindex_units,
)
from portal.store.unit_words import MOST_WORDS, Findable
from portal.store.units import add_unit, unit_by_code
from tests.rig.many_units import institutions

DAY = date(2026, 11, 20)
LETTERS = "安仁康臺台巿市ㄧ一牙醫診所AaＡ1１(（'\"*-_% 　𡍼"
"""So few that words meet often; with all that an index could stumble over."""
COUNTIES = ("臺北市", "新北市", None)
HOSTILE = (
    '"', "'", '" OR "', "' OR 1=1 --", "*", "診*", "診所 AND 藥局", "診所 OR 藥局", "NOT 診所", "NEAR(診 所)",
    "words:診所", "^診", "診 + 所", "(診", "診)", "診 <-> 所", "診 & 所", "診 | 所", "!診", "診:*", "\\", "\\'",
    "%", "_", "診%", "😀", "👩\u200d👧", "\x00", "診\x00所", "\ud800", "\u202e診", "診" * 1000, "-1", "",
    ";DROP TABLE unit_search;", " ", "　", "\t\n",
)  # fmt: skip


def some_units(seed: int, count: int) -> list[UnitRow]:
    """Units with names of few letters, of two kinds, some closed, some to be closed."""
    chance = random.Random(seed)

    def name(most: int) -> str:
        return "".join(chance.choices(LETTERS, k=chance.randint(1, most))).strip() or "診所"

    return [
        UnitRow(
            code=f"{chance.choice('AB1')}{chance.randint(0, 99)}-{number}",
            parent_code="",
            kind=chance.choice(["one-kind", "one-kind", "other-kind"]),
            name=name(9),
            aliases=[name(6) for _ in range(chance.choice([0, 0, 1, 2]))],
            county=chance.choice(COUNTIES),
            closed_on=chance.choice([None, None, None, DAY - timedelta(1), DAY, DAY + timedelta(1)]),
        )
        for number in range(count)
    ]


def naive(rows: list[UnitRow], kinds: list[str], typed: str, county: str | None) -> list[str]:
    """What should be found."""

    def has(row: UnitRow, word: str) -> bool:
        # A name's blanks part it, and no word has any.
        names = [search_key(name) for name in (row.name, *row.aliases)]
        return any(word in name for name in names) or search_key(row.code).startswith(word)

    return [
        row.code
        for row in rows
        if row.kind in kinds
        and (county is None or row.county == county)
        and (row.closed_on is None or row.closed_on > DAY)
        and all(has(row, word) for word in search_key(typed).split())
    ]


def found(kinds: list[str], typed: str, county: str | None = None, today: date = DAY) -> list[str]:
    """The codes on all pages, one after the other; the count must be theirs."""
    session = read()
    total = count_units(session, kinds, typed, county, today)
    pages = [find_units(session, kinds, typed, county, today, at) for at in range(0, max(total, 1), PAGE)]
    codes = [hit.code for page in pages for hit in page]
    assert len(codes) == len(set(codes)) == total
    assert all(len(page) == PAGE for page in pages[:-1])
    return codes


def findable(unit: Unit) -> Findable:
    return Findable(unit.id, unit.kind, unit.code, unit.name, unit.aliases, unit.county)


def keep(rows: list[UnitRow], today: date = DAY) -> None:
    with write() as session:
        keep_units(session, rows, today)


@pytest.mark.parametrize("known_day", [DAY, date.min], ids=["closed left out", "closed kept beside"])
def test_it_finds_what_a_look_through_all_names_finds(app, known_day):
    rows, chance = some_units(5, 400), random.Random(6)
    with app.app_context():
        keep(rows, known_day)
        hits = 0
        for _ in range(250):
            text = search_key(chance.choice([row.name for row in rows] + [row.code for row in rows]))
            begin, size = chance.randrange(len(text)), chance.randint(1, 7)
            typed = (
                text[begin : begin + size]
                if chance.random() < 0.7
                else "".join(chance.choices(LETTERS, k=size))
            )
            kinds = chance.choice([["one-kind"], ["other-kind"], ["one-kind", "other-kind"], ["third-kind"]])
            county = chance.choice(COUNTIES)
            expected = naive(rows, kinds, typed, county)
            assert found(kinds, typed, county) == expected, (kinds, typed, county)
            hits += bool(expected)
        assert hits > 60, "the queries find too little to show anything"


def test_nothing_typed_breaks_the_search(app):
    rows = some_units(7, 60)
    with app.app_context():
        keep(rows)
        for typed in HOSTILE:
            assert found(["one-kind"], typed) == naive(rows, ["one-kind"], typed, None), typed
        for typed in (
            "診 所 " * 200,
            *(" ".join("安仁康台市一牙醫診所aa1"[:size]) for size in (9, 10, 11, 13)),
        ):
            many = len(set(typed.split())) > MOST_WORDS
            assert found(["one-kind"], typed) == ([] if many else naive(rows, ["one-kind"], typed, None))


def test_words_of_one_name_do_not_run_into_the_next(app):
    rows = [UnitRow("X-1", "", "one-kind", "甲乙丙丁", ["丙丁戊己庚", "辛"], None)]
    with app.app_context():
        keep(rows)
        assert found(["one-kind"], "丙丁戊己庚") == ["X-1"]
        for typed in ("乙丙丁戊", "甲乙丙丁戊", "庚辛", "丁丙丁"):
            assert found(["one-kind"], typed) == []


def test_common_words_are_counted_up_to_a_cap(app, monkeypatch):
    cap = 100
    monkeypatch.setattr(unit_search, "COUNT_CAP", cap)
    rows = [UnitRow(row.code, "", "one-kind", row.name, [], row.county) for row in institutions(cap + 40)]
    with app.app_context():
        keep(rows[:cap])
        assert count_units(read(), ["one-kind"], "", None, DAY) == cap
        read().rollback()
        keep(rows[cap:])
        assert count_units(read(), ["one-kind"], "", None, DAY) == cap + 1
        last = find_units(read(), ["one-kind"], "", None, DAY, cap - PAGE)
        assert [hit.code for hit in last] == [row.code for row in rows[cap - PAGE : cap]]
        beyond = find_units(read(), ["one-kind"], "", None, DAY, 10**9)
        assert [hit.code for hit in beyond] == [row.code for row in rows[cap : cap + PAGE]], "bounded"


def test_tiers_cover_every_number_as_the_migration_parts_the_index(app):
    assert (TIERS[0][0], TIERS[-1][1]) == (0, 2**31 - 1)
    assert all(end == first for (_, end), (first, _) in pairwise(TIERS))
    bounds = "SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relispartition AND relkind = 'r'"
    with app.app_context():
        if is_sqlite(read()):
            return  # one index, which yields its hits in order
        found = {tuple(re.findall(r"\('?(\w+)'?\)", told)) for told in read().scalars(text(bounds))}
        parts = [(str(first), str(end)) for first, end in TIERS]
        parts[0], parts[-1] = ("MINVALUE", parts[0][1]), (parts[-1][0], "MAXVALUE")
        assert found == set(parts)


def test_a_unit_that_changes_is_found_by_what_it_is_called_now(app):
    row = UnitRow("X-1", "", "one-kind", "舊名診所", ["老店"], "臺北市")
    with app.app_context():
        keep([row])
        keep([UnitRow("X-1", "", "one-kind", "新名診所", [], "新北市")])
        assert found(["one-kind"], "新名", "新北市") == ["X-1"]
        assert (
            found(["one-kind"], "舊名")
            == found(["one-kind"], "老店")
            == found(["one-kind"], "", "臺北市")
            == []
        )


def test_a_unit_closes_on_its_day_and_may_open_again(app):
    def row(closed: date | None) -> UnitRow:
        return UnitRow("X-1", "", "one-kind", "某診所", [], None, closed_on=closed)

    with app.app_context():
        keep([row(DAY)], DAY - timedelta(1))
        assert found(["one-kind"], "某診", today=DAY - timedelta(1)) == ["X-1"]
        assert found(["one-kind"], "某診") == found(["one-kind"], "") == []
        read().rollback()
        with write() as session:
            drop_closed_units(session, DAY)
        assert found(["one-kind"], "某診", today=DAY - timedelta(1)) == []
        read().rollback()
        keep([row(None)])
        assert found(["one-kind"], "某診") == ["X-1"]


def test_a_unit_that_is_added_alone_is_found(app):
    with app.app_context():
        with write() as session:
            parent = unit_by_code(session, "EPB-65000")
            add_unit(session, Unit(kind="one-kind", code="X-1", name="測試", aliases=["別名"]), parent)
        assert found(["one-kind"], "別名") == found(["one-kind"], "x-1") == ["X-1"]


def test_what_the_index_lost_it_learns_again(app):
    with app.app_context():
        kinds = ["county-bureau"]
        before = found(kinds, "")
        read().rollback()
        with write() as session:
            units = session.scalars(select(Unit).where(Unit.kind == "county-bureau")).all()
            unindex_units(session, [findable(unit) for unit in units])
        assert found(kinds, "") == []
        read().rollback()
        with write() as session:
            assert index_missing_units(session, DAY) == len(before) == 22
            assert index_missing_units(session, DAY) == 0
        assert found(kinds, "") == before


def test_what_fails_leaves_no_word_behind(app):
    with app.app_context():
        with write() as session:
            keep_units(session, [UnitRow("X-1", "", "one-kind", "某診所", [], None)], DAY)
            session.rollback()
        assert found(["one-kind"], "某診") == []
        assert read().scalar(select(func.count()).where(Unit.code == "X-1")) == 0


def test_a_unit_gone_from_its_table_is_not_shown(app):
    with app.app_context():
        keep([UnitRow("X-1", "", "one-kind", "某診所", [], None)])
        with write() as session:
            session.execute(delete(Unit).where(Unit.code == "X-1"))
        assert find_units(read(), ["one-kind"], "某診", None, DAY, 0) == []
