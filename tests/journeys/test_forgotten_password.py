"""Manual 1 step 8: 忘記密碼 in four steps, with the manual's sentence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.domain.one_time_token import OneTimeToken
from tests.journeys.visitor import Visitor
from tests.rig.people import Person

pytestmark = pytest.mark.journey
LETTER = "忘記密碼服務連結"
SENT = "已寄修改密碼信件至您的信箱，請點選信件中的「忘記密碼服務連結」修改密碼，謝謝！"
NEW = "Qw3=pLzmTrkd"


@pytest.fixture
def app_settings() -> dict[str, Any]:
    """Letters are read in the demonstration's mailbox."""
    return {"PORTAL_DEMO": True}


@pytest.fixture
def fox(make_person: Callable[..., Person]) -> Person:
    """Somebody who forgot their password."""
    return make_person("fox")


def ask(visitor: Visitor, address: str) -> None:
    """Steps 1 to 3, up to the manual's message."""
    visitor.open("/authority/")
    visitor.follow("忘記密碼？")
    visitor.sees("忘記密碼")
    visitor.reads("請輸入申請帳號所填寫的電子信箱")
    visitor.reads("如果要重設密碼，請輸入您申請帳號的電子信箱，我們會寄出重設密碼的郵件至您的信箱。")
    visitor.box("Email").fill(address)
    visitor.press("送出")
    visitor.sees("請到信箱收信")
    visitor.reads(SENT)


def renew(visitor: Visitor, name: str, password: str, again: str | None = None) -> None:
    """Step 4: the fields of the page behind the link."""
    visitor.sees("忘記密碼重設")
    visitor.box("帳號").fill(name)
    visitor.box("新密碼").fill(password)
    visitor.box("確認新密碼").fill(password if again is None else again)
    visitor.press("送出")


def test_the_address_must_be_given(any_visitor: Visitor) -> None:
    any_visitor.open("/authority/hwms/password-reset")
    for typed, sentence in (("", "此欄位不可留空"), ("nobody", "電子郵件格式不正確")):
        any_visitor.box("Email").fill(typed)
        any_visitor.press("送出")
        expect(any_visitor.page.get_by_role("region", name="有 1 個地方需要修正")).to_be_focused()
        expect(any_visitor.page.locator(".error")).to_contain_text(sentence)
        expect(any_visitor.box("Email")).to_have_value(typed)


def test_strangers_get_the_same_answer_and_no_letter(any_visitor: Visitor, fox: Person) -> None:
    told = []
    for address in (fox.email, "stranger@example.com"):
        ask(any_visitor, address)
        told.append(any_visitor.page.get_by_role("main").inner_text().replace(address, "…"))
    assert told[0] == told[1]
    any_visitor.open("/demo/")
    expect(any_visitor.page.get_by_role("row").filter(has_text=LETTER)).to_have_count(1)
    expect(any_visitor.page.get_by_role("row").filter(has_text="stranger")).to_have_count(0)


def test_the_new_password_opens_and_the_old_one_does_not(
    any_visitor: Visitor, new_visitor: Callable[..., Visitor], fox: Person
) -> None:
    elsewhere = new_visitor(script=any_visitor.script)
    elsewhere.open(fox.home)
    elsewhere.sign_in(fox.name, fox.password)
    elsewhere.sees("我的帳號")
    ask(any_visitor, fox.email)
    any_visitor.follow_letter(fox.email, LETTER)
    any_visitor.at("/authority/hwms/password-reset/new")
    renew(any_visitor, fox.name, NEW)
    any_visitor.sees("主管機關登入專區")
    any_visitor.sign_in(fox.name, fox.password)
    any_visitor.reads("帳號或密碼不正確")
    any_visitor.sign_in(fox.name, NEW)
    any_visitor.sees("我的帳號")
    elsewhere.open("/account/")
    elsewhere.sees("主管機關專區")
    any_visitor.read_letter(fox.email, "帳號 fox 的密碼已變更")


def test_what_is_wrong_with_the_new_password_is_told(any_visitor: Visitor, fox: Person) -> None:
    ask(any_visitor, fox.email)
    any_visitor.follow_letter(fox.email, LETTER)
    for name, password, again, label, sentence in (
        ("", NEW, NEW, "帳號", "請輸入帳號"),
        (fox.name, "", "", "新密碼", "請輸入新密碼"),
        (fox.name, NEW, NEW + "x", "確認新密碼", "兩次輸入的密碼不同"),
        (fox.name, "weak", "weak", "新密碼", "12"),
        (fox.name, fox.password, fox.password, "新密碼", "不能使用最近用過的密碼"),
        ("somebody", NEW, NEW, "帳號", "這個帳號不屬於收到信件的信箱"),
    ):
        renew(any_visitor, name, password, again)
        expect(any_visitor.page.get_by_role("region", name="有 1 個地方需要修正")).to_be_focused()
        expect(any_visitor.page.locator(".error")).to_contain_text(sentence)
        expect(any_visitor.box(label)).to_have_attribute("aria-invalid", "true")
        for field in ("新密碼", "確認新密碼"):
            expect(any_visitor.box(field)).to_have_value("")
    renew(any_visitor, fox.name, NEW)
    any_visitor.sees("主管機關登入專區")


def test_two_accounts_at_one_address(
    visitor: Visitor, fox: Person, make_person: Callable[..., Person]
) -> None:
    second = make_person("fox")
    assert second.name == "fox01"
    ask(visitor, fox.email)
    visitor.read_letter(fox.email, LETTER)
    expect(visitor.page.get_by_role("article")).to_contain_text("fox01")
    visitor.page.get_by_role("article").get_by_role("link").click()
    renew(visitor, "FOX01", NEW)
    visitor.sees("主管機關登入專區")
    visitor.sign_in("fox01", NEW)
    visitor.sees("我的帳號")
    assert visitor.summary("帳號") == "fox01"


def test_links_that_no_longer_work(any_visitor: Visitor, fox: Person, session: Session) -> None:
    def link() -> str:
        any_visitor.read_letter(fox.email, LETTER)
        return any_visitor.page.get_by_role("article").get_by_role("link").get_attribute("href") or ""

    ask(any_visitor, fox.email)
    first = link()
    ask(any_visitor, fox.email)
    second = link()
    any_visitor.page.goto(first)
    any_visitor.sees("請改用最新的一封信")
    any_visitor.page.goto(second)
    renew(any_visitor, fox.name, NEW)
    any_visitor.sees("主管機關登入專區")
    any_visitor.page.goto(second)
    any_visitor.sees("連結已經使用過了")
    any_visitor.reads("您已經重設過密碼的話，請用新密碼登入。")
    ask(any_visitor, fox.email)
    third = link()
    session.execute(update(OneTimeToken).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    session.commit()
    any_visitor.page.goto(third)
    any_visitor.sees("連結已經過期")
    any_visitor.follow("忘記密碼")
    any_visitor.sees("忘記密碼")
