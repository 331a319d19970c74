"""Manual 5 from the first try of a card to the return after half a year, on both databases; and without scripts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Locator, expect
from sqlalchemy import update

from portal.domain.account import Account
from portal.domain.offers import WantedPermission
from portal.store.database import write
from tests.journeys import manual_5_steps as manual
from tests.journeys.card_visitor import CardVisitor
from tests.journeys.inspection import Inspect
from tests.journeys.manual_5_steps import CARD, CLINICS, EMAIL, HOME, NUMBER, SENT
from tests.journeys.visitor import Visitor
from tests.rig.card_popup import PIN, HeldCard
from tests.rig.databases import BOTH
from tests.rig.people import circumstance
from tests.rig.smis import BUREAU, COVID, PPE, institution, smis_person
from tests.rig.update_pages import UPDATE, proved_client

pytestmark = pytest.mark.journey
UNKNOWN = "登入失敗，員工檔無資料或帳號未啟用"
SUSPENDED = "您的帳號已停用，請點選「確定」重新申請帳號。"


@pytest.fixture
def app_settings(demonstration_cards: Path) -> dict[str, Any]:
    """The demonstration's cards are trusted, so the zone has 登入 with the card."""
    return {"PORTAL_DEMO": True, "AUTHORITIES_PATH": str(demonstration_cards / "authorities")}


@pytest.fixture
def look(inspect: Inspect, database_kind: str) -> Inspect:
    """Pages are inspected once: they are the same on both databases, and the same without scripts."""
    return lambda visitor: inspect(visitor) if visitor.script and database_kind == "sqlite" else None


@pytest.mark.card
@pytest.mark.parametrize("database_kind", BOTH, indirect=True)
def test_from_the_first_try_to_the_return_after_half_a_year(
    card_app: Flask,
    new_card_visitor: Callable[..., CardVisitor],
    hold: Callable[..., HeldCard],
    look: Inspect,
) -> None:
    clinics_of(card_app)
    manages = tuple(WantedPermission(key, "manager") for key in ("ppe", "antivenoms"))
    chief = smis_person(
        card_app, "chief", unit=BUREAU, wanted=(*manages, COVID), holder="吳雅雯", number="F200115602"
    )
    applicant, official = new_card_visitor(), new_card_visitor()
    applicant.component.put(hold("newcomer"))
    official.component.put(hold("bureau"))

    a_card_that_never_applied(applicant, look)
    manual.step_2_identity(applicant, look)
    manual.steps_3_and_4_unit(applicant)
    manual.step_5_details(applicant, look)
    manual.step_6_sent(applicant, look)
    a_card_that_waits(applicant, UNKNOWN)
    manual.steps_8_to_10_the_question(applicant, look)
    manual.step_11_proved_by_card(applicant, look)
    manual.step_12_changed(applicant, look)
    a_manager_signs_in(official, chief.email, look)
    open_request(official, "共 3 筆")
    decide(official, 個人防護裝備="核准", 抗蛇毒血清="駁回", 新興傳染病用藥="核准")
    the_letter_and_the_way_in(applicant)
    half_a_year_later(card_app, applicant, look)
    apply_once_more(applicant)
    a_card_that_waits(applicant, SUSPENDED)
    the_return_is_approved(official)
    the_same_card_opens_the_same_account(applicant)
    for visitor in (applicant, official):
        visitor.never_told(PIN)


def test_the_application_without_scripts(
    app: Flask, new_visitor: Callable[..., Visitor], look: Inspect
) -> None:
    clinics_of(app)
    visitor = new_visitor(script=False)
    visitor.open("/authority/")
    visitor.page.locator("#smis").get_by_role("link", name="新帳號申請", exact=True).click()
    manual.step_2_identity(visitor, look)
    manual.steps_3_and_4_unit(visitor)
    manual.step_5_details(visitor, look)
    manual.step_6_sent(visitor, look)
    manual.steps_8_to_10_the_question(visitor, look)
    visitor.follow("取消")
    visitor.at(HOME)


def test_changing_it_without_scripts_once_the_card_was_read(
    app: Flask, new_visitor: Callable[..., Visitor], look: Inspect
) -> None:
    clinics_of(app)
    person = smis_person(app, "clover", "waiting", wanted=(PPE, COVID))
    visitor = new_visitor(script=False)
    visitor.be(proved_client(app, person))
    visitor.open(UPDATE)
    manual.step_12_changed(visitor, look)


def clinics_of(app: Flask) -> None:
    for code, name in CLINICS.items():
        institution(app, code, name)


def sign_in_by_card(visitor: CardVisitor) -> None:
    visitor.ready(CARD)
    visitor.type_pin(PIN)


