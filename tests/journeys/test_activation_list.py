"""Manual 1 step 7: the list 環保局帳號啟用, its columns, filters and pages; on PostgreSQL for a change."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import expect

from tests.journeys.visitor import ADMINISTRATION, MENU, Visitor
from tests.rig.people import BUREAU, CLEANING_TEAM, Person

pytestmark = [
    pytest.mark.journey,
    pytest.mark.postgres,
    pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True),
]
COLUMNS = ["帳號類型", "所屬單位", "電子郵件", "姓名", "性別", "連絡電話", "傳真電話", "資料認證", "管理"]
WAITING = "共 3 筆"


@pytest.fixture
def chief(make_person: Callable[..., Person]) -> Person:
    """An administrator of the bureau, with three applications that wait."""
    make_person("lin.clerk", unit=BUREAU, state="proved", holder="林怡君")
    make_person("team.driver", unit=CLEANING_TEAM, state="waiting", holder="王大明")
    make_person("second.chief", unit=BUREAU, kind="unit-administrator", state="waiting", holder="林志玲")
    return make_person("chief", unit=BUREAU, kind="unit-administrator", holder="陳局長")


def names(visitor: Visitor) -> list[str]:
    """姓名 of every row shown."""
    return visitor.page.get_by_role("rowheader").all_inner_texts()


def narrow(visitor: Visitor, count: str, **wanted: str) -> None:
    """Fill the filters, press 查詢 and wait for the list."""
    for label, value in wanted.items():
        field = visitor.page.get_by_role("search").get_by_label(label, exact=True)
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(label=value)
        else:
            field.fill(value)
    visitor.press("查詢")
    expect(visitor.page.get_by_role("heading", name=count, exact=True)).to_be_visible()


def test_the_list_has_the_manuals_columns(any_visitor: Visitor, chief: Person) -> None:
    any_visitor.administer(chief)
    menu = any_visitor.page.get_by_role("navigation", name="主管機關_系統管理")
    expect(menu.get_by_role("link", name=f"{MENU} 3 件")).to_have_attribute("aria-current", "page")
    heads = any_visitor.page.get_by_role("columnheader").all_inner_texts()
    assert [head for head in heads if head.strip()][-9:] == COLUMNS
    cells = any_visitor.row("team.driver@example.com").get_by_role("cell").all_inner_texts()
    shown = " ".join(cells)
    for words in (
        "一般帳號",
        "清潔隊／新北市／板橋區清潔隊",
        "team.driver@example.com",
        "女",
        "02-25569785",
        "未認證",
    ):
        assert words in shown
    assert "已認證" in any_visitor.row("lin.clerk@example.com").inner_text()
    assert "機關管理員" in any_visitor.row("second.chief@example.com").inner_text()
    acts = any_visitor.row("team.driver@example.com").get_by_role("cell").last
    for words in ("帳號啟用", "發送認證信", "刪除"):
        expect(acts.get_by_text(words).first).to_be_visible()
    # What is proved needs no letter.
    expect(any_visitor.row("lin.clerk@example.com").get_by_text("發送認證信")).to_have_count(0)


def test_each_filter_narrows_and_stands_in_the_address(any_visitor: Visitor, chief: Person) -> None:
    any_visitor.administer(chief)
    assert names(any_visitor) == ["林志玲", "王大明", "林怡君"]
    narrow(any_visitor, "共 1 筆", Email="DRIVER")
    assert names(any_visitor) == ["王大明"]
    assert dict(parse_qsl(urlsplit(any_visitor.page.url).query))["email"] == "DRIVER"
    narrow(any_visitor, "共 2 筆", Email="", 姓名="林")
    assert names(any_visitor) == ["林志玲", "林怡君"]
    narrow(any_visitor, "共 1 筆", 帳號類型="機關管理員")
    assert names(any_visitor) == ["林志玲"]
    narrow(any_visitor, "共 0 筆", 單位類別="清潔隊")
    any_visitor.reads("沒有符合條件的帳號")
    any_visitor.page.get_by_role("search").get_by_role("link", name="清除條件").click()
    expect(any_visitor.page.get_by_role("heading", name=WAITING, exact=True)).to_be_visible()
    narrow(any_visitor, "共 1 筆", 所屬單位="板橋區清潔隊")
    assert names(any_visitor) == ["王大明"]
    narrow(any_visitor, "共 4 筆", 所屬單位="全部", 狀態="全部")
    expect(any_visitor.row("陳局長")).to_contain_text("您自己的帳號")


def test_the_address_shows_the_same_to_everybody(
    any_visitor: Visitor, new_visitor: Callable[..., Visitor], chief: Person
) -> None:
    any_visitor.administer(chief)
    narrow(any_visitor, "共 1 筆", 姓名="林", 帳號類型="一般帳號")
    colleague = new_visitor(script=not any_visitor.script)
    colleague.administer(chief)
    colleague.page.goto(any_visitor.page.url)
    assert names(colleague) == names(any_visitor) == ["林怡君"]
    expect(colleague.page.get_by_role("search").get_by_label("姓名")).to_have_value("林")


def test_going_back_shows_what_was_there(any_visitor: Visitor, chief: Person) -> None:
    any_visitor.administer(chief)
    first = any_visitor.page.url
    narrow(any_visitor, "共 1 筆", Email="driver")
    second = any_visitor.page.url
    narrow(any_visitor, "共 2 筆", Email="", 姓名="林")
    any_visitor.page.go_back()
    any_visitor.page.wait_for_url(second)
    expect(any_visitor.page.get_by_role("rowheader")).to_have_text(["王大明"])
    any_visitor.page.go_back()
    any_visitor.page.wait_for_url(first)
    expect(any_visitor.page.get_by_role("rowheader")).to_have_count(3)
    any_visitor.page.go_forward()
    any_visitor.page.wait_for_url(second)
    expect(any_visitor.page.get_by_role("rowheader")).to_have_text(["王大明"])


def test_twenty_stand_on_a_page(
    any_visitor: Visitor, chief: Person, make_person: Callable[..., Person]
) -> None:
    for number in range(40):
        make_person(f"clerk{number:02}", state="waiting", holder=f"職員{number:02}")
    any_visitor.administer(chief)
    expect(any_visitor.page.get_by_role("heading", name="共 43 筆")).to_be_visible()
    first = names(any_visitor)
    assert first == [f"職員{number:02}" for number in range(39, 19, -1)]
    pages = any_visitor.page.get_by_role("navigation", name="分頁")
    expect(pages.get_by_role("link")).to_have_text(["下一頁"])
    pages.get_by_role("link", name="下一頁").click()
    expect(any_visitor.page.get_by_role("rowheader").first).to_have_text("職員19")
    assert len(names(any_visitor)) == 20
    pages.get_by_role("link", name="下一頁").click()
    expect(any_visitor.page.get_by_role("rowheader")).to_have_text(["林志玲", "王大明", "林怡君"])
    expect(pages.get_by_role("link")).to_have_text(["上一頁"])
    pages.get_by_role("link", name="上一頁").click()
    expect(any_visitor.page.get_by_role("rowheader").first).to_have_text("職員19")
    any_visitor.page.go_back()
    expect(any_visitor.page.get_by_role("rowheader")).to_have_count(3)
    # A filter keeps its pages, a new question begins at the first.
    narrow(any_visitor, "共 40 筆", 姓名="職員")
    assert names(any_visitor) == first
    pages.get_by_role("link", name="下一頁").click()
    expect(any_visitor.page.get_by_role("rowheader").last).to_have_text("職員00")


def test_an_empty_list_says_what_would_be_there(
    any_visitor: Visitor, make_person: Callable[..., Person]
) -> None:
    any_visitor.administer(make_person("chief", kind="unit-administrator"))
    any_visitor.reads("共 0 筆", "目前沒有等待啟用的帳號。有人送出申請後，會出現在這裡。")
    any_visitor.follow("查看全部帳號")
    expect(any_visitor.row("chief@example.com")).to_contain_text("您自己的帳號")


def test_the_front_door_of_the_administration(
    any_visitor: Visitor, make_person: Callable[..., Person]
) -> None:
    """A closed page leads to the sign-in and from there to where one wanted to go; others are told."""
    clerk, chief = make_person("clerk", holder="職員"), make_person("chief", kind="unit-administrator")
    any_visitor.open(f"{ADMINISTRATION}accounts?name=x")
    any_visitor.sees("主管機關_系統管理")
    any_visitor.sign_in(chief.name, "wrong")
    any_visitor.reads("帳號或密碼不正確")
    any_visitor.sign_in(chief.name, chief.password)
    any_visitor.at(f"{ADMINISTRATION}accounts?name=x")
    any_visitor.page.get_by_role("banner").get_by_role("button", name="登出").click()
    any_visitor.open(ADMINISTRATION)
    any_visitor.sign_in(clerk.name, clerk.password)
    any_visitor.sees("我的帳號")
    any_visitor.follow("主管機關_系統管理", "banner")
    any_visitor.sees("這個帳號不能使用系統管理")
    any_visitor.press("登出，換帳號登入")
    any_visitor.sees("主管機關登入專區")
