"""Steps 2 to 12 of manual 5 as its reader takes them: 新帳號申請, and 更新申請權限 of what waits."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.journeys.card_visitor import CardVisitor
from tests.journeys.inspection import Inspect
from tests.journeys.visitor import Visitor
from tests.rig.card_popup import PIN

HOME, CARD = "/authority/smis/", "/authority/smis/card"
LONG = "國立臺灣大學醫學院附設醫院新竹臺大分院生醫醫院竹北院區"
CLINICS = {"3501200001": "同泰診所", "3501200002": "安康診所", "3501200003": LONG}
NUMBER, EMAIL = "F200205905", "clover@example.com"
"""The number ends as the newcomer's card does."""
SENT = "已送出申請，請等待審核通過。"


def step_2_identity(visitor: Visitor, look: Inspect) -> None:
    visitor.sees("新帳號申請")
    visitor.press("確定")
    visitor.reads("請輸入使用者身分證號。", "請輸入驗證碼。")
    look(visitor)
    visitor.box("使用者身分證號").fill(NUMBER)
    visitor.read_captcha()


def steps_3_and_4_unit(visitor: Visitor) -> None:
    """選取: what was typed before is there afterwards."""
    visitor.search_unit("3501200002", "安康診所")
    expect(visitor.box("使用者身分證號")).to_have_value(NUMBER)
    visitor.reads("3501200002", "驗證碼已通過")
    visitor.press("確定")
    visitor.at(f"{HOME}application/details")


def step_5_details(visitor: Visitor, look: Inspect) -> None:
    visitor.reads(f"{NUMBER[:3]}•••••{NUMBER[-2:]}", "申請日期", "安康診所", "【單位無此業務權限】")
    assert NUMBER not in visitor.page.content()
    fill_details(visitor)
    visitor.role("個人防護裝備", "承辦人").check()
    visitor.role("新興傳染病用藥", "管理者").check()
    if visitor.script:
        visitor.reads("已選 2 項")
    visitor.search_unit("同泰", "同泰診所")
    expect(visitor.role("個人防護裝備", "承辦人")).to_be_checked()
    visitor.press("送出申請")
    visitor.reads("請至少勾選一個選項。", "勾選同意")
    look(visitor)
    options = visitor.page.get_by_role("group", name="新興傳染病用藥選項")
    options.get_by_role("checkbox", name="COVID-19").check()
    visitor.agree_to_notice()


def fill_details(visitor: Visitor) -> None:
    visitor.box("使用者姓名").fill("李宜蓁")
    visitor.box("主要連絡電話").fill("02-2960-3456")
    visitor.box("分機").first.fill("12")
    visitor.box("主要電子信箱").fill(EMAIL)


def step_6_sent(visitor: Visitor, look: Inspect) -> None:
    visitor.press("送出申請")
    visitor.sees(SENT)
    visitor.reads("SMIS-", "同泰診所", "承辦人(審核中)", "管理者(COVID-19)(審核中)", EMAIL)
    visitor.open(f"{HOME}application/details")
    visitor.sees(SENT)
    look(visitor)
    visitor.follow("確定")
    visitor.at(HOME)


def steps_8_to_10_the_question(visitor: Visitor, look: Inspect) -> None:
    visitor.open(HOME)
    visitor.follow("新帳號申請")
    expect(visitor.box("使用者身分證號")).to_have_value("")
    visitor.search_unit("同泰", "同泰診所")
    visitor.box("使用者身分證號").fill(NUMBER)
    visitor.read_captcha()
    visitor.press("確定")
    visitor.sees("您有申請中的權限，是否確定更新申請？")
    expect(visitor.page.get_by_role("main").get_by_role("link", name="取消", exact=True)).to_be_visible()
    look(visitor)


def step_11_proved_by_card(visitor: CardVisitor, look: Inspect) -> None:
    """The first card: bound by the code that is mailed to the address of the application."""
    visitor.press("確定")
    visitor.sees("更新申請權限")
    visitor.reads("身份驗證", "自然人憑證", "醫事人員卡", "請輸入您的卡片密碼")
    visitor.page.locator("#card-challenge[data-challenge]").wait_for(state="attached")
    look(visitor)
    visitor.box("卡片密碼 (Password)").fill(PIN)
    visitor.press("確定")
    visitor.sees("輸入驗證碼")
    visitor.type_mailed_code(EMAIL)


def step_12_changed(visitor: Visitor, look: Inspect) -> None:
    """Other data, another role, another unit; a wrong field loses nothing."""
    visitor.sees("更新申請權限")
    visitor.reads("※個人基本資料", "※審核中的權限", "承辦人(審核中)", "管理者(COVID-19)(審核中)", "無此權限")
    expect(visitor.box("主要電子信箱")).to_have_value(EMAIL)
    visitor.box("主要連絡電話").fill("02-2960-9999")
    line = visitor.page.get_by_role("listitem").filter(has_text="同泰診所")
    line.get_by_role("button", name="修改").first.click()
    expect(visitor.box("主要連絡電話")).to_have_value("02-2960-9999")
    expect(visitor.role("個人防護裝備", "承辦人")).to_be_checked()
    visitor.role("個人防護裝備", "管理者").check()
    visitor.box("行動電話").fill("12")
    visitor.press("更新申請")
    visitor.reads("09 開頭", "勾選同意")
    look(visitor)
    expect(visitor.role("個人防護裝備", "管理者")).to_be_checked()
    visitor.box("行動電話").fill("0912345678")
    visitor.agree_to_notice()
    visitor.press("更新申請")
    visitor.sees("已更新申請，請等待審核通過。")
    visitor.reads("SMIS-", "個人基本資料已更新", "修改：同泰診所「個人防護裝備」管理者")
    visitor.follow("再修改其他單位")
    visitor.box("備用電子信箱").fill("other@example.com")
    visitor.search_unit("竹北院區", LONG)
    expect(visitor.box("備用電子信箱")).to_have_value("other@example.com")
    visitor.role("抗蛇毒血清", "瀏覽者").check()
    visitor.agree_to_notice()
    visitor.press("更新申請")
    visitor.reads(f"新增：{LONG}「抗蛇毒血清」瀏覽者")
    visitor.follow("再修改其他單位")
    visitor.reads(LONG, "瀏覽者(審核中)", "管理者(審核中)")
    look(visitor)
