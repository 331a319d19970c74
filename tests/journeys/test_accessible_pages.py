"""Every page and state that everybody meets: no violation of WCAG 2.1 A or AA, light, dark, narrow and zoomed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.domain.one_time_token import OneTimeToken
from tests.journeys.inspection import Inspect, troubles_on
from tests.journeys.visitor import APPLICATION, BUREAU, CLEANING_TEAM, MINISTRY, Answers, Visitor
from tests.rig.people import Person

pytestmark = pytest.mark.journey
LONG = Answers(
    email=f"{'long-address' * 4}@{'very-long-host.' * 3}example.com",
    name="歐陽司馬諸葛上官夏侯" * 5,
    unit=MINISTRY,
)
VERIFY, RESET = "請認證您的信箱", "忘記密碼服務連結"


@pytest.fixture
def app_settings() -> dict[str, Any]:
    """With the demonstration's pages and its banner."""
    return {"PORTAL_DEMO": True}


def test_planted_flaws_are_found(visitor: Visitor, axe_source: str) -> None:
    """Each kind of trouble, planted into a page that is in order."""
    visitor.open("/authority/")
    assert troubles_on(visitor.page, axe_source) == []
    visitor.page.evaluate(
        """() => {
          const main = document.querySelector('main');
          main.append(new Image(), document.createElement('input'));
          main.style.color = '#333';
          main.style.minWidth = '400px';
          main.querySelector('h1').style.cssText = 'overflow: hidden; white-space: nowrap; width: 3em';
        }"""
    )
    found = troubles_on(visitor.page, axe_source)
    text = "\n".join(found)
    for words in ("light   image-alt", "light   label", "dark   color-contrast", "640 px   label"):
        assert words in text
    assert "light   color-contrast" not in text
    assert any(line.startswith("320 px: too wide") and "<main" in line for line in found)
    assert not any(line.startswith("640 px: too wide") and "<main" in line for line in found)
    assert any(line.startswith("640 px: too wide: <h1") for line in found)


def test_pages_for_everybody(visitor: Visitor, inspect: Inspect) -> None:
    for path in (
        "/", "/citizen/", "/vendor/", "/authority/", "/authority/hwms/", "/authority/smis/",
        "/authority/smis/application", "/sitemap", "/english",
        "/policies/privacy-and-security", "/policies/open-data", "/demo/", "/nowhere", "/letter/nonsense",
        "/authority/hwms/session", "/demo/letters/nobody", "/?x=%00",
    ):  # fmt: skip
        visitor.open(path)
        visitor.page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        inspect(visitor)
    visitor.open("/authority/")
    visitor.page.get_by_role("button", name="字級大").click()
    inspect(visitor)
    for _ in range(6):
        visitor.sign_in("nobody", "Not#theRight1")
    visitor.reads("連續登入失敗 5 次")
    inspect(visitor)
    visitor.box("用戶帳號").evaluate("each => each.value = 'x'.repeat(300000)")
    visitor.press("登入")
    visitor.sees("送出的內容太大了")
    inspect(visitor)


def test_the_application_in_all_its_states(visitor: Visitor, inspect: Inspect) -> None:
    visitor.open(APPLICATION)
    inspect(visitor)
    visitor.page.get_by_text("聽語音", exact=True).click()
    visitor.press("資料送出")
    visitor.reads("請輸入驗證碼。")
    inspect(visitor)
    for unit in (CLEANING_TEAM, BUREAU, MINISTRY):
        visitor.choose_unit(*unit)
        inspect(visitor)
    visitor.read_captcha()
    visitor.fill(LONG)
    visitor.press("帳號檢核")
    visitor.reads("您的帳號將是")
    visitor.box("密碼").fill("half")
    inspect(visitor)
    visitor.press("資料送出")
    visitor.reads("請再輸入一次密碼。")
    inspect(visitor)
    visitor.fill_passwords(LONG.password)
    visitor.agree()
    visitor.page.context.clear_cookies()
    visitor.press("資料送出")
    visitor.sees("請再確認一次，然後送出")
    inspect(visitor)
    visitor.press("再送一次")
    visitor.fill_passwords(LONG.password)
    visitor.press("資料送出")
    visitor.sees("申請已送出")
    inspect(visitor)
    for _ in range(4):
        with visitor.page.expect_navigation():
            visitor.press("帳號重新認證")
        inspect(visitor)


