"""Manual 1 step 7: 帳號啟用, 發送認證信 and 刪除, for one row and for several."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.journeys.crossed import CROSSED
from tests.journeys.paper import content_of, text_of
from tests.journeys.visitor import MENU, Visitor
from tests.rig.people import Person

pytestmark = pytest.mark.journey


@pytest.fixture
def app_settings() -> dict[str, Any]:
    """Letters are read in the demonstration's mailbox."""
    return {"PORTAL_DEMO": True}


@pytest.fixture
def chief(make_person: Callable[..., Person]) -> Person:
    """An administrator of the bureau."""
    return make_person("chief", kind="unit-administrator", holder="陳局長")


def act(row: Locator, words: str) -> Locator:
    """The button of a row; it also names the person to those who do not see the row."""
    return row.get_by_role("button").filter(has_text=words).first


def told(visitor: Visitor, sentence: str) -> None:
    """The page says this above the list."""
    expect(visitor.page.get_by_role("status").filter(has_text=sentence)).to_be_visible()


def test_activating_a_row(any_visitor: Visitor, chief: Person, make_person: Callable[..., Person]) -> None:
    """The address was proved before: the account opens at once, and the applicant is told by letter."""
    fox = make_person("fox", state="proved", holder="張曉美")
    any_visitor.administer(chief)
    button = act(any_visitor.row("fox@example.com"), "帳號啟用")
    expect(button).to_have_accessible_name("帳號啟用 ：張曉美（fox）")
    button.click()
    any_visitor.sees(MENU)
    told(any_visitor, "帳號 fox 已啟用，並已寄信通知申請人。")
    any_visitor.reads("目前沒有等待啟用的帳號")
    any_visitor.read_letter("fox@example.com", "您的帳號 fox 已啟用，可以登入了")
    any_visitor.page.get_by_role("article").get_by_role("link").click()
    any_visitor.sees("主管機關登入專區")
    any_visitor.page.get_by_role("banner").get_by_role("button", name="登出").click()
    any_visitor.sign_in(fox.name, fox.password)
    any_visitor.sees("我的帳號")


@CROSSED
def test_activated_first_and_proved_after(
    any_visitor: Visitor,
    new_visitor: Callable[..., Visitor],
    chief: Person,
    make_person: Callable[..., Person],
) -> None:
    fox = make_person("fox", state="waiting")
    applicant = new_visitor(script=any_visitor.script)
    applicant.open("/authority/")
    applicant.sign_in(fox.name, fox.password)
    applicant.reads("您的帳號還沒有開通，尚待完成", "機關管理員啟用", "信箱認證（請點選驗證信中的連結）")
    any_visitor.administer(chief)
    act(any_visitor.row("fox@example.com"), "帳號啟用").click()
    told(any_visitor, "帳號 fox 已啟用；申請人完成信箱認證後就可以登入，已寄信提醒。")
    applicant.sign_in(fox.name, fox.password)
    applicant.reads("尚待完成：信箱認證（請點選驗證信中的連結）。")
    applicant.read_letter(fox.email, "帳號 fox 已通過審核，還差信箱認證")
    applicant.follow_letter(fox.email, "請認證您的信箱")
    applicant.press("確認我的電子郵件")
    applicant.reads("帳號已經開通，現在就可以登入。")
    applicant.follow("登入")
    applicant.sign_in(fox.name, fox.password)
    applicant.sees("我的帳號")


def test_sending_the_letter_again(
    any_visitor: Visitor, chief: Person, make_person: Callable[..., Person]
) -> None:
    make_person("fox", state="waiting")
    any_visitor.administer(chief)
    for _ in range(3):
        act(any_visitor.row("fox@example.com"), "發送認證信").click()
        told(any_visitor, "已發送認證信給 fox。")
    act(any_visitor.row("fox@example.com"), "發送認證信").click()
    any_visitor.reads("帳號 fox 一小時內已發送 3 次認證信，請稍後再試。")
    any_visitor.open("/demo/")
    letters = any_visitor.page.get_by_role("row").filter(has_text="fox@example.com")
    expect(letters).to_have_count(4)


def test_deleting_names_its_object_and_asks_once(
    any_visitor: Visitor, chief: Person, make_person: Callable[..., Person]
) -> None:
    fox = make_person("fox", state="proved", holder="張曉美")
    any_visitor.administer(chief)
    row = any_visitor.row("fox@example.com")
    sure = row.get_by_role("button", name="確定刪除 fox", exact=True)
    expect(sure).to_be_hidden()
    row.get_by_text("刪除", exact=False).first.click()
    expect(row).to_contain_text("刪除「張曉美」的帳號 fox？會寄信通知申請人，刪除後不能復原。")
    sure.click()
    told(any_visitor, "帳號 fox 已刪除，並已寄信通知。")
    any_visitor.read_letter("fox@example.com", "帳號 fox 的申請未獲同意")
    any_visitor.page.get_by_role("banner").get_by_role("button", name="登出").click()
    any_visitor.sign_in(fox.name, fox.password)
    any_visitor.reads("帳號或密碼不正確")


