"""單位查詢 as a page, as a dialog, and as a new list within either."""

from __future__ import annotations

import re
from datetime import date

import pytest

from portal.store.database import write
from portal.store.unit_batches import UnitRow, keep_units
from tests.rig.many_units import institutions
from tests.rig.pages import read_page

PLACE = "/authority/smis/units"
HOSTILE = [
    '" OR "',
    "' OR 1=1--",
    "<script>alert(1)</script>",
    "*",
    "診" * 1000,
    "😀",
    "a AND b",
    "\\",
    "%",
    "()",
]


@pytest.fixture
def many(app):
    with app.app_context(), write() as session:
        rows = [
            UnitRow(row.code, "", "medical-institution", row.name, [], row.county)
            for row in institutions(445 - 23)
        ]
        keep_units(session, rows, date.min)


def shown(text: str) -> list[str]:
    return re.findall(r'name="unit" value="([^"]+)"', text)


def links(text: str) -> list[str]:
    return re.findall(r'aria-label="(?:第 \d+ 頁|第一頁|上一頁|下一頁|最後一頁)">([^<]+)<', text)


def test_the_page_of_the_manual(client, many):
    text = client.get(f"{PLACE}?for=application").text
    assert "每頁 20 筆．第 1 頁 共 23 頁 445 筆" in text
    assert links(text) == [*map(str, range(1, 11)), "&gt;", "&gt;&gt;"]
    assert re.search(r'aria-current="page" aria-label="第 1 頁"', text)
    assert text.count("<main") == 1
    assert len(shown(text)) == 20
    assert '<form method="post" action="/authority/smis/application/unit">' in text
    assert 'href="/authority/smis/application"' in text
    for words in ("縣市", "單位/醫事機構代碼", "名稱", "單位名稱", "查詢", "單位查詢"):
        assert words in text


def test_the_numbers_around_a_page(client, many):
    deep = client.get(f"{PLACE}?for=application&page=13").text
    assert links(deep) == ["&lt;&lt;", "&lt;", *map(str, range(11, 21)), "&gt;", "&gt;&gt;"]
    last = client.get(f"{PLACE}?for=application&page=23").text
    assert links(last) == ["&lt;&lt;", "&lt;", *map(str, range(21, 24))]
    assert "第 23 頁 共 23 頁 445 筆" in last
    assert len(shown(last)) == 5
    assert client.get(f"{PLACE}?for=application&page=x").status_code == 200


def test_links_keep_what_was_asked_for(client, many):
    text = client.get(f"{PLACE}?for=application&q=診所+安&county=臺北市").text
    page = read_page(text)
    assert page.fields["q"] == ["診所 安"]
    assert page.fields["county"] == ["臺北市"]
    assert all(code.startswith("35") for code in shown(text))
    for link in page.links:
        if "page=" in link:
            assert "for=application" in link
            assert "%E8%A8%BA%E6%89%80+%E5%AE%89" in link
            assert client.get(link).status_code == 200


def test_the_dialog_and_its_lists(client, many):
    def ask(target: str, **more: str) -> str:
        headers = {"HX-Request": "true", "HX-Target": target, **more}
        return client.get(f"{PLACE}?for=application&q=診所", headers=headers).text

    dialog = ask("unit-dialog")
    assert "<html" not in dialog
    assert '<h2 id="unit-search-title">' in dialog
    assert '<form method="dialog">' in dialog
    assert "hx-push-url" not in dialog
    assert len(shown(dialog)) == 20
    assert '<form method="post" action="/authority/smis/application/unit">' in dialog
    within = ask("unit-results", **{"X-Unit-Dialog": "yes"})
    assert "<h" not in within.replace("<h2", "").replace("<thead", "")
    assert "hx-push-url" not in within
    assert len(shown(within)) == 20
    assert 'hx-push-url="true"' in ask("unit-results")


def test_a_choice_goes_to_where_the_search_was_opened(client):
    for place, chosen, back in (
        ("application", "/authority/smis/application/unit", "/authority/smis/application"),
        ("details", "/authority/smis/application/details/unit", "/authority/smis/application/details"),
        ("update", "/authority/smis/application/update/unit", "/authority/smis/application/update"),
        ("account", "/account/data/unit", "/account/data/requests/draft"),
    ):
        text = client.get(f"{PLACE}?for={place}&q=新北市").text
        assert f'<form method="post" action="{chosen}">' in text
        assert back in read_page(text).links


def test_nothing_found_says_what_to_do(client):
    text = client.get(f"{PLACE}?for=application&q=沒有這個&county=臺北市").text
    assert shown(text) == []
    for words in (
        "共 0 筆",
        "找不到臺北市名稱或代碼含有「沒有這個」的單位",
        "代碼查詢",
        "把縣市改為「全部」",
        "系統諮詢電話",
    ):
        assert words in text


def test_whatever_is_typed_is_answered(client):
    for typed in HOSTILE:
        answer = client.get(PLACE, query_string={"for": "application", "q": typed})
        assert answer.status_code == 200, typed
        assert "<script>alert" not in answer.text


def test_a_zero_byte_and_unknown_places(client):
    assert client.get(f"{PLACE}?for=application&q=%00").status_code == 400
    for address in (
        PLACE, f"{PLACE}?for=elsewhere", "/vendor/smis/units?for=application", "/authority/none/units?for=application",
    ):  # fmt: skip
        assert client.get(address).status_code == 404
    assert client.post(f"{PLACE}?for=application").status_code in (400, 405)
