"""What comes out of the printer: the receipt and the list without anything that only a screen can use."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import expect

from tests.journeys.visitor import Visitor
from tests.rig.people import Person
from tests.rig.smis_pages import DETAILS, begin, details

pytestmark = pytest.mark.journey
ONLY_ON_A_SCREEN = {"navigation", "button", "search", "checkbox"}


def on_a_screen(visitor: Visitor) -> set[str]:
    """Which of these the page shows; of navigation, whether it leads anywhere."""
    page = visitor.page
    found = {
        "navigation": page.get_by_role("navigation").get_by_role("link"),
        "button": page.get_by_role("button"),
        "search": page.get_by_role("search"),
        "checkbox": page.get_by_role("checkbox"),
    }
    return {role for role, each in found.items() if each.count()}


def on_paper(visitor: Visitor, *words: str) -> None:
    """The page as it is printed says this, and shows nothing to press."""
    visitor.page.emulate_media(media="print")
    assert on_a_screen(visitor) == set()
    expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
    for each in words:
        expect(visitor.page.get_by_role("main").get_by_text(each).filter(visible=True).first).to_be_visible()
    visitor.page.emulate_media(media="screen")


def test_the_receipt(app: Flask, client: FlaskClient, visitor: Visitor) -> None:
    begin(app, client)
    receipt = client.post(DETAILS, data=details(client)).headers["Location"]
    visitor.be(client)
    visitor.open(receipt)
    assert {"navigation", "button"} <= on_a_screen(visitor)
    on_paper(visitor, "已送出申請，請等待審核通過。", "SMIS-", "同泰診所", "承辦人(審核中)")
    visitor.page.evaluate("window.print = () => document.body.append('printed')")
    visitor.press("列印本頁")
    expect(visitor.page.get_by_text("printed")).to_be_visible()


def test_the_activation_list(visitor: Visitor, make_person: Callable[..., Person]) -> None:
    make_person("fox", state="proved", holder="張曉美")
    visitor.administer(make_person("chief", kind="unit-administrator"))
    assert on_a_screen(visitor) == ONLY_ON_A_SCREEN
    on_paper(visitor, "電子郵件", "張曉美", "fox@example.com", "縣市環保局／新北市環保局", "已認證")
