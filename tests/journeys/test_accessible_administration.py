"""Every page and state of 主管機關_系統管理, with long names: axe, light and dark, narrow and zoomed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.domain.letter import LetterState, OutgoingLetter
from tests.journeys.inspection import Inspect
from tests.journeys.visitor import ADMINISTRATION, MENU, Visitor
from tests.rig.applications import LiveServer
from tests.rig.people import BUREAU, CLEANING_TEAM, Person

pytestmark = pytest.mark.journey
LONG = "歐陽司馬諸葛上官夏侯" * 5


@pytest.fixture
def chief(make_person: Callable[..., Person]) -> Person:
    """An administrator with rows of every kind to look at."""
    make_person("long-address-" * 4 + "x", state="waiting", holder=LONG)
    make_person("fox", unit=CLEANING_TEAM, state="proved")
    make_person("reviewed", state="reviewed")
    make_person("active", unit=BUREAU, holder=LONG)
    return make_person("chief", kind="unit-administrator", holder=LONG)


def test_the_list(
    visitor: Visitor, chief: Person, make_person: Callable[..., Person], inspect: Inspect
) -> None:
    visitor.open(ADMINISTRATION)
    inspect(visitor)
    visitor.press("登入")
    visitor.reads("請輸入用戶帳號。")
    inspect(visitor)
    visitor.administer(chief)
    inspect(visitor)
    row = visitor.row("fox@example.com")
    row.get_by_role("checkbox").check()
    row.get_by_text("刪除").first.click()
    inspect(visitor)
    batch = visitor.page.get_by_role("group", name="勾選的帳號")
    batch.get_by_text("刪除", exact=True).click()
    inspect(visitor)
    for query in ("state=all", "state=approved", "state=active", "state=suspended", "name=nobody"):
        visitor.open(f"{ADMINISTRATION}accounts?{query}")
        visitor.sees(MENU)
        inspect(visitor)
    for number in range(19):
        make_person(f"clerk{number}", state="waiting")
    visitor.open(f"{ADMINISTRATION}accounts")
    visitor.page.get_by_role("link", name="下一頁").click()
    visitor.page.get_by_role("link", name="上一頁").wait_for()
    inspect(visitor)


def test_results_and_one_account(
    visitor: Visitor, new_visitor: Callable[..., Visitor], chief: Person, inspect: Inspect
) -> None:
    visitor.administer(chief)
    batch = visitor.page.get_by_role("group", name="勾選的帳號")
    visitor.button("帳號啟用", batch).click()
    visitor.reads("沒有勾選任何帳號")
    inspect(visitor)
    visitor.open(f"{ADMINISTRATION}accounts")
    visitor.page.get_by_role("checkbox", name="本頁全選").check()
    visitor.button("發送認證信", batch).click()
    visitor.sees("處理結果")
    inspect(visitor)
    visitor.open(f"{ADMINISTRATION}accounts?state=all")
    addresses = [
        link.get_attribute("href") or ""
        for link in visitor.page.get_by_role("rowheader").get_by_role("link").all()
    ]
    assert len(addresses) == 5
    for address in addresses:
        visitor.open(address)
        visitor.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        inspect(visitor)
    visitor.open(f"{ADMINISTRATION}accounts")
    visitor.row("fox@example.com").get_by_role("link").first.click()
    colleague = new_visitor()
    colleague.administer(chief)
    colleague.row("fox@example.com").get_by_role("button").first.click()
    expect(colleague.page.get_by_role("status").filter(has_text="已啟用")).to_be_visible()
    inspect(colleague)
    visitor.press("帳號啟用")
    visitor.page.get_by_role("alert").wait_for()
    inspect(visitor)
    visitor.open(f"{ADMINISTRATION}accounts/nobody")
    visitor.sees("找不到這筆資料")
    inspect(visitor)


def test_the_desk_and_the_doors(
    visitor: Visitor,
    serve: Callable[..., LiveServer],
    new_page: Callable[..., Page],
    make_desk: Callable[..., Person],
    make_person: Callable[..., Person],
    session: Session,
    inspect: Inspect,
) -> None:
    desk, fox = make_desk(), make_person("fox", holder=LONG)
    visitor.open("/authority/portal/administration/")
    visitor.sign_in(desk.name, desk.password)
    visitor.sees("選擇系統")
    inspect(visitor)
    visitor.open("/authority/portal/administration/letters")
    visitor.sees("寄不出去的信件")
    inspect(visitor)
    refused = (
        "550 5.1.1 <" + "long-address-" * 9 + "@example.com>: nobody of that name here, ask the postmaster"
    )
    session.execute(update(OutgoingLetter).values(state=LetterState.DEAD, last_error=refused))
    session.commit()
    visitor.page.reload()
    visitor.reads("nobody of that name")
    inspect(visitor)
    visitor.page.get_by_role("banner").get_by_role("button", name="登出").click()
    visitor.open(ADMINISTRATION)
    visitor.sees("主管機關_系統管理")
    visitor.sign_in(fox.name, fox.password)
    visitor.sees("我的帳號")
    visitor.open(ADMINISTRATION)
    visitor.sees("這個帳號不能使用系統管理")
    inspect(visitor)
    visitor.open(f"{ADMINISTRATION}accounts")
    visitor.sees("您沒有使用這個頁面的權限")
    inspect(visitor)
    outside = Visitor(new_page(), serve(ADMIN_NETWORKS="10.0.0.0/8"))
    outside.open(ADMINISTRATION)
    outside.sees("系統管理只能在機關內部網路使用")
    inspect(outside)
