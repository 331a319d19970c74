"""Manual 5 steps 8 to 12, 更新申請權限 behind the card; and 個人資料維護 of somebody who has signed in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Locator, expect

from tests.journeys.card_visitor import CardVisitor
from tests.journeys.inspection import Inspect
from tests.journeys.visitor import Visitor
from tests.rig.card_popup import HeldCard
from tests.rig.smis import COVID, PPE, SmisPerson, institution, smis_client, smis_person
from tests.rig.update_pages import UPDATE, mailed_code, proved_client

pytestmark = pytest.mark.journey
OTHER = "3501200002"
LONG = "國立臺灣大學醫學院附設醫院新竹臺大分院生醫醫院竹北院區"
NUMBER = "A123456789"
"""Ends as the card of 王小明 does."""


@pytest.mark.card
@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_somebody_changes_an_application_behind_the_card(
    card_app: Flask,
    new_card_visitor: Callable[..., CardVisitor],
    hold: Callable[..., HeldCard],
    inspect: Inspect,
) -> None:
    person = smis_person(card_app, "clover", "waiting", wanted=(PPE, COVID), holder="王小明", number=NUMBER)
    institution(card_app, OTHER, LONG)
    held, visitor = hold(), new_card_visitor()
    visitor.component.put(held)
    visitor.open("/authority/smis/application")
    choose_unit(visitor, "同泰", "同泰診所")
    visitor.box("使用者身分證號").fill(person.number)
    visitor.read_captcha()
    visitor.press("確定")
    visitor.sees("您有申請中的權限，是否確定更新申請？")
    visitor.press("確定")
    visitor.sees("更新申請權限")
    visitor.reads("身份驗證", "自然人憑證", "醫事人員卡", "請輸入您的卡片密碼")
    visitor.page.locator("#card-challenge[data-challenge]").wait_for(state="attached")
    inspect(visitor)
    visitor.box("卡片密碼 (Password)").fill(held.pin)
    visitor.press("確定")
    visitor.sees("輸入驗證碼")
    visitor.box("驗證碼").fill(mailed_code(card_app, person.email))
    visitor.press("確定")
    change_everything(visitor, inspect)
    visitor.never_told(held.pin)


def test_the_same_without_scripts_once_the_card_was_read(
    app: Flask, new_visitor: Callable[..., Visitor]
) -> None:
    person = smis_person(app, "clover", "waiting", wanted=(PPE, COVID))
    institution(app, OTHER, LONG)
    visitor = new_visitor(script=False)
    be(visitor, proved_client(app, person))
    visitor.open(UPDATE)
    change_everything(visitor, lambda _: None)


def change_everything(visitor: Visitor, look: Inspect) -> None:
    """Step 12: other data, another role, another unit; a wrong field loses nothing."""
    visitor.sees("更新申請權限")
    visitor.reads("※個人基本資料", "※審核中的權限", "承辦人(審核中)", "管理者(COVID-19)(審核中)", "無此權限")
    expect(visitor.box("主要電子信箱")).to_have_value("clover@example.com")
    visitor.box("主要連絡電話").fill("02-2960-9999")
    turn_to(visitor, "修改", "同泰診所")
    expect(visitor.box("主要連絡電話")).to_have_value("02-2960-9999")
    expect(role(visitor, "個人防護裝備", "承辦人")).to_be_checked()
    role(visitor, "個人防護裝備", "管理者").check()
    visitor.box("行動電話").fill("12")
    visitor.press("更新申請")
    visitor.reads("09 開頭", "勾選同意")
    look(visitor)
    expect(role(visitor, "個人防護裝備", "管理者")).to_be_checked()
    visitor.box("行動電話").fill("0912345678")
    agree(visitor)
    visitor.press("更新申請")
    visitor.sees("已更新申請，請等待審核通過。")
    visitor.reads("SMIS-", "個人基本資料已更新", "修改：同泰診所「個人防護裝備」管理者")
    visitor.follow("再修改其他單位")
    visitor.box("備用電子信箱").fill("other@example.com")
    choose_unit(visitor, "竹北院區", LONG)
    expect(visitor.box("備用電子信箱")).to_have_value("other@example.com")
    role(visitor, "抗蛇毒血清", "瀏覽者").check()
    agree(visitor)
    visitor.press("更新申請")
    visitor.reads(f"新增：{LONG}「抗蛇毒血清」瀏覽者")
    visitor.follow("再修改其他單位")
    visitor.reads(LONG, "瀏覽者(審核中)", "管理者(審核中)")
    look(visitor)


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
def test_holders_maintain_their_own_data(
    app: Flask, new_visitor: Callable[..., Visitor], inspect: Inspect, script: bool
) -> None:
    person = smis_person(app, "clover", wanted=(PPE, COVID))
    institution(app, OTHER, LONG)
    visitor = new_visitor(script=script)
    look: Inspect = inspect if script else lambda _: None
    be(visitor, smis_client(app, person))
    visitor.open("/account/")
    visitor.follow("個人資料維護")
    visitor.sees("個人資料維護")
    change_contact(visitor, person, look)
    ask_for_more(visitor, look)
    give_up(visitor, person, look)


def change_contact(visitor: Visitor, person: SmisPerson, look: Inspect) -> None:
    visitor.follow("修改個人資料")
    expect(visitor.box("使用者姓名")).to_have_count(0)
    visitor.box("主要電子信箱").fill("not an address")
    visitor.press("儲存")
    visitor.reads("電子郵件格式不正確")
    look(visitor)
    visitor.box("主要電子信箱").fill(f"new.{person.email}")
    visitor.press("儲存")
    visitor.sees("個人資料維護")
    assert visitor.summary("主要電子信箱") == f"new.{person.email}"
    expect(visitor.page.get_by_role("status").filter(has_text="通知信已寄到")).to_be_visible()


def ask_for_more(visitor: Visitor, look: Inspect) -> None:
    visitor.follow("申請其他權限")
    turn_to(visitor, "選擇", "同泰診所")
    expect(role(visitor, "個人防護裝備", "承辦人")).to_be_checked()
    agree(visitor)
    visitor.press("送出申請")
    visitor.reads("不需要再申請")
    choose_unit(visitor, "竹北院區", LONG)
    role(visitor, "流感抗病毒藥劑", "管理者").check()
    agree(visitor)
    look(visitor)
    visitor.press("送出申請")
    visitor.sees("個人資料維護")
    expect(visitor.page.get_by_role("status").filter(has_text="已送出申請，請等待審核通過。")).to_be_visible()
    visitor.reads(LONG, "管理者(審核中)")
    look(visitor)
    visitor.page.get_by_text(f"撤回「{LONG}」的流感抗病毒藥劑").click()
    visitor.press("確定撤回")
    visitor.reads("目前沒有審核中的申請")


def give_up(visitor: Visitor, person: SmisPerson, look: Inspect) -> None:
    visitor.follow("放棄權限")
    for box in visitor.page.get_by_role("checkbox").all():
        box.check()
    visitor.page.get_by_text("放棄勾選的權限").click()
    look(visitor)
    visitor.press("確定放棄")
    visitor.sees("已放棄所有權限，帳號已停用")
    look(visitor)
    visitor.open("/account/data")
    visitor.sees("主管機關專區")


def be(visitor: Visitor, client: FlaskClient) -> None:
    """Go on where another browser stands."""
    cookie = client.get_cookie("portal")
    assert cookie is not None
    visitor.page.context.add_cookies([{"name": "portal", "value": cookie.value, "url": visitor.server.url}])


def turn_to(visitor: Visitor, words: str, unit: str) -> None:
    """The button beside a unit's name."""
    line = visitor.page.get_by_role("listitem").filter(has_text=unit)
    line.get_by_role("button", name=words).first.click()


def choose_unit(visitor: Visitor, typed: str, name: str) -> None:
    """單位查詢: a dialog with script, a page without."""
    visitor.page.locator("#unit-chosen").get_by_role("button").first.click()
    place: Locator = visitor.page.get_by_role("dialog" if visitor.script else "main")
    place.get_by_label("單位名稱", exact=True).fill(typed)
    place.get_by_role("button", name="查詢", exact=True).click()
    place.get_by_role("button", name=name, exact=True).click()
    expect(visitor.page.locator("#unit-chosen")).to_contain_text(name)


def agree(visitor: Visitor) -> None:
    visitor.page.get_by_role("checkbox", name="我同意個資聲明事項").check()


def role(visitor: Visitor, category: str, words: str) -> Locator:
    """The radio button of a role in a category."""
    group = visitor.page.get_by_role("group", name=category, exact=True)
    return group.get_by_role("radio", name=words, exact=True)
