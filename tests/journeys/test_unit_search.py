"""單位查詢 with the keyboard alone, in the dialog and on the page: open, type, 查詢, turn pages, choose, come back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from playwright.sync_api import expect

from portal.store.database import write
from portal.store.unit_batches import UnitRow, keep_units
from tests.journeys.inspection import Inspect
from tests.journeys.visitor import Visitor
from tests.rig.many_units import institutions

pytestmark = pytest.mark.journey
PAGE = "/authority/smis/application"
TYPED = "A123456789"


@pytest.fixture
def clinics(app: Flask) -> list[str]:
    """Names of the clinics that are found, in the order of the list."""
    rows = [
        UnitRow(row.code, "HB-65000", "medical-institution", row.name, [], "新北市")
        for row in institutions(150)
    ]
    with app.app_context(), write() as session:
        keep_units(session, rows, date.min)
    return [row.name for row in rows if "診所" in row.name]


def test_a_unit_is_chosen_in_the_dialog_without_a_mouse(
    visitor: Visitor, clinics: list[str], inspect: Inspect
) -> None:
    page, keys = visitor.page, visitor.page.keyboard
    visitor.open(PAGE)
    number, opener = visitor.box("使用者身分證號"), page.locator("[data-unit-search]")
    number.fill(TYPED)
    opener.focus()
    keys.press("Enter")
    dialog = page.get_by_role("dialog", name="單位查詢")
    box, told = dialog.get_by_label("單位名稱", exact=True), dialog.get_by_role("status")
    expect(box).to_be_focused()
    inspect(visitor)
    keys.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()

    keys.press("Enter")
    expect(box).to_be_focused()
    keys.insert_text("診所")
    keys.press("Enter")
    total, pages = len(clinics), -(-len(clinics) // 20)
    expect(told).to_have_text(f"每頁 20 筆．第 1 頁 共 {pages} 頁 {total} 筆")
    expect(box).to_be_focused()
    dialog.get_by_role("link", name="下一頁", exact=True).focus()
    keys.press("Enter")
    expect(told).to_have_text(f"每頁 20 筆．第 2 頁 共 {pages} 頁 {total} 筆")
    expect(dialog.locator(".unit-count")).to_be_focused()
    assert page.url.endswith(PAGE)
    keys.press("Tab")
    expect(dialog.get_by_role("button", name=clinics[20], exact=True).first).to_be_focused()
    inspect(visitor)
    keys.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#unit-chosen")).to_contain_text(clinics[20])
    expect(opener).to_be_focused()
    expect(opener).to_contain_text("變更")
    expect(number).to_have_value(TYPED)


def test_the_page_alone_needs_no_script_and_fits_a_narrow_screen(
    new_visitor: Callable[..., Visitor], clinics: list[str]
) -> None:
    visitor = new_visitor(script=False, viewport={"width": 320, "height": 700})
    page, keys = visitor.page, visitor.page.keyboard
    visitor.open(PAGE)
    visitor.box("使用者身分證號").fill(TYPED)
    page.locator("#unit-chosen").get_by_role("button").press("Enter")
    visitor.sees("單位查詢")
    expect(visitor.box("單位名稱")).to_be_focused()
    keys.insert_text("診所")
    keys.press("Enter")
    page.get_by_role("link", name="最後一頁", exact=True).press("Enter")
    expect(page.get_by_role("link", name="上一頁", exact=True)).to_be_visible()
    choices = page.locator(".unit-choice")
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    assert all(choice.bounding_box()["height"] >= 44 for choice in choices.all())
    choices.last.press("Enter")
    expect(page.locator("#unit-chosen")).to_contain_text(clinics[-1])
    expect(visitor.box("使用者身分證號")).to_have_value(TYPED)