def test_reading_the_form_and_refusing_with_a_reason(
    any_visitor: Visitor, chief: Person, make_person: Callable[..., Person]
) -> None:
    make_person("fox", state="waiting", holder="張曉美")
    any_visitor.administer(chief)
    any_visitor.row("fox@example.com").get_by_role("link", name="張曉美").click()
    with any_visitor.page.expect_download() as waiting:
        any_visitor.follow("匯出申請表")
    assert "姓名張曉美" in text_of(content_of(waiting.value))
    any_visitor.page.locator("summary", has_text="刪除").click()
    any_visitor.box("原因").fill("已調離本局")
    any_visitor.press("確定刪除 fox")
    told(any_visitor, "帳號 fox 已刪除，並已寄信通知。")
    any_visitor.read_letter("fox@example.com", "帳號 fox 的申請未獲同意")
    expect(any_visitor.page.get_by_role("article")).to_contain_text("原因：已調離本局")


@CROSSED
def test_several_rows_give_a_result_each(
    any_visitor: Visitor, chief: Person, make_person: Callable[..., Person]
) -> None:
    make_person("waiting", state="waiting", holder="甲")
    make_person("proved", state="proved", holder="乙")
    make_person("other", state="proved", holder="丙")
    any_visitor.administer(chief)
    for holder in ("甲", "乙"):
        any_visitor.page.get_by_role("checkbox", name=f"選取 {holder}").check()
    batch = any_visitor.page.get_by_role("group", name="勾選的帳號")
    any_visitor.button("發送認證信", batch).click()
    any_visitor.sees("處理結果")
    any_visitor.reads("1 筆完成，1 筆沒有完成，原因如下。", "已發送認證信給 waiting。")
    any_visitor.reads("帳號 proved 的信箱已經認證，不需要再發送認證信。")
    any_visitor.follow(f"回「{MENU}」")
    for holder in ("甲", "乙"):
        any_visitor.page.get_by_role("checkbox", name=f"選取 {holder}").check()
    any_visitor.button("帳號啟用", batch).click()
    any_visitor.reads("2 筆完成。", "帳號 waiting 已啟用；申請人完成信箱認證後就可以登入")
    any_visitor.reads("帳號 proved 已啟用，並已寄信通知申請人。")
    any_visitor.follow(f"回「{MENU}」")
    any_visitor.button("帳號啟用", batch).click()
    any_visitor.reads("沒有勾選任何帳號，所以沒有做任何變更。")
    any_visitor.follow(f"回「{MENU}」")
    any_visitor.page.get_by_role("checkbox", name="選取 丙").check()
    batch.get_by_text("刪除", exact=True).click()
    if any_visitor.script:
        expect(batch).to_contain_text("已勾選 1 筆")
    any_visitor.button("確定刪除勾選的帳號", batch).click()
    any_visitor.reads("1 筆完成。", "帳號 other 已刪除，並已寄信通知。")


def test_ticking_all_rows(visitor: Visitor, chief: Person, make_person: Callable[..., Person]) -> None:
    for name in ("a1", "b2", "c3"):
        make_person(name, state="waiting")
    visitor.administer(chief)
    batch = visitor.page.get_by_role("group", name="勾選的帳號")
    expect(batch.get_by_role("status")).to_have_text("還沒有勾選")
    visitor.page.get_by_role("checkbox", name="本頁全選").check()
    expect(batch.get_by_role("status")).to_have_text("已勾選 3 筆")
    visitor.row("b2@example.com").get_by_role("checkbox").uncheck()
    expect(batch.get_by_role("status")).to_have_text("已勾選 2 筆")
    visitor.button("帳號啟用", batch).click()
    visitor.reads("2 筆完成。")


@CROSSED
def test_two_administrators_decide_at_once(
    any_visitor: Visitor,
    new_visitor: Callable[..., Visitor],
    chief: Person,
    make_person: Callable[..., Person],
) -> None:
    deputy = make_person("deputy", kind="unit-administrator")
    make_person("fox", state="proved", holder="張曉美")
    colleague = new_visitor(script=any_visitor.script)
    for visitor, person in ((any_visitor, chief), (colleague, deputy)):
        visitor.administer(person)
        visitor.row("fox@example.com").get_by_role("link", name="張曉美").click()
        expect(visitor.page.get_by_role("checkbox", name="一次用產品")).to_be_checked()
    any_visitor.press("帳號啟用")
    told(any_visitor, "帳號 fox 已啟用")
    colleague.page.get_by_role("checkbox", name="一次用產品").uncheck()
    colleague.press("帳號啟用")
    colleague.reads("帳號 fox")
    expect(colleague.page.get_by_role("alert")).to_be_focused()
    expect(colleague.page.get_by_role("main")).to_contain_text("使用中")
