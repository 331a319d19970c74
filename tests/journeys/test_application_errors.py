"""Manual 1 step 2, when something is wrong: nothing typed is lost, and the way to mend it is shown."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys.visitor import APPLICATION, Answers, Visitor

pytestmark = pytest.mark.journey
MISSING = {
    "驗證碼": "請輸入驗證碼。",
    "單位類別": "請先選擇單位類別。",
    "Email": "請輸入Email。",
    "姓名": "請輸入姓名。",
    "性別": "請選擇性別。",
    "密碼": "請輸入密碼。",
    "確認密碼": "請再輸入一次密碼。",
    "連絡電話": "請輸入連絡電話。",
    "我已閱讀並同意上述個人資料蒐集…": "請閱讀告知事項，並勾選同意後再送出。",
}


def test_an_empty_form_says_all_that_is_missing(any_visitor: Visitor) -> None:
    page = any_visitor.page
    any_visitor.open(APPLICATION)
    any_visitor.press("資料送出")
    summary = page.get_by_role("region", name=f"有 {len(MISSING)} 個地方需要修正")
    expect(summary).to_be_focused()
    expect(page).to_have_title(re.compile("^有錯誤："))
    expected = [f"{label}：{sentence}" for label, sentence in MISSING.items()]
    expect(summary.get_by_role("link")).to_have_text(expected)
    for link, sentence in zip(summary.get_by_role("link").all(), MISSING.values(), strict=True):
        link.click()
        field = page.locator(":focus")
        described = field.evaluate(
            """field => [field, field.closest('fieldset')].filter(Boolean)
               .flatMap(each => (each.getAttribute('aria-describedby') ?? '').split(' '))
               .filter(Boolean).map(id => document.getElementById(id).innerText).join()"""
        )
        assert sentence in described
        if field.get_attribute("type") != "radio":
            expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_be_in_viewport()


def test_everything_typed_stays_but_passwords(any_visitor: Visitor) -> None:
    """Two passwords that differ; then the same form goes through without a second captcha."""
    answers = Answers(name="歐陽張○美" * 5, kind="機關管理員")
    any_visitor.open(APPLICATION)
    any_visitor.read_captcha()
    any_visitor.fill(answers)
    any_visitor.box("密碼").fill(answers.password)
    any_visitor.box("確認密碼").fill("Another#pass12")
    any_visitor.agree()
    any_visitor.press("資料送出")
    expect(any_visitor.page.get_by_role("region", name="有 1 個地方需要修正")).to_be_focused()
    any_visitor.reads("兩次輸入的密碼不同，請重新輸入。", "驗證碼已通過")
    all_still_there(any_visitor, answers)
    any_visitor.fill_passwords(answers.password)
    any_visitor.press("資料送出")
    any_visitor.sees("申請已送出")
    assert any_visitor.summary("帳號") == "fox52fox"


def all_still_there(visitor: Visitor, answers: Answers) -> None:
    values = {
        "Email": answers.email, "姓名": answers.name, "連絡電話": answers.phone, "分機": answers.extension,
        "傳真電話": answers.fax, "密碼": "", "確認密碼": "",
    }  # fmt: skip
    for label, value in values.items():
        expect(visitor.box(label)).to_have_value(value)
    for label, name in zip(("單位類別", "單位"), answers.unit, strict=True):
        expect(visitor.box(label).locator("option:checked")).to_have_text(name)
    for radio in (answers.gender, answers.kind):
        expect(visitor.page.get_by_role("radio", name=radio, exact=True)).to_be_checked()
    for permission in answers.permissions:
        expect(visitor.page.get_by_role("checkbox", name=permission, exact=True)).to_be_checked()
    expect(visitor.page.get_by_role("checkbox", checked=True)).to_have_count(len(answers.permissions) + 1)


WRONG = [
    ("密碼", "Short1#", "長度"),
    ("密碼", "nouppercase1#", "大寫"),
    ("密碼", "NOLOWERCASE1#", "小寫"),
    ("密碼", "NoDigitAtAll#", "數字"),
    ("密碼", "NoSymbolAtAll1", "特殊符號"),
    ("密碼", "Wrong!Symbol12", "@"),
    ("Email", "not-an-address", "電子郵件格式不正確"),
    ("Email", "two@at@example.com", "電子郵件格式不正確"),
    ("姓名", "甲" * 51, "50"),
    ("姓名", "張\u202e曉美", "看不見的控制字元"),
    ("連絡電話", "call me", "電話"),
    ("分機", "twelve", "分機"),
    ("傳真電話", "1", "電話"),
]


def test_each_wrong_answer_is_told_at_its_field(visitor: Visitor) -> None:
    """One after the other in the same form, which keeps all the rest."""
    answers = Answers()
    right = {
        "Email": answers.email,
        "姓名": answers.name,
        "連絡電話": answers.phone,
        "分機": "642",
        "傳真電話": "",
    }
    visitor.open(APPLICATION)
    visitor.read_captcha()
    visitor.fill(answers)
    visitor.agree()
    for label, typed, sentence in WRONG:
        visitor.fill_passwords(typed if label == "密碼" else answers.password)
        if label != "密碼":
            visitor.box(label).fill(typed)
        with visitor.page.expect_navigation():
            visitor.press("資料送出")
        expect(visitor.page.get_by_role("region", name="有 1 個地方需要修正")).to_be_focused()
        expect(visitor.page.locator(".error")).to_contain_text([sentence])
        if label != "密碼":
            expect(visitor.box(label)).to_have_value(typed)
            visitor.box(label).fill(right[label])
    visitor.fill_passwords(answers.password)
    visitor.press("資料送出")
    visitor.sees("申請已送出")


def test_full_width_answers_are_understood(visitor: Visitor) -> None:
    visitor.open(APPLICATION)
    visitor.read_captcha()
    wide = visitor.box("驗證碼").input_value().translate({48 + n: 0xFF10 + n for n in range(10)})
    visitor.fill(Answers(email="ｆｏｘ５２ｆｏｘ＠example.com", phone="（０２）２５５６－９７８５"))
    visitor.box("驗證碼").fill(wide)
    visitor.fill_passwords(Answers().password)
    visitor.agree()
    visitor.press("資料送出")
    visitor.sees("申請已送出")
    assert visitor.summary("帳號") == "fox52fox"


def test_a_long_form_outlives_its_session(any_visitor: Visitor) -> None:
    """The cookie is gone when the form is sent: one more press, and only the passwords again."""
    answers = Answers(kind="機關管理員")
    any_visitor.open(APPLICATION)
    any_visitor.read_captcha()
    any_visitor.fill(answers)
    any_visitor.fill_passwords(answers.password)
    any_visitor.agree()
    any_visitor.page.context.clear_cookies()
    any_visitor.press("資料送出")
    any_visitor.sees("請再確認一次，然後送出")
    assert answers.password not in any_visitor.page.content()
    any_visitor.press("再送一次")
    any_visitor.reads("請輸入密碼。", "驗證碼已通過")
    all_still_there(any_visitor, answers)
    any_visitor.fill_passwords(answers.password)
    any_visitor.press("資料送出")
    any_visitor.sees("申請已送出")


def test_a_form_left_open_while_signing_in_elsewhere(
    visitor: Visitor, new_visitor: Callable[..., Visitor]
) -> None:
    """Choosing a unit, checking the name and a new picture all ask the server; none loses the form."""
    visitor.open(APPLICATION)
    visitor.box("姓名").fill("張曉美")
    visitor.page.context.clear_cookies()
    visitor.choose_unit("縣市環保局", "新北市環保局")
    visitor.press("換一張")
    visitor.sees("請再確認一次，然後送出")
    visitor.press("再送一次")
    expect(visitor.box("姓名")).to_have_value("張曉美")
    expect(visitor.box("單位").locator("option:checked")).to_have_text("新北市環保局")
