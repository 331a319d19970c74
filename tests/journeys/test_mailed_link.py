"""Manual 1 steps 4 and 6: the verification letter, its link, and 帳號重新認證."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.domain.one_time_token import OneTimeToken
from portal.domain.proof import Proof, ProofState
from tests.journeys.visitor import Answers, Visitor
from tests.rig.people import Person

pytestmark = pytest.mark.journey
LETTER = "請認證您的信箱"
ADDRESS = "fox@example.com"
VERIFICATION = "/authority/hwms/verification"


@pytest.fixture
def app_settings() -> dict[str, Any]:
    """Letters are read in the demonstration's mailbox."""
    return {"PORTAL_DEMO": True}


def proof_state(session: Session) -> ProofState:
    session.rollback()
    return session.scalars(select(Proof.state)).one()


def mailed_address(visitor: Visitor) -> str:
    visitor.read_letter(ADDRESS, LETTER)
    return visitor.page.get_by_role("article").get_by_role("link").get_attribute("href") or ""


def test_the_button_proves_and_the_link_alone_does_not(
    any_visitor: Visitor, make_person: Callable[..., Person], session: Session
) -> None:
    make_person("fox", state="waiting")
    link = mailed_address(any_visitor)
    token = link.rpartition("/")[2]
    any_visitor.page.goto(link)
    any_visitor.at("/authority/hwms/proof")
    any_visitor.sees("信箱認證")
    assert token not in any_visitor.page.content()
    assert any_visitor.summary("帳號") == "fox"
    assert proof_state(session) is ProofState.AWAITED
    any_visitor.press("確認我的電子郵件")
    any_visitor.sees("信箱已認證")
    assert proof_state(session) is ProofState.PROVEN
    any_visitor.follow("查看申請內容")
    any_visitor.reads("信箱已認證。")
    with any_visitor.page.expect_download() as waiting:
        any_visitor.follow("匯出申請表")
    assert waiting.value.suggested_filename.endswith(".pdf")


def test_a_used_link_explains_itself(any_visitor: Visitor, make_person: Callable[..., Person]) -> None:
    make_person("fox", state="waiting")
    link = mailed_address(any_visitor)
    any_visitor.page.goto(link)
    any_visitor.press("確認我的電子郵件")
    any_visitor.sees("信箱已認證")
    answer = any_visitor.page.goto(link)
    assert answer
    assert answer.status == 410
    any_visitor.sees("連結已經使用過了")
    any_visitor.reads("信箱已經認證完成，不需要再做一次", "還差哪一步，登入時會告訴您")
    any_visitor.follow("登入")
    any_visitor.sees("主管機關登入專區")


