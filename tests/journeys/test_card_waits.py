"""What comes between a page and its card: time that runs out, windows that close, challenges that do not come."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import Route, expect

from portal.store.database import write
from portal.store.login_sessions import purge_sessions
from tests.journeys.card_visitor import CERTIFICATES, CardVisitor
from tests.rig.card_popup import HeldCard
from tests.rig.people import Person

pytestmark = pytest.mark.card

Arrive = Callable[..., CardVisitor]
Hold = Callable[..., HeldCard]


def test_a_stricter_opener_policy_would_cut_the_line(new_card_visitor: Arrive, hold: Hold) -> None:
    def stricter(route: Route) -> None:
        response = route.fetch()
        headers = {**response.headers, "cross-origin-opener-policy": "same-origin"}
        route.fulfill(response=response, headers=headers)

    visitor = new_card_visitor()
    visitor.component.put(hold())
    visitor.page.route("**/hwms/card", stricter)
    visitor.ready()
    visitor.press("重新偵測卡片")
    visitor.told("您取消了這次讀卡")
    assert not visitor.component.asked
    visitor.page.unroute("**/hwms/card")
    visitor.ready()
    visitor.press("重新偵測卡片")
    visitor.reads("王小明")


@pytest.mark.parametrize("greets", [True, False], ids=["after-hello", "before-hello"])
def test_somebody_closes_the_popup(new_card_visitor: Arrive, greets: bool) -> None:
    visitor = new_card_visitor()
    visitor.component.greets, visitor.component.silent = greets, True
    visitor.ready()
    with visitor.page.expect_popup() as popup:
        visitor.press("重新偵測卡片")
    expect(popup.value).to_have_title("asked" if greets else "component")
    popup.value.close()
    visitor.told("您取消了這次讀卡")


def test_nobody_waits_longer_than_the_answer_is_good_for(new_card_visitor: Arrive) -> None:
    visitor = new_card_visitor()
    visitor.page.clock.install()
    visitor.component.silent = True
    for button, passes, title in (
        ("重新偵測卡片", 170_000, "讀卡元件太久沒有回應"),
        ("登入", 115_000, "這次讀卡的時間到了"),
    ):
        visitor.ready()
        with visitor.page.expect_popup() as popup:
            visitor.press(button)
        expect(popup.value).to_have_title("asked")
        visitor.page.clock.run_for(passes)
        visitor.told(title)
        if not popup.value.is_closed():
            popup.value.wait_for_event("close")


def test_whoever_comes_back_to_the_desk_has_all_the_time(new_card_visitor: Arrive) -> None:
    visitor = new_card_visitor()
    visitor.page.clock.install()
    visitor.ready()
    challenge = visitor.page.locator("#card-challenge")
    before = challenge.get_attribute("data-challenge") or ""
    visitor.page.clock.run_for(30_000)
    expect(challenge).to_have_attribute("data-challenge", before)
    visitor.pin.focus()
    expect(challenge).not_to_have_attribute("data-challenge", before)


@pytest.mark.parametrize("answer", ["portal", "proxy"])
def test_a_page_that_gets_no_new_challenge_keeps_what_was_typed(
    new_card_visitor: Arrive, hold: Hold, answer: str
) -> None:
    visitor = new_card_visitor()
    visitor.page.clock.install()
    visitor.component.put(hold(tries=2))
    visitor.ready()
    visitor.type_pin("999999")
    visitor.told("憑證卡片密碼不正確，只剩最後 1 次")
    visitor.pin.fill("123456")
    visitor.page.get_by_role("checkbox").check()
    if answer == "portal":
        visitor.page.context.clear_cookies()  # the form's proof is worth nothing now
    else:
        visitor.page.route(
            "**/card/challenge", lambda route: route.fulfill(status=429, body="<h1>slowly</h1>")
        )
    with visitor.page.expect_response("**/card/challenge") as refused:
        visitor.page.clock.run_for(110_000)
    assert refused.value.status == {"portal": 400, "proxy": 429}[answer]
    visitor.sees("憑證卡片登入")
    visitor.press("登入")
    expect(visitor.told("請稍等一下，再按一次")).to_contain_text("重新整理這一頁")
    expect(visitor.pin).to_have_value("123456")
    expect(visitor.page.get_by_role("checkbox")).to_be_checked()
    visitor.never_told("123456")


def test_signed_out_while_looking_for_the_card(
    new_card_visitor: Arrive, make_person: Callable[..., Person], card_app: Flask
) -> None:
    visitor, person = new_card_visitor(), make_person()
    visitor.page.clock.install()
    visitor.open(person.home)
    visitor.sign_in(person.name, person.password)
    visitor.sees("我的帳號")
    visitor.ready(CERTIFICATES)
    with card_app.app_context(), write() as session:
        purge_sessions(session, datetime.now(UTC) + timedelta(days=1))
    visitor.page.clock.run_for(40_000)
    visitor.page.locator("#card-challenge[data-signed-out]").wait_for(state="attached")
    visitor.press("取得憑證資訊")
    visitor.told("您已經登出")
