"""The seed data is the whole country, once."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

from portal.domain.normalisation import search_key
from portal.store import system_files

SEED = Path(system_files.__file__).with_name("seed") / "units.csv"
UNITS = list(csv.DictReader(SEED.read_text(encoding="utf-8").splitlines()))
BY_CODE = {unit["code"]: unit for unit in UNITS}


def test_how_many_there_are():
    assert Counter(unit["kind"] for unit in UNITS) == {
        "ministry": 6,
        "county-bureau": 22,
        "cleaning-team": 368,
        "disease-control": 1,
        "health-bureau": 22,
    }


def test_codes_and_names_are_unique():
    assert len(BY_CODE) == len(UNITS)
    assert len({(unit["name"], unit["county"]) for unit in UNITS}) == len(UNITS)
    assert sum(unit["name"] == "東區清潔隊" for unit in UNITS) == 4, (
        "township names repeat, so the county counts"
    )


def test_parents_come_first_and_each_agency_is_a_root():
    seen: set[str] = set()
    for unit in UNITS:
        assert unit["parent_code"] in seen | {""}
        seen.add(unit["code"])
    assert [unit["code"] for unit in UNITS if not unit["parent_code"]] == ["MOENV", "MOHW-CDC"]


def test_every_county_has_a_bureau_of_each_kind():
    by_county = {(unit["kind"], unit["county"]) for unit in UNITS}
    counties = {unit["county"] for unit in UNITS if unit["county"]}
    assert len(counties) == 22
    for kind in ("county-bureau", "health-bureau"):
        assert {county for of, county in by_county if of == kind} == counties


def test_a_team_belongs_to_the_bureau_of_its_county():
    for unit in UNITS:
        if unit["kind"] == "cleaning-team":
            parent = BY_CODE[unit["parent_code"]]
            assert parent["kind"] == "county-bureau"
            assert parent["county"] == unit["county"]
            assert unit["code"][3:8] == parent["code"][4:]


def test_units_of_the_manual_are_there():
    names = {(unit["name"], unit["county"]) for unit in UNITS}
    assert {("環境部環境管理署", ""), ("新北市環保局", "新北市"), ("中正區清潔隊", "臺北市")} <= names
    bureau = next(unit for unit in UNITS if unit["name"] == "新北市環保局")
    assert "新北市政府環境保護局" in bureau["aliases"].split(";")


def test_hospitals_have_names_that_their_own_does_not_hold():
    rows = list(
        csv.DictReader(SEED.with_name("hospital_aliases.csv").read_text(encoding="utf-8").splitlines())
    )
    assert len({search_key(row["name"]) for row in rows}) == len(rows) > 50
    for row in rows:
        aliases = [search_key(alias) for alias in row["aliases"].split(";")]
        assert all(alias and alias not in search_key(row["name"]) for alias in aliases), row
        assert len(set(aliases)) == len(aliases), row
    by_name = {row["name"]: row["aliases"].split(";") for row in rows}
    assert "臺北榮總" in by_name["臺北榮民總醫院"]
