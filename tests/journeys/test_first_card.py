"""登入 with a card in a real browser (manual 5): three answers, and a first card with the code of the letter."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.journeys.card_visitor import CardVisitor
from tests.rig.card_holders import holder_of_card, newest_code
from tests.rig.card_popup import HeldCard
from tests.rig.people import circumstance
from tests.rig.smis import bring

pytestmark = pytest.mark.card

CARD = "/authority/smis/card"
UNKNOWN = "登入失敗，員工檔無資料或帳號未啟用"


def test_from_the_first_try_to_the_first_sign_in_and_back_after_half_a_year(
    card_app: Flask,
    new_card_visitor: Callable[..., CardVisitor],
    hold: Callable[..., HeldCard],
    axe: Callable[[Page], None],
) -> None:
    held, visitor = hold(), new_card_visitor()
    visitor.component.put(held)
    visitor.ready(CARD)

    visitor.type_pin(held.pin)
    answer = visitor.told("登入沒有完成")
    expect(answer).to_contain_text(UNKNOWN)
    expect(answer.get_by_role("link", name="新帳號申請")).to_be_visible()
    axe(visitor.page)

    person = holder_of_card(card_app, state="waiting", now=None)
    visitor.ready(CARD)
    visitor.type_pin(held.pin)
    answer = visitor.told("登入沒有完成")
    expect(answer).to_contain_text(UNKNOWN)
    expect(answer).to_contain_text("不需要再申請一次，請靜待審核通過")

    bring(card_app, person, "active")
    visitor.ready(CARD)
    visitor.type_pin(held.pin)
    visitor.sees("輸入驗證碼")
    axe(visitor.page)
    visitor.box("驗證碼").fill("12345678")
    visitor.press("確定")
    visitor.reads("還可以再試 4 次")
    axe(visitor.page)
    with card_app.app_context():
        code = newest_code(person.email, circumstance(card_app))
    visitor.box("驗證碼").fill(f"{code[:4]} {code[4:]}")
    visitor.press("確定")
    visitor.sees("我的帳號")
    visitor.never_told(held.pin)

    bring(card_app, person, "suspended")
    visitor.ready(CARD)
    visitor.type_pin(held.pin)
    answer = visitor.told("登入沒有完成")
    expect(answer).to_contain_text("您的帳號已停用，請點選「確定」重新申請帳號。")
    axe(visitor.page)
    answer.get_by_role("link", name="確定", exact=True).click()
    visitor.sees("新帳號申請")
