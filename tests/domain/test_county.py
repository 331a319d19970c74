"""Counties as addresses and codes of institutions tell them."""

from __future__ import annotations

import pytest

from portal.domain.county import COUNTIES, COUNTY_CODES, county_of_address
from portal.domain.institution import county_of_code, is_institution_code


def test_every_county_is_found_however_it_is_written():
    assert len(COUNTIES) == len(COUNTY_CODES) == 22
    for name in COUNTY_CODES:
        for written in (
            name,
            name.replace("臺", "台"),
            name.replace("市", "巿"),
            f" 100{name}",
            f"９５０{name}",
        ):
            assert county_of_address(f"{written}中正路１號") == name


@pytest.mark.parametrize(
    ("address", "county"),
    [
        ("台北縣板橋市中山路", "新北市"),
        ("桃園縣中壢市", "桃園市"),
        ("臺中縣豐原市", "臺中市"),
        ("台南縣新營市", "臺南市"),
        ("高雄縣鳳山市", "高雄市"),
        ("竹北市光明路", "新竹縣"),
        ("屏東市自由路", "屏東縣"),
        ("台東市中華路", "臺東縣"),
        ("某處", None),
        ("", None),
        ("950", None),
        ("台", None),
    ],
)
def test_old_names_and_cities_within_a_county(address, county):
    assert county_of_address(address) == county


@pytest.mark.parametrize("code", ["3501010101", "HY31060022", "0000000000", "ZZZZZZZZZZ"])
def test_codes_of_institutions(code):
    assert is_institution_code(code)


@pytest.mark.parametrize(
    "code",
    ["", "350101010", "35010101011", "hy31060022", "３５０１０１０１０１", "35010 0101", "3501010101\n"],
)
def test_what_is_no_code(code):
    assert not is_institution_code(code)


def test_the_county_that_gave_a_code():
    assert (county_of_code("0131020016"), county_of_code("3501010101")) == ("新北市", "臺北市")
    assert {county_of_code(f"00{place:02}000000") for place in range(100)} == {*COUNTY_CODES, None}
