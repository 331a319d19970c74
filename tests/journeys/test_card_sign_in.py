"""Signing in and binding with a card in a real browser; the component in its popup answers as documented."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.card_visitor import CARD, CERTIFICATES, CHECK, CardVisitor
from tests.rig.card_popup import HeldCard
from tests.rig.people import Person

pytestmark = pytest.mark.card

Arrive = Callable[..., CardVisitor]
Hold = Callable[..., HeldCard]
MakePerson = Callable[..., Person]


def test_somebody_binds_a_card_and_signs_in_with_it(
    new_card_visitor: Arrive, make_person: MakePerson, hold: Hold, axe: Callable[[Page], None]
) -> None:
    held, person, visitor = hold(), make_person(), new_card_visitor()
    visitor.open(person.home)
    visitor.sign_in(person.name, person.password)
    visitor.follow("自然人憑證管理")
    visitor.sees("自然人憑證管理")
    visitor.component.put(held)
    visitor.press("重新偵測卡片")
    expect(visitor.readers).to_have_value("Generic Smart Card Reader 0")
    visitor.reads("自然人憑證 王小明")
    visitor.focused(visitor.pin)
    visitor.type_pin(held.pin, "取得憑證資訊")
    visitor.reads("憑證資訊", "王小明", "02-25569785", person.email)
    axe(visitor.page)
    visitor.press("綁定")
    expect(visitor.page.get_by_role("row").filter(has_text="王小明")).to_contain_text("還沒有用來登入")
    axe(visitor.page)
    visitor.page.get_by_role("button", name="登出", exact=True).click()

    visitor.open("/authority/hwms/")
    visitor.follow("憑證卡片登入")
    visitor.page.locator("#card-challenge[data-challenge]").wait_for(state="attached")
    axe(visitor.page)
    visitor.type_pin(held.pin)
    visitor.sees("我的帳號")
    visitor.never_told(held.pin)
    assert visitor.posts[-1].endswith("/card/session"), "a page that is left asks for nothing more"
    asked = visitor.component.asked[-1]
    assert asked["tbs"].startswith("cardauth.v1.")
    assert {key: asked[key] for key in ("signatureType", "tbsEncoding", "hashAlgorithm", "withCardSN")} == {
        "signatureType": "PKCS7", "tbsEncoding": "NONE", "hashAlgorithm": "SHA256", "withCardSN": "true",
    }  # fmt: skip


def test_the_enter_key_signs_in_and_the_pin_leaves_its_field(
    new_card_visitor: Arrive, make_person: MakePerson, hold: Hold
) -> None:
    held, visitor = hold(), new_card_visitor()
    visitor.bind(make_person(), held)
    other = new_card_visitor()
    other.component.put(held)
    other.component.refuses = 0x7600000D
    other.ready()
    other.pin.fill(held.pin)
    other.pin.press("Enter")
    other.told("讀卡元件沒有完成這個動作")
    expect(other.pin).to_have_value("")
    other.component.refuses = 0
    other.pin.fill(held.pin)
    other.pin.press("Enter")
    other.sees("我的帳號")
    other.never_told(held.pin)


def test_a_pin_on_its_way_to_the_portal_would_be_found(new_card_visitor: Arrive) -> None:
    visitor = new_card_visitor()
    visitor.ready()
    visitor.page.evaluate("fetch('/policies/open-data', {method: 'POST', body: 'planted=123456'})")
    visitor.page.wait_for_timeout(200)
    with pytest.raises(AssertionError, match="planted"):
        visitor.never_told("123456")


@pytest.mark.parametrize("pin", ["a+b&c%2", "密碼%20=#"])
def test_a_pin_with_signs_arrives_whole(new_card_visitor: Arrive, hold: Hold, pin: str) -> None:
    held, visitor = hold(), new_card_visitor()
    held.pin = pin
    visitor.component.put(held)
    visitor.ready(CHECK)
    visitor.type_pin(pin, "測試簽章")
    visitor.told("卡片可以正常使用")
    visitor.never_told(pin)


def test_a_component_with_bare_signatures_only(new_card_visitor: Arrive, hold: Hold) -> None:
    held, visitor = hold(), new_card_visitor()
    visitor.component.put(held)
    visitor.component.bare_only = True
    visitor.ready(CHECK)
    visitor.type_pin(held.pin, "測試簽章")
    visitor.told("讀卡元件的版本不支援")
    visitor.type_pin(held.pin, "測試簽章")
    visitor.told("卡片可以正常使用")


def test_the_card_of_the_chosen_reader_signs(new_card_visitor: Arrive, hold: Hold) -> None:
    good, visitor = hold(), new_card_visitor()
    held = {"A": hold("expired"), "B": good, "C": None, "D": hold("revoked")}
    visitor.component.readers = {f"Reader {letter}": card for letter, card in held.items()}
    visitor.ready(CHECK)
    visitor.press("重新偵測卡片")
    expect(visitor.readers).to_have_value("Reader B")
    expect(visitor.page.get_by_role("option", name="Reader C：沒有卡片")).to_be_disabled()
    visitor.readers.select_option("Reader D")
    visitor.type_pin(good.pin, "測試簽章")
    visitor.told("這張卡片目前不能使用")
    assert visitor.component.asked[-1]["slotDescription"] == "Reader D"
    visitor.readers.focus()
    visitor.readers.select_option("Reader A")
    visitor.told("卡片的憑證已過期")
    visitor.focused(visitor.readers)
    expect(visitor.page.locator("#card-outcome .panel")).to_have_count(0)
    certificate = visitor.page.locator("[data-card-step=certificate]")
    expect(certificate).to_have_attribute("data-state", "bad")
    visitor.readers.select_option("Reader B")
    expect(certificate).to_contain_text("王小明")
    visitor.type_pin(good.pin, "測試簽章")
    visitor.told("卡片可以正常使用")
    assert visitor.component.asked[-1]["slotDescription"] == "Reader B"


def test_the_check_walks_through_five_steps(
    new_card_visitor: Arrive, hold: Hold, axe: Callable[[Page], None]
) -> None:
    held, visitor = hold(), new_card_visitor()
    visitor.component.put(None)
    visitor.ready(CHECK)
    axe(visitor.page)
    steps = visitor.page.locator("[data-card-step]")
    visitor.press("重新偵測卡片")
    visitor.focused(visitor.page.locator("[data-card-told]"))
    expect(steps.nth(1)).to_contain_text("讀到讀卡機：Generic Smart Card Reader 0")
    expect(steps.nth(2)).to_have_attribute("data-state", "bad")
    axe(visitor.page)
    visitor.component.put(held)
    visitor.press("重新偵測卡片")
    expect(steps.nth(3)).to_contain_text("王小明")
    visitor.type_pin(held.pin, "測試簽章")
    visitor.told("卡片可以正常使用")
    for step in range(5):
        expect(steps.nth(step)).to_have_attribute("data-state", "good")
    axe(visitor.page)


def test_a_certificate_is_deleted_by_name(
    new_card_visitor: Arrive, make_person: MakePerson, hold: Hold
) -> None:
    visitor = new_card_visitor()
    visitor.bind(make_person(), hold())
    visitor.page.get_by_role("row").filter(has_text="王小明").get_by_text("刪除").first.click()
    visitor.reads("刪除「王小明」的憑證？")
    visitor.press("確定刪除")
    visitor.reads("還沒有綁定憑證")


@pytest.mark.parametrize("path", [CARD, CHECK])
def test_without_a_script_the_page_shows_the_other_way_in(new_card_visitor: Arrive, path: str) -> None:
    visitor = new_card_visitor(java_script_enabled=False)
    visitor.open(path)
    visitor.reads("讀卡需要瀏覽器的 JavaScript")
    expect(visitor.pin).to_be_hidden()
    visitor.page.get_by_role("main").get_by_role("link", name="用帳號密碼登入").first.click()
    visitor.at("/authority/hwms/")


def test_the_list_of_certificates_needs_no_script(new_card_visitor: Arrive, make_person: MakePerson) -> None:
    person, visitor = make_person(), new_card_visitor(java_script_enabled=False)
    visitor.open(person.home)
    visitor.sign_in(person.name, person.password)
    visitor.open(CERTIFICATES)
    visitor.reads("還沒有綁定憑證", "讀卡需要瀏覽器的 JavaScript")