def test_what_mailed_links_lead_to(
    visitor: Visitor, make_person: Callable[..., Person], session: Session, inspect: Inspect
) -> None:
    people = [make_person(name, state="waiting", holder=LONG.name) for name in ("fox", "elk", "hen")]
    visitor.open("/demo/")
    inspect(visitor)
    visitor.follow_letter(people[0].email, VERIFY)
    visitor.page.get_by_text("撤回申請", exact=True).click()
    inspect(visitor)
    visitor.press("確認我的電子郵件")
    visitor.sees("信箱已認證")
    inspect(visitor)
    visitor.follow_letter(people[0].email, VERIFY)
    visitor.sees("連結已經使用過了")
    inspect(visitor)
    visitor.follow_letter(people[1].email, VERIFY)
    visitor.page.get_by_text("撤回申請", exact=True).click()
    visitor.press("確定撤回申請")
    visitor.sees("申請已撤回")
    inspect(visitor)
    visitor.open("/authority/hwms/verification")
    inspect(visitor)
    for typed in ("nobody", people[2].email):
        visitor.box("Email").fill(typed)
        visitor.press("發送認證信")
        visitor.reads("格式不正確" if typed == "nobody" else people[2].email)
        inspect(visitor)
    visitor.read_letter(people[2].email, VERIFY)
    inspect(visitor)
    session.execute(update(OneTimeToken).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    session.commit()
    visitor.page.get_by_role("article").get_by_role("link").click()
    visitor.sees("連結已經過期")
    inspect(visitor)


def test_the_forgotten_password(
    visitor: Visitor, make_person: Callable[..., Person], inspect: Inspect
) -> None:
    fox = make_person("fox")
    visitor.open("/authority/hwms/password-reset")
    inspect(visitor)
    for typed in ("", fox.email):
        visitor.box("Email").fill(typed)
        visitor.press("送出")
        visitor.reads(fox.email if typed else "此欄位不可留空")
        inspect(visitor)
    visitor.follow_letter(fox.email, RESET)
    visitor.sees("忘記密碼重設")
    inspect(visitor)
    visitor.press("送出")
    visitor.reads("請輸入帳號")
    visitor.press("產生密碼")
    inspect(visitor)
    visitor.box("帳號").fill(fox.name)
    visitor.press("送出")
    visitor.sees("主管機關登入專區")
    inspect(visitor)
    visitor.follow_letter(fox.email, RESET)
    visitor.sees("連結已經使用過了")
    inspect(visitor)


def test_the_session_warning_over_the_page(
    visitor: Visitor, make_person: Callable[..., Person], inspect: Inspect
) -> None:
    fox = make_person("fox", holder=LONG.name)
    visitor.page.clock.install()
    visitor.open(fox.home)
    visitor.press("登入")
    visitor.reads("請輸入用戶帳號。")
    inspect(visitor)
    visitor.sign_in(fox.name, fox.password)
    visitor.sees("我的帳號")
    inspect(visitor)
    visitor.follow("我的資料")
    visitor.sees("我的資料")
    inspect(visitor)
    visitor.page.go_back()
    visitor.follow("變更密碼")
    visitor.press("變更密碼")
    visitor.reads("請輸入目前的密碼。")
    inspect(visitor)
    visitor.page.clock.fast_forward("28:30")
    visitor.page.get_by_role("dialog", name="您還在使用嗎？").wait_for()
    inspect(visitor)
    visitor.page.clock.fast_forward("02:00")
    visitor.page.get_by_role("button", name="關閉").wait_for()
    inspect(visitor)
