"""Units: what can be chosen, and the tree by its paths."""

from __future__ import annotations

from datetime import date

from portal.domain.unit import SEGMENT, Unit
from portal.store.database import read, write
from portal.store.units import add_unit, counties, open_units, shallow_units, unit_by_code, units_below
from tests.rig.rows import unit

KINDS = ["ministry", "county-bureau", "cleaning-team"]


def test_counties_stand_in_their_official_order_once_each(app):
    with app.app_context():
        found = counties(read(), "cleaning-team")
        assert len(found) == len(set(found)) == 22
        by_code = sorted(
            (row.code, row.county) for row in units_below(read(), "") if row.kind == "county-bureau"
        )
        assert found == [county for _, county in by_code]
        assert counties(read(), "ministry") == []
        assert counties(read(), "nothing") == []


def test_open_units_are_those_of_kind_and_county(app):
    with app.app_context():
        assert len(open_units(read(), "cleaning-team")) == 368
        taipei = open_units(read(), "cleaning-team", "臺北市")
        assert len(taipei) == 12
        assert all(code.startswith("CT-63") for code, _ in taipei)
        assert taipei == sorted(taipei)
        assert open_units(read(), "cleaning-team", "台北市") == []


def test_a_closed_unit_is_not_offered_but_still_known(app):
    with app.app_context():
        with write() as session:
            for code, _ in open_units(session, "cleaning-team", "連江縣"):
                unit(session, code).closed_on = date(2026, 1, 1)
        assert open_units(read(), "cleaning-team", "連江縣") == []
        assert "連江縣" not in counties(read(), "cleaning-team")
        assert unit_by_code(read(), "CT-09007010") is not None


def test_the_tree_of_the_paths_is_the_tree_of_the_parents(app):
    with app.app_context():
        everything = units_below(read(), "")
        paths = {row.id: row.path for row in everything}
        for row in everything:
            assert row.path.startswith(paths.get(row.parent_id, ""))
            assert len(row.path) - len(paths.get(row.parent_id, "")) == SEGMENT
        bureau = unit(read(), "EPB-65000")
        below = units_below(read(), bureau.path)
        assert below[0] is bureau
        assert {row.county for row in below} == {"新北市"}
        assert len(below) == 30


def test_of_many_units_only_whole_upper_levels_are_listed(app):
    bureau = [("EPB-65000", 60, 30), ("EPB-65000", 30, 30), ("EPB-65000", 29, 1)]
    with app.app_context():
        for code, most, expected in (*bureau, ("MOENV", 60, 28), ("CT-65000010", 60, 1)):
            top = unit(read(), code)
            found = shallow_units(read(), top.path, KINDS, most)
            assert len(found) == expected, (code, most)
            assert found[0] == (top.code, top.name)


def test_a_new_unit_finds_its_place(app):
    with app.app_context():
        with write() as session:
            parent = unit(session, "CT-65000010")
            child = add_unit(session, Unit(kind="x", code="X-1", name="分隊", aliases=[]), parent)
            alone = add_unit(session, Unit(kind="x", code="X-2", name="他", aliases=[]), None)
            assert child.path.startswith(parent.path)
            assert len(alone.path) == SEGMENT
        assert [row.code for row in units_below(read(), unit(read(), "CT-65000010").path)] == [
            "CT-65000010",
            "X-1",
        ]
