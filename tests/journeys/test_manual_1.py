"""Manual 1 from the home page to the forgotten password: with script and without, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.paper import codes_on, content_of, text_of
from tests.journeys.visitor import BUREAU, MENU, Answers, Visitor
from tests.rig.databases import BOTH
from tests.rig.people import Person

pytestmark = pytest.mark.journey
ANSWERS = Answers(email="fox52fox@example.com", permissions=("一次用產品", "過度包裝"))
NEW_PASSWORD = "Qw3=pLzmTrkd"
RESET_SENT = "已寄修改密碼信件至您的信箱，請點選信件中的「忘記密碼服務連結」修改密碼，謝謝！"


@pytest.fixture
def app_settings() -> dict[str, Any]:
    """In demonstration mode letters are read on the mailbox page, and the captcha's answer is told."""
    return {"PORTAL_DEMO": True}


@pytest.mark.parametrize("database_kind", BOTH, indirect=True)
def test_from_application_to_sign_in_and_back(
    any_visitor: Visitor,
    new_visitor: Callable[..., Visitor],
    make_person: Callable[..., Person],
    tmp_path: Path,
) -> None:
    administrator = make_person("chief", kind="unit-administrator")
    applicant = any_visitor
    official = new_visitor(script=applicant.script)

    step_1_home_and_zone(applicant)
    step_2_basic_data(applicant)
    step_3_permissions(applicant)
    step_4_sent_and_named(applicant)
    step_5_printed(applicant, tmp_path)
    step_6_address_proved(applicant)
    step_7_activated(official, administrator)
    step_9_signed_in(applicant, ANSWERS.password, first=True)
    step_8_password_forgotten(applicant)
    step_9_signed_in(applicant, NEW_PASSWORD, first=False)


def step_1_home_and_zone(applicant: Visitor) -> None:
    applicant.open("/")
    for zone in ("民眾專區", "廠商專區", "主管機關"):
        expect(applicant.page.get_by_role("heading", name=zone, exact=True)).to_be_visible()
    applicant.follow("主管機關", "banner")
    applicant.sees("主管機關專區")
    applicant.reads("歡迎您使用本專區，請使用您的用戶帳號與專用密碼登入。", "相關連結", "忘記密碼？")
    applicant.follow("帳號申請")
    applicant.sees("帳號申請")


def step_2_basic_data(applicant: Visitor) -> None:
    """驗證碼 as the demonstration tells it, 所屬單位, Email with 帳號檢核 and the rest."""
    applicant.read_captcha()
    applicant.choose_unit(*BUREAU)
    applicant.box("Email").fill(ANSWERS.email)
    applicant.press("帳號檢核")
    applicant.reads("您的帳號將是 fox52fox，送出後正式編定。", "驗證碼已通過")
    applicant.box("姓名").fill(ANSWERS.name)
    applicant.page.get_by_role("radio", name=ANSWERS.gender, exact=True).check()
    applicant.fill_passwords(ANSWERS.password)
    applicant.box("連絡電話").fill(ANSWERS.phone)
    applicant.box("分機").fill(ANSWERS.extension)
    applicant.box("傳真電話").fill(ANSWERS.fax)
    applicant.page.get_by_role("radio", name="一般帳號", exact=True).check()


def step_3_permissions(applicant: Visitor) -> None:
    picker = applicant.page.get_by_role("group", name="欲使用之功能")
    expect(picker.get_by_role("checkbox")).to_have_count(29)
    for permission in ANSWERS.permissions:
        picker.get_by_role("checkbox", name=permission, exact=True).check()
    applicant.agree()


def step_4_sent_and_named(applicant: Visitor) -> None:
    applicant.press("資料送出")
    applicant.sees("申請已送出")
    assert applicant.summary("帳號") == "fox52fox"
    applicant.reads("請務必牢記", "帳號重新認證")


def step_5_printed(applicant: Visitor, folder: Path) -> None:
    case = applicant.summary("案件編號")
    with applicant.page.expect_download() as waiting:
        applicant.follow("匯出申請表")
    assert waiting.value.suggested_filename == f"{case}.pdf"
    pdf = content_of(waiting.value)
    printed = text_of(pdf)
    for words in ("帳號fox52fox", "帳號類型一般帳號", "姓名張曉美", "性別女", "Emailfox52fox@example.com",
                  "02-25569785#642", "02-25565775", "新北市環保局", "申請人簽章", "單位主管核章"):  # fmt: skip
        assert words in printed, words
    for permission in ANSWERS.permissions:
        assert f"☑{permission}" in printed
    assert codes_on(pdf, folder) == [case]


def step_6_address_proved(applicant: Visitor) -> None:
    applicant.follow("示範信箱")
    applicant.sees("示範信箱")
    applicant.follow_letter(ANSWERS.email, "請認證您的信箱")
    applicant.at("/authority/hwms/proof")
    applicant.press("確認我的電子郵件")
    applicant.sees("信箱已認證")
    applicant.reads("已認證", "還差一步：帳號要由機關管理員啟用後才能登入")


def step_7_activated(official: Visitor, administrator: Person) -> None:
    official.administer(administrator)
    row = official.row("fox52fox@example.com")
    expect(row).to_contain_text("縣市環保局／新北市環保局")
    expect(row).to_contain_text("已認證")
    row.get_by_role("link", name=ANSWERS.name).click()
    for permission in ANSWERS.permissions:
        expect(official.page.get_by_role("checkbox", name=permission)).to_be_checked()
    official.page.get_by_role("checkbox", name="過度包裝").uncheck()
    official.page.get_by_role("checkbox", name="垃圾處理廠(場)").check()
    official.press("帳號啟用")
    official.sees(MENU)
    expect(official.page.get_by_role("status").filter(has_text="帳號 fox52fox 已啟用")).to_be_visible()
    expect(official.row("fox52fox@example.com")).to_have_count(0)


def step_8_password_forgotten(applicant: Visitor) -> None:
    """The four steps of the manual, begun at the sign-in page."""
    applicant.page.get_by_role("banner").get_by_role("button", name="登出").click()
    applicant.follow("忘記密碼？")
    applicant.sees("忘記密碼")
    applicant.box("Email").fill(ANSWERS.email)
    applicant.press("送出")
    applicant.reads(RESET_SENT)
    applicant.follow("確定")
    applicant.follow_letter(ANSWERS.email, "忘記密碼服務連結")
    applicant.sees("忘記密碼重設")
    applicant.box("帳號").fill("fox52fox")
    applicant.box("新密碼").fill(NEW_PASSWORD)
    applicant.box("確認新密碼").fill(NEW_PASSWORD)
    applicant.press("送出")
    expect(applicant.page.get_by_role("status").filter(has_text="密碼已設定完成")).to_be_visible()


def step_9_signed_in(applicant: Visitor, password: str, first: bool) -> None:
    """我的帳號 says what the manual's reader wants to know."""
    applicant.open("/authority/")
    applicant.sign_in("fox52fox", password)
    applicant.sees("我的帳號")
    assert applicant.summary("所屬單位") == "縣市環保局／新北市環保局"
    assert applicant.summary("帳號類型") == "一般帳號"
    assert "使用中" in applicant.summary("狀態")
    assert (applicant.summary("上次登入") == "這是您第一次登入") is first
    applicant.reads("一次用產品", "垃圾處理廠(場)")
    expect(applicant.page.get_by_role("main")).not_to_contain_text("過度包裝")
