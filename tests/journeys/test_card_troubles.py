"""Whatever stands in the way of a card: one clear panel, what to do now, and the keyboard where it is needed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.card_visitor import CERTIFICATES, CardVisitor
from tests.rig.card_popup import FOREIGN, OK, HeldCard
from tests.rig.people import Person

pytestmark = pytest.mark.card

Arrive = Callable[..., CardVisitor]
Hold = Callable[..., HeldCard]
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"
)


def test_component_missing(new_card_visitor: Arrive, axe: Callable[[Page], None]) -> None:
    visitor = new_card_visitor()
    visitor.component.there = False
    visitor.ready()
    visitor.press("重新偵測卡片")
    panel = visitor.told("找不到讀卡元件")
    expect(panel.get_by_role("link", name="跨平台網頁元件")).to_have_attribute(
        "href", "https://moica.nat.gov.tw/rac_plugin.html"
    )
    visitor.focused(visitor.page.locator("[data-card-told]"))
    assert len(visitor.page.context.pages) == 1, "the popup that led nowhere is closed"
    axe(visitor.page)


def test_popup_blocked(new_card_visitor: Arrive) -> None:
    visitor = new_card_visitor()
    visitor.ready()
    visitor.page.evaluate("window.open = () => null")
    visitor.pin.fill("123456")
    visitor.press("登入")
    expect(visitor.told("瀏覽器擋下了讀卡視窗")).to_contain_text(visitor.server.url)
    visitor.never_told("123456")


@pytest.mark.parametrize("code", [FOREIGN, 0x76000031])
def test_component_refuses_this_site(new_card_visitor: Arrive, hold: Hold, code: int) -> None:
    visitor = new_card_visitor()
    visitor.component.put(hold())
    visitor.component.refuses = code
    visitor.ready()
    visitor.press("重新偵測卡片")
    expect(visitor.told("讀卡元件沒有允許本站")).to_contain_text(visitor.server.url)


def test_no_reader_no_card_unreadable_and_wrong_kind(new_card_visitor: Arrive, hold: Hold) -> None:
    visitor = new_card_visitor()
    visitor.ready()
    visitor.press("重新偵測卡片")
    visitor.told("找不到讀卡機")
    for code, title in (
        (0x76500001, "卡片的憑證尚未生效"),
        (0x76500002, "卡片的憑證已過期"),
        (0x76100005, "讀不到這張卡片"),
    ):
        visitor.component.refuses = code
        visitor.press("登入")
        visitor.told(title)
    visitor.component.refuses = OK
    for held, title in (
        (None, "讀卡機裡沒有卡片"),
        ("unknown token", "讀不到這張卡片"),
        (hold("company"), "這張卡片不能用在這裡"),
        (hold("expired"), "卡片的憑證已過期"),
    ):
        visitor.component.put(held)
        visitor.press("重新偵測卡片")
        visitor.told(title)
    visitor.page.clock.set_fixed_time(datetime.now(UTC) - timedelta(days=3 * 365))
    visitor.component.put(hold())
    visitor.press("重新偵測卡片")
    expect(visitor.told("卡片的憑證尚未生效")).to_contain_text("這台電腦的日期和時間")


def test_two_warnings_before_the_third_wrong_pin_then_locked(
    new_card_visitor: Arrive, hold: Hold, axe: Callable[[Page], None]
) -> None:
    held, visitor = hold(), new_card_visitor()
    visitor.component.put(held)
    visitor.ready()
    visitor.type_pin("999999")
    expect(visitor.told("憑證卡片密碼不正確")).to_contain_text("還可以再試 2 次")
    visitor.focused(visitor.pin)
    expect(visitor.pin).to_have_attribute("aria-invalid", "true")
    expect(visitor.pin).to_have_value("")
    visitor.type_pin("999999")
    expect(visitor.told("憑證卡片密碼不正確，只剩最後 1 次")).to_contain_text("0800-080-117")
    axe(visitor.page)
    asked = len(visitor.component.asked)
    visitor.type_pin("999999")
    visitor.told("請先勾選最後一次的確認")
    visitor.focused(visitor.page.get_by_role("checkbox"))
    assert len(visitor.component.asked) == asked, "the last try is not made before it is confirmed"
    visitor.page.get_by_role("checkbox").check()
    visitor.press("登入")
    expect(visitor.told("卡片已經鎖住")).to_contain_text("鎖卡解碼")
    expect(visitor.page.get_by_role("link", name="內政部憑證管理中心").first).to_be_visible()
    axe(visitor.page)
    visitor.never_told("999999")


def test_another_card_starts_with_all_its_tries_and_the_same_one_does_not(
    new_card_visitor: Arrive, hold: Hold
) -> None:
    held, visitor = hold(tries=2), new_card_visitor()
    visitor.component.put(held)
    visitor.ready()
    visitor.press("重新偵測卡片")
    visitor.type_pin("999999")
    visitor.told("憑證卡片密碼不正確，只剩最後 1 次")
    visitor.press("重新偵測卡片")
    visitor.focused(visitor.pin)
    expect(visitor.page.get_by_role("checkbox")).to_be_visible()
    visitor.component.put(hold("revoked"))
    visitor.press("重新偵測卡片")
    visitor.reads("張志豪")
    expect(visitor.page.get_by_role("checkbox")).to_be_hidden()


def test_a_card_that_does_not_tell_how_many_tries_are_left(new_card_visitor: Arrive, hold: Hold) -> None:
    visitor = new_card_visitor()
    visitor.component.put(hold(tells_tries=False))
    visitor.ready()
    visitor.type_pin("999999")
    expect(visitor.told("憑證卡片密碼不正確")).to_contain_text("已經錯了 1 次")
    visitor.type_pin("999999")
    visitor.told("憑證卡片密碼不正確，只剩最後 1 次")
    expect(visitor.page.get_by_role("checkbox")).to_be_visible()


def test_no_pin_where_the_component_does_not_ask(new_card_visitor: Arrive, hold: Hold) -> None:
    visitor = new_card_visitor()
    visitor.component.put(hold())
    visitor.ready()
    visitor.press("登入")
    visitor.told("請輸入憑證卡片密碼")
    visitor.focused(visitor.pin)


def test_a_pin_of_the_wrong_length_costs_no_try(new_card_visitor: Arrive, hold: Hold) -> None:
    visitor = new_card_visitor()
    visitor.component.put(hold())
    visitor.ready()
    visitor.press("重新偵測卡片")
    visitor.reads("王小明")
    visitor.type_pin("1234")
    expect(visitor.told("憑證卡片密碼的長度不對")).to_contain_text("6 到 8")
    assert len(visitor.component.asked) == 1


@pytest.mark.parametrize(
    ("card", "title", "sentence"),
    [
        ("revoked", "登入沒有完成", "憑證已廢止"),
        ("suspended", "登入沒有完成", "綁定仍會保留"),
        ("citizen", "登入沒有完成", "還沒有綁定本系統的帳號"),
    ],
)
def test_the_portal_turns_a_card_away(
    new_card_visitor: Arrive, hold: Hold, axe: Callable[[Page], None], card: str, title: str, sentence: str
) -> None:
    held, visitor = hold(card), new_card_visitor()
    visitor.component.put(held)
    visitor.ready()
    before = visitor.page.locator("#card-challenge").get_attribute("data-challenge")
    visitor.type_pin(held.pin)
    expect(visitor.told(title)).to_contain_text(sentence)
    visitor.focused(visitor.page.locator("#card-outcome"))
    expect(visitor.page.locator("#card-challenge")).not_to_have_attribute("data-challenge", before or "")
    axe(visitor.page)


def test_a_card_bound_elsewhere(
    new_card_visitor: Arrive, make_person: Callable[..., Person], hold: Hold
) -> None:
    held, first, second = hold(), new_card_visitor(), new_card_visitor()
    first.bind(make_person("fox"), held)
    hare = make_person("hare")
    second.open(hare.home)
    second.sign_in(hare.name, hare.password)
    second.sees("我的帳號")
    second.component.put(held)
    second.ready(CERTIFICATES)
    second.type_pin(held.pin, "取得憑證資訊")
    second.press("綁定")
    expect(second.told("這次沒有完成")).to_contain_text("已經綁定在其他帳號")


def test_a_telephone_is_told_that_cards_need_a_pc(new_card_visitor: Arrive) -> None:
    visitor = new_card_visitor(user_agent=PHONE, viewport={"width": 390, "height": 800})
    visitor.open("/authority/hwms/card")
    visitor.told("手機和平板不能讀卡")
    expect(visitor.pin).to_be_hidden()
