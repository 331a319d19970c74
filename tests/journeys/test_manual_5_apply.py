"""Manual 5 steps 1 to 6 and 8 to 10: 新帳號申請 from the zone to the receipt, and the question at the second time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Locator, expect

from tests.journeys.inspection import Inspect
from tests.journeys.visitor import Visitor
from tests.rig.smis import institution, personal_number

pytestmark = pytest.mark.journey


@pytest.fixture
def app_settings(demonstration_cards: Path) -> dict[str, Any]:
    """The demonstration's cards are trusted, so the zone has 登入 with the card."""
    return {"PORTAL_DEMO": True, "AUTHORITIES_PATH": str(demonstration_cards / "authorities")}


@pytest.mark.parametrize(
    ("database_kind", "script"), [("postgresql", True), ("sqlite", False)], indirect=["database_kind"]
)
def test_from_the_zone_to_the_receipt(
    app: Flask, new_visitor: Callable[..., Visitor], inspect: Inspect, script: bool
) -> None:
    institution(app, "3501200001", "同泰診所")
    institution(app, "3501200002", "安康診所", county="金門縣")
    number = personal_number()
    visitor = new_visitor(script=script)
    look: Inspect = inspect if script else lambda _: None
    step_1_zone(visitor)
    step_2_identity(visitor, number, look)
    step_3_unit(visitor, "3501200001", "同泰診所")
    expect(visitor.box("使用者身分證號")).to_have_value(number)
    step_4_confirmed(visitor)
    step_5_details(visitor, number, look)
    step_6_sent(visitor, look)
    steps_8_to_10_the_question(visitor, number, look)


def step_1_zone(visitor: Visitor) -> None:
    visitor.open("/authority/")
    panel = visitor.page.locator("#smis")
    expect(panel.get_by_role("link", name="登入", exact=True)).to_be_visible()
    expect(panel).not_to_contain_text("密碼")
    panel.get_by_role("link", name="新帳號申請", exact=True).click()
    visitor.sees("新帳號申請")


def step_2_identity(visitor: Visitor, number: str, look: Inspect) -> None:
    visitor.press("確定")
    visitor.reads("請輸入使用者身分證號。", "請輸入驗證碼。")
    look(visitor)
    visitor.box("使用者身分證號").fill(number)
    visitor.read_captcha()


def step_3_unit(visitor: Visitor, typed: str, name: str) -> None:
    """選取: a dialog with script, a page without; what was typed before is there afterwards."""
    visitor.page.locator("#unit-chosen").get_by_role("button").click()
    place: Locator = visitor.page.get_by_role("dialog" if visitor.script else "main")
    place.get_by_label("單位名稱", exact=True).fill(typed)
    place.get_by_role("button", name="查詢", exact=True).click()
    place.get_by_role("button", name=name, exact=True).click()
    expect(visitor.page.locator("#unit-chosen")).to_contain_text(name)


def step_4_confirmed(visitor: Visitor) -> None:
    visitor.reads("3501200001", "驗證碼已通過")
    visitor.press("確定")
    visitor.at("/authority/smis/application/details")


def step_5_details(visitor: Visitor, number: str, look: Inspect) -> None:
    visitor.reads(f"{number[:3]}•••••{number[-2:]}", "申請日期", "同泰診所", "【單位無此業務權限】")
    assert number not in visitor.page.content()
    visitor.box("使用者姓名").fill("林小苗")
    visitor.box("主要連絡電話").fill("02-2960-3456")
    visitor.box("分機").first.fill("12")
    visitor.box("主要電子信箱").fill("clover@example.com")
    visitor.box("行動電話").fill("0912345678")
    role(visitor, "流感抗病毒藥劑", "管理者").check()
    role(visitor, "新興傳染病用藥", "承辦人").check()
    if visitor.script:
        visitor.reads("已選 2 項")
    step_3_unit(visitor, "安康", "安康診所")
    expect(role(visitor, "流感抗病毒藥劑", "管理者")).to_be_checked()
    visitor.press("送出申請")
    visitor.reads("請至少勾選一個選項。", "勾選同意")
    look(visitor)
    visitor.page.get_by_role("group", name="新興傳染病用藥選項").get_by_role(
        "checkbox", name="COVID-19"
    ).check()
    visitor.page.get_by_role("checkbox", name="我同意個資聲明事項").check()


def step_6_sent(visitor: Visitor, look: Inspect) -> None:
    visitor.press("送出申請")
    visitor.sees("已送出申請，請等待審核通過。")
    visitor.reads("SMIS-", "安康診所", "管理者(審核中)", "承辦人(COVID-19)(審核中)", "clover@example.com")
    visitor.open("/authority/smis/application/details")
    visitor.sees("已送出申請，請等待審核通過。")
    look(visitor)
    visitor.follow("確定")
    visitor.at("/authority/smis/")


def steps_8_to_10_the_question(visitor: Visitor, number: str, look: Inspect) -> None:
    visitor.follow("新帳號申請")
    expect(visitor.box("使用者身分證號")).to_have_value("")
    step_3_unit(visitor, "同泰", "同泰診所")
    visitor.box("使用者身分證號").fill(number)
    visitor.read_captcha()
    visitor.press("確定")
    visitor.sees("您有申請中的權限，是否確定更新申請？")
    expect(visitor.button("確定")).to_be_visible()
    look(visitor)
    visitor.follow("取消")
    visitor.at("/authority/smis/")


def role(visitor: Visitor, category: str, words: str) -> Locator:
    """The radio button of a role in a category."""
    group = visitor.page.get_by_role("group", name=category, exact=True)
    return group.get_by_role("radio", name=words, exact=True)