def test_a_late_link_leads_to_another_letter(
    any_visitor: Visitor, make_person: Callable[..., Person], session: Session
) -> None:
    make_person("fox", state="waiting")
    link = mailed_address(any_visitor)
    session.execute(update(OneTimeToken).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    session.commit()
    any_visitor.page.goto(link)
    any_visitor.sees("連結已經過期")
    any_visitor.reads("系統會再寄一封認證信，申請的內容都還在")
    any_visitor.follow("帳號重新認證")
    any_visitor.sees("帳號重新認證")
    any_visitor.box("Email").fill(ADDRESS)
    any_visitor.press("發送認證信")
    any_visitor.sees("請到信箱收信")
    any_visitor.follow_letter(ADDRESS, LETTER)
    any_visitor.press("確認我的電子郵件")
    any_visitor.sees("信箱已認證")


def test_the_newest_letter_counts(any_visitor: Visitor, make_person: Callable[..., Person]) -> None:
    make_person("fox", state="waiting")
    link = mailed_address(any_visitor)
    any_visitor.open(VERIFICATION)
    any_visitor.box("Email").fill(ADDRESS)
    any_visitor.press("發送認證信")
    any_visitor.sees("請到信箱收信")
    any_visitor.page.goto(link)
    any_visitor.sees("請改用最新的一封信")
    assert mailed_address(any_visitor) != link


def test_a_forged_link_says_so(any_visitor: Visitor, make_person: Callable[..., Person]) -> None:
    make_person("fox", state="waiting")
    link = mailed_address(any_visitor)
    for wrong in (
        link[:-1],
        link[:-2] + ("AA" if link[-2:] != "AA" else "BB"),
        link.rpartition("/")[0] + "/x",
    ):
        answer = any_visitor.page.goto(wrong)
        assert answer
        assert answer.status == 404
        any_visitor.sees("連結不完整或不正確")
        any_visitor.reads("把整行網址完整複製到瀏覽器")
        expect(
            any_visitor.page.get_by_role("main").get_by_role("link", name="登入", exact=True)
        ).to_be_visible()
    any_visitor.open("/authority/hwms/proof")
    any_visitor.sees("連結不完整或不正確")
    any_visitor.follow("帳號重新認證")
    any_visitor.sees("帳號重新認證")


def test_withdrawing_asks_once_and_ends_it(any_visitor: Visitor) -> None:
    any_visitor.apply(Answers(email=ADDRESS))
    link = mailed_address(any_visitor)
    any_visitor.page.goto(link)
    expect(any_visitor.button("確定撤回申請")).to_be_hidden()
    any_visitor.page.get_by_text("撤回申請", exact=True).click()
    any_visitor.reads("帳號「fox」的申請會取消，這個帳號不會開通。撤回後不能復原")
    any_visitor.press("確定撤回申請")
    any_visitor.sees("申請已撤回")
    any_visitor.page.goto(link)
    any_visitor.sees("連結已經使用過了")
    assert any_visitor.apply(Answers(email=ADDRESS)) == "fox01"


def test_the_owner_of_an_address_learns_which_accounts_exist(
    visitor: Visitor, make_person: Callable[..., Person]
) -> None:
    make_person("fox")
    assert visitor.apply(Answers(email=ADDRESS)) == "fox01"
    expect(visitor.page.get_by_role("main")).not_to_contain_text("已經有帳號")
    visitor.read_letter(ADDRESS, f"{LETTER}（帳號 fox01）")
    letter = visitor.page.get_by_role("article")
    expect(letter).to_contain_text("這個 Email 在本系統還有下列帳號")
    assert "\n　　fox\n" in letter.inner_text()
    expect(letter).to_contain_text("撤回申請")


def test_asking_again_tells_nothing_and_is_counted(
    any_visitor: Visitor, make_person: Callable[..., Person]
) -> None:
    make_person("fox", state="waiting")
    told = []
    for address in (ADDRESS, "stranger@example.com"):
        for _ in range(4):
            any_visitor.open("/authority/")
            any_visitor.follow("帳號重新認證")
            any_visitor.box("Email").fill(address)
            any_visitor.press("發送認證信")
            any_visitor.sees("請到信箱收信")
            words = any_visitor.page.get_by_role("main").inner_text()
            told.append(words.replace(address, "…"))
    assert len(set(told)) == 1
    any_visitor.open("/demo/")
    letters = any_visitor.page.get_by_role("row").filter(has_text=ADDRESS)
    expect(letters).to_have_count(1 + 3)
    expect(any_visitor.page.get_by_role("row").filter(has_text="stranger")).to_have_count(0)


def test_the_receipt_sends_again_at_most_three_times(any_visitor: Visitor) -> None:
    any_visitor.apply(Answers(email=ADDRESS))
    receipt = any_visitor.page.url
    for _ in range(3):
        any_visitor.press("帳號重新認證")
        any_visitor.reads("認證信已重新寄出，請到信箱收信；以最新一封信的連結為準。")
        any_visitor.page.goto(receipt)
    any_visitor.press("帳號重新認證")
    any_visitor.reads("認證信一小時最多重寄 3 次")
    any_visitor.sees("申請已送出")


def test_a_receipt_belongs_to_one_browser(visitor: Visitor, new_visitor: Callable[..., Visitor]) -> None:
    visitor.apply(Answers(email=ADDRESS))
    stranger = new_visitor()
    for address in (visitor.page.url, f"{visitor.page.url}/form.pdf"):
        answer = stranger.page.request.get(address)
        assert answer.status == 404
