"""Manual 1 step 9: sign-in, 我的帳號, a new password, and signing out."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys.visitor import Visitor
from tests.rig.people import CLEANING_TEAM, Person

pytestmark = pytest.mark.journey
NEW = "Qw3=pLzmTrkd"


@pytest.fixture
def driver(make_person: Callable[..., Person]) -> Person:
    """Somebody of a cleaning team."""
    return make_person("driver", unit=CLEANING_TEAM, holder="王大明")


def test_ones_own_account_says_what_it_may(any_visitor: Visitor, driver: Person) -> None:
    for first in (True, False):
        any_visitor.open("/authority/")
        any_visitor.sign_in(" DRIVER " if first else driver.name, driver.password)
        any_visitor.sees("我的帳號")
        shown = {
            term: any_visitor.summary(term) for term in ("帳號", "姓名", "所屬單位", "帳號類型", "Email")
        }
        assert shown == {
            "帳號": "driver",
            "姓名": "王大明",
            "所屬單位": "清潔隊／新北市／板橋區清潔隊",
            "帳號類型": "一般帳號",
            "Email": driver.email,
        }
        assert "使用中" in any_visitor.summary("狀態")
        any_visitor.reads("已核准的功能權限", "清除與回收", "清除量與回收量月填報表")
        expect(any_visitor.page.get_by_role("main").get_by_text("主管機關_系統管理")).to_have_count(0)
        last = any_visitor.summary("上次登入")
        assert last == "這是您第一次登入" if first else re.fullmatch(r"1\d\d/\d\d/\d\d（.）\d\d:\d\d", last)
        any_visitor.page.get_by_role("banner").get_by_role("button", name="登出").click()
        expect(any_visitor.page.get_by_role("status").filter(has_text="您已登出。")).to_be_visible()
    any_visitor.page.go_back()
    expect(any_visitor.page.get_by_role("heading", level=1, name="我的帳號")).to_have_count(0)
    any_visitor.open("/account/")
    any_visitor.sees("主管機關專區")


def test_a_wrong_password_tells_nothing_and_closes_the_door(any_visitor: Visitor, driver: Person) -> None:
    told = []
    any_visitor.open(driver.home)
    any_visitor.press("登入")
    any_visitor.reads("請輸入用戶帳號。", "請輸入專用密碼。")
    for name in (driver.name, "nobody"):
        for _ in range(6):
            any_visitor.sign_in(name, "Not#theRight1")
            expect(any_visitor.box("專用密碼")).to_have_value("")
            told.append(any_visitor.page.get_by_role("region", name="有 1 個地方需要修正").inner_text())
    assert told[:6] == told[6:]
    assert "帳號或密碼不正確" in told[0]
    assert "連續登入失敗 5 次，請 15 分鐘後再試" in told[5]
    any_visitor.sign_in(driver.name, driver.password)
    any_visitor.reads("連續登入失敗 5 次")
    expect(any_visitor.box("用戶帳號")).to_have_value(driver.name)


def test_changing_the_password(
    any_visitor: Visitor, new_visitor: Callable[..., Visitor], driver: Person
) -> None:
    elsewhere = new_visitor(script=any_visitor.script)
    for visitor in (elsewhere, any_visitor):
        visitor.open(driver.home)
        visitor.sign_in(driver.name, driver.password)
        visitor.sees("我的帳號")
    any_visitor.follow("變更密碼")
    any_visitor.sees("變更密碼")
    for current, new, again, sentence in (
        ("", NEW, NEW, "請輸入目前的密碼。"),
        ("Wrong#one1234", NEW, NEW, "目前的密碼不正確。"),
        (driver.password, NEW, "other", "兩次輸入的密碼不同"),
        (driver.password, driver.password, driver.password, "不能使用最近用過的密碼"),
        (driver.password, NEW, NEW, ""),
    ):
        any_visitor.box("目前的密碼").fill(current)
        any_visitor.box("新密碼").fill(new)
        any_visitor.box("確認新密碼").fill(again)
        any_visitor.press("變更密碼")
        if sentence:
            expect(any_visitor.page.get_by_role("region", name="有 1 個地方需要修正")).to_be_focused()
            any_visitor.reads(sentence)
    any_visitor.sees("我的帳號")
    expect(any_visitor.page.get_by_role("status").filter(has_text="密碼已變更")).to_be_visible()
    elsewhere.page.reload()
    elsewhere.sees("主管機關專區")
    elsewhere.sign_in(driver.name, NEW)
    elsewhere.sees("我的帳號")


def test_the_rule_ticks_while_one_types(visitor: Visitor, driver: Person) -> None:
    visitor.open(driver.home)
    visitor.sign_in(driver.name, driver.password)
    visitor.follow("變更密碼")
    rules = visitor.page.get_by_role("main").get_by_role("listitem")
    visitor.box("新密碼").press_sequentially("abc")
    expect(rules.filter(has_text="小寫英文")).to_contain_text("（符合）")
    expect(rules.filter(has_text="大寫英文")).to_contain_text("（尚未符合）")
    visitor.press("產生密碼")
    expect(rules.filter(has_text="（符合）")).to_have_count(6)
    made = visitor.box("新密碼").input_value()
    assert visitor.box("確認新密碼").input_value() == made
    expect(visitor.box("新密碼")).to_have_attribute("type", "text")
    visitor.box("目前的密碼").fill(driver.password)
    visitor.press("變更密碼")
    visitor.sees("我的帳號")