def refused(visitor: CardVisitor, *sentences: str) -> Locator:
    """What the portal says to a card that opens nothing."""
    sign_in_by_card(visitor)
    answer = visitor.told("登入沒有完成")
    for sentence in sentences:
        expect(answer).to_contain_text(sentence)
    return answer


def a_card_that_never_applied(visitor: CardVisitor, look: Inspect) -> None:
    visitor.open("/authority/")
    panel = visitor.page.locator("#smis")
    expect(panel).not_to_contain_text("密碼")
    panel.get_by_role("link", name="登入", exact=True).click()
    visitor.at(CARD)
    answer = refused(visitor, UNKNOWN)
    look(visitor)
    answer.get_by_role("link", name="新帳號申請", exact=True).click()


def a_card_that_waits(visitor: CardVisitor, words: str) -> None:
    """未審核通過前: the same words, and no second application."""
    refused(visitor, words, "不需要再申請一次，請靜待審核通過")


def a_manager_signs_in(official: CardVisitor, email: str, look: Inspect) -> None:
    """The first card of somebody who is in use already: a code again, and a wrong one opens nothing."""
    sign_in_by_card(official)
    official.sees("輸入驗證碼")
    look(official)
    official.box("驗證碼").fill("12345678")
    official.press("確定")
    official.reads("還可以再試 4 次")
    look(official)
    official.type_mailed_code(email)
    official.sees("我的帳號")
    official.follow("主管機關_系統管理")
    official.sees("權限申請審核")


def open_request(official: CardVisitor, count: str) -> None:
    official.open(f"{HOME}administration/requests")
    official.reads(count)
    official.row("李宜蓁").first.get_by_role("link").click()
    official.sees("李宜蓁的申請")


def decide(official: CardVisitor, **answers: str) -> None:
    """核准 or 駁回, the latter with a reason, by 物資類別."""
    for category, answer in answers.items():
        part = official.page.get_by_role("region", name=category)
        part.get_by_role("radio", name=answer).check()
        if answer == "駁回":
            part.get_by_label("原因").fill("本單位不需要")
    official.press("送出審核結果")
    official.sees("權限申請審核")


def the_letter_and_the_way_in(applicant: CardVisitor) -> None:
    """Partly approved: the card was bound at step 11, so it opens the account without another code."""
    applicant.read_letter(EMAIL, "的審核結果")
    letter = applicant.page.get_by_role("article")
    for words in (
        "核准　同泰診所 個人防護裝備：管理者",
        f"駁回　{manual.LONG}",
        "原因：本單位不需要",
        "帳號可以使用了",
    ):
        expect(letter).to_contain_text(words)
    letter.get_by_role("link").click()
    applicant.at(HOME)
    sign_in_by_card(applicant)
    applicant.sees("我的帳號")
    assert applicant.summary("上次登入") == "這是您第一次登入"
    applicant.follow("個人資料維護")
    applicant.reads("同泰診所", "管理者(COVID-19)", "02-29609999#12")


def half_a_year_later(app: Flask, applicant: CardVisitor, look: Inspect) -> None:
    """Not even the nightly command ran: 確定 leads into the application."""
    applicant.page.get_by_role("button", name="登出", exact=True).click()
    with app.app_context(), write() as session:
        last = circumstance(app).now - timedelta(days=180)
        session.execute(update(Account).where(Account.email == EMAIL).values(idle_since=last))
    answer = refused(applicant, SUSPENDED)
    look(applicant)
    answer.get_by_role("link", name="確定", exact=True).click()


def apply_once_more(applicant: CardVisitor) -> None:
    applicant.sees("新帳號申請")
    applicant.box("使用者身分證號").fill(NUMBER)
    applicant.read_captcha()
    manual.steps_3_and_4_unit(applicant)
    manual.fill_details(applicant)
    applicant.role("流感抗病毒藥劑", "瀏覽者").check()
    applicant.role("個人防護裝備", "承辦人").check()
    applicant.agree_to_notice()
    applicant.press("送出申請")
    applicant.sees(SENT)


def the_return_is_approved(official: CardVisitor) -> None:
    """Who decides sees what the account held and asked for before."""
    open_request(official, "共 1 筆")
    official.reads("這個帳號目前停用", "這個帳號的紀錄", "逾期停用", "先前的申請", "SMIS-")
    decide(official, 個人防護裝備="核准")


def the_same_card_opens_the_same_account(applicant: CardVisitor) -> None:
    sign_in_by_card(applicant)
    applicant.sees("我的帳號")
    assert applicant.summary("帳號") == EMAIL.partition("@")[0]
    assert applicant.summary("上次登入") != "這是您第一次登入"
    applicant.follow("個人資料維護")
    applicant.reads("安康診所", "承辦人", "瀏覽者(審核中)")
    expect(applicant.page.get_by_role("main")).not_to_contain_text("COVID-19")
