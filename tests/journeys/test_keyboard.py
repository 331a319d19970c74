"""The whole application, its activation and the session warning with the keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.journeys.visitor import APPLICATION, MENU, Answers, Visitor
from tests.rig.people import Person, captcha_digits
from tests.rig.second_proof import code_at_server

pytestmark = pytest.mark.journey
MOST_STOPS = 120
FOCUS_SHOWN = """() => {
  const at = document.activeElement, style = getComputedStyle(at), place = at.getBoundingClientRect();
  const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 3;
  const seen = place.bottom > 0 && place.top < innerHeight && place.width > 0;
  return (ring && seen) || at === document.body ? '' : at.outerHTML.slice(0, 200);
}"""


class Keyboard:
    """Tab goes forward only, so what is reached in turn stands in reading order; focus is always seen."""

    def __init__(self, visitor: Visitor) -> None:
        self.page, self.keys = visitor.page, visitor.page.keyboard

    def to(self, target: Locator) -> None:
        """Press Tab until the target has the focus."""
        expect(target).to_be_attached()
        for _ in range(MOST_STOPS):
            self.keys.press("Tab")
            assert self.page.evaluate(FOCUS_SHOWN) == "", "the focus cannot be seen"
            if target.evaluate("target => target === document.activeElement"):
                return
        raise AssertionError(f"the keyboard does not reach {target}")

    def type(self, label: str, text: str) -> None:
        """Go to a field and type; what stands there is marked on arrival."""
        self.to(self.page.get_by_label(label, exact=True))
        self.keys.insert_text(text)

    def choose(self, label: str, option: str) -> None:
        """Go down a list until the option is chosen."""
        field = self.page.get_by_label(label, exact=True)
        expect(
            field.get_by_role("option", name=option, exact=True)
        ).to_be_attached()  # the list may be on its way
        self.to(field)
        names = field.locator("option").all_inner_texts()
        for _ in range(names.index(option)):
            self.keys.press("ArrowDown")
        expect(field.locator("option:checked")).to_have_text(option)

    def press(self, target: Locator, key: str = "Enter") -> None:
        """Go there and press."""
        self.to(target)
        self.keys.press(key)


def test_applying_without_a_mouse(any_visitor: Visitor) -> None:
    visitor, script = any_visitor, any_visitor.script
    keyboard, page, answers = Keyboard(visitor), visitor.page, Answers()
    visitor.open("/")
    keyboard.press(page.get_by_role("banner").get_by_role("link", name="主管機關", exact=True))
    visitor.sees("主管機關專區")
    keyboard.press(page.get_by_role("main").get_by_role("link", name="帳號申請", exact=True))
    visitor.sees("帳號申請")
    if script:
        first = page.get_by_role("img", name="驗證碼圖片").get_attribute("src")
        keyboard.press(visitor.button("換一張"))
        expect(page.get_by_role("img", name="驗證碼圖片")).not_to_have_attribute("src", first)
        expect(visitor.button("換一張")).to_be_focused()
        page.keyboard.press("Shift+Tab")
    keyboard.type("驗證碼", captcha_digits(page.content()))
    keyboard.choose("單位類別", "縣市環保局")
    if not script:
        keyboard.press(visitor.button("列出可選的單位"))
    expect(visitor.box("單位")).to_be_visible()
    keyboard.choose("單位", "新北市環保局")
    keyboard.type("Email", answers.email)
    if script:
        keyboard.press(visitor.button("帳號檢核"), "Space")
        visitor.reads("您的帳號將是 fox52fox")
        expect(visitor.button("帳號檢核")).to_be_focused()
    keyboard.type("姓名", answers.name)
    keyboard.press(page.get_by_role("radio", name="女"), "Space")
    for label, text in (
        ("密碼", answers.password), ("確認密碼", answers.password), ("連絡電話", answers.phone),
        ("分機", answers.extension), ("傳真電話", answers.fax),
    ):  # fmt: skip
        keyboard.type(label, text)
    keyboard.to(page.get_by_role("radio", name="一般帳號"))
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="機關管理員")).to_be_checked()
    page.keyboard.press("ArrowLeft")
    for permission in answers.permissions:
        keyboard.press(page.get_by_role("checkbox", name=permission, exact=True), "Space")
    # Consent is forgotten: the summary has the focus, its link leads to the box.
    keyboard.press(visitor.button("資料送出"))
    expect(page.get_by_role("region", name="有 1 個地方需要修正")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("checkbox", name="我已閱讀並同意")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Shift+Tab")
    visitor.box("密碼").focus()
    page.keyboard.insert_text(answers.password)
    keyboard.type("確認密碼", answers.password)
    page.keyboard.press("Enter")
    visitor.sees("申請已送出")
    assert visitor.summary("帳號") == "fox52fox"
    with page.expect_download():
        keyboard.press(page.get_by_role("link", name="匯出申請表"))


def test_who_moves_on_while_the_page_still_loads_is_left_alone(visitor: Visitor) -> None:
    """The summary has the focus at once; a picture that comes late does not call the reader back to it."""
    page = visitor.page
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    visitor.open(APPLICATION)
    page.route("**/captcha/*", hold)
    visitor.press("資料送出")
    summary = page.get_by_role("region", name=re.compile("個地方需要修正"))
    expect(summary).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    at = page.evaluate("document.activeElement.id")
    assert at not in {"", "error-summary"}
    assert held
    for route in held:
        route.continue_()
    page.wait_for_load_state("load")
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.evaluate("document.activeElement.id") == at


def test_the_last_choice_counts_however_fast_one_types(visitor: Visitor) -> None:
    """Down, down, down through 單位類別: what is listed fits what is chosen in the end."""
    visitor.open(APPLICATION)
    keyboard = Keyboard(visitor)
    keyboard.choose("單位類別", "清潔隊")
    expect(visitor.box("縣市")).to_be_visible()
    keyboard.choose("縣市", "臺北市")
    expect(visitor.box("縣市")).to_be_focused()
    expect(visitor.box("單位").locator("option", has_text="中正區清潔隊")).to_be_attached()
    keyboard.choose("單位", "中正區清潔隊")
    expect(visitor.page.get_by_role("group", name="欲使用之功能").get_by_role("checkbox")).to_have_count(1)
    visitor.box("單位類別").focus()
    visitor.page.keyboard.press("ArrowUp")
    expect(visitor.box("單位").locator("option")).to_have_count(1 + 22)
    expect(visitor.box("單位類別")).to_be_focused()


def test_activating_without_a_mouse(any_visitor: Visitor, make_person: Callable[..., Person]) -> None:
    chief = make_person("chief", kind="unit-administrator")
    for name, holder in (("fox", "張曉美"), ("elk", "王大明"), ("hen", "李小華")):
        make_person(name, state="proved", holder=holder)
    visitor, page, keyboard = any_visitor, any_visitor.page, Keyboard(any_visitor)
    visitor.open("/")
    keyboard.press(page.get_by_role("link", name="主管機關_系統管理"))
    visitor.sees("主管機關_系統管理")
    keyboard.type("用戶帳號", chief.name)
    keyboard.type("專用密碼", chief.password)
    page.keyboard.press("Enter")
    visitor.sees("第二項驗證")
    keyboard.type("驗證碼", code_at_server(visitor.server.database_url, "hwms", chief.name))
    page.keyboard.press("Enter")
    keyboard.press(page.get_by_role("link", name=f"{MENU} 3 件"))
    visitor.sees(MENU)
    keyboard.type("Email", "fox")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="共 1 筆")).to_be_visible()
    keyboard.press(page.get_by_role("link", name="張曉美"))
    keyboard.press(page.get_by_role("checkbox", name="一次用產品"), "Space")
    expect(page.get_by_role("checkbox", name="一次用產品")).not_to_be_checked()
    keyboard.press(visitor.button("帳號啟用"))
    expect(page.get_by_role("status").filter(has_text="帳號 fox 已啟用")).to_be_visible()
    keyboard.press(page.get_by_role("link", name="清除條件").first)
    expect(page.get_by_role("rowheader")).to_have_count(2)
    # Enter in a ticked box decides about nobody; the bar below does.
    tick = page.get_by_role("checkbox", name="選取 李小華")
    keyboard.press(tick, "Space")
    expect(tick).to_be_checked()
    page.keyboard.press("Enter")
    if not visitor.script:
        expect(tick).not_to_be_checked()
        keyboard.press(tick, "Space")
    expect(page.get_by_role("rowheader")).to_have_count(2)
    expect(page.get_by_role("status").filter(has_text="已啟用")).to_have_count(0)
    batch = page.get_by_role("group", name="勾選的帳號")
    keyboard.press(visitor.button("帳號啟用", batch))
    visitor.reads("1 筆完成。")
    keyboard.press(page.get_by_role("link", name=f"回「{MENU}」"))
    row = visitor.row("elk@example.com")
    keyboard.press(row.locator("summary"))
    keyboard.press(row.get_by_role("button", name="確定刪除 elk", exact=True))
    expect(page.get_by_role("status").filter(has_text="帳號 elk 已刪除")).to_be_visible()


def test_the_session_warning_without_a_mouse(visitor: Visitor, make_person: Callable[..., Person]) -> None:
    """Asked before the session ends, a key goes on; later, what was typed stays and signing out is told."""
    fox, page = make_person("fox"), visitor.page
    page.clock.install()
    visitor.open(fox.home)
    visitor.sign_in(fox.name, fox.password)
    visitor.follow("變更密碼")
    visitor.sees("變更密碼")
    warning = page.get_by_role("dialog", name="您還在使用嗎？")
    expect(warning).to_be_hidden()
    visitor.box("目前的密碼").focus()
    page.keyboard.insert_text("half typed")
    for key in ("Enter", "Escape"):
        page.clock.fast_forward("28:05")
        expect(warning).to_be_visible()
        expect(warning).to_contain_text("為了保護資料，兩分鐘內會自動登出")
        expect(visitor.button("繼續使用", warning)).to_be_focused()
        with page.expect_response("**/account/session-extension") as answer:
            page.keyboard.press(key)
        assert answer.value.status == 204
        expect(warning).to_be_hidden()
        expect(visitor.box("目前的密碼")).to_be_focused()
    page.clock.fast_forward("30:05")
    expect(warning).to_contain_text("已自動登出。您填寫的內容還在這一頁")
    expect(visitor.button("關閉", warning)).to_be_focused()
    page.keyboard.press("Enter")
    expect(warning).to_be_hidden()
    expect(visitor.box("目前的密碼")).to_have_value("half typed")
    page.clock.fast_forward("01:00")
    expect(warning).to_be_hidden()
    signed_in_elsewhere = """ends => new BroadcastChannel("portal-session").postMessage(ends)"""
    page.evaluate(signed_in_elsewhere, 0)
    page.clock.fast_forward("28:05")
    expect(visitor.button("繼續使用", warning)).to_be_focused()
    for minutes in [*["20:00"] * 17, "22:50"]:  # never idle, until two minutes are left of eight hours
        page.evaluate(signed_in_elsewhere, 0)
        expect(warning).to_be_hidden()
        page.clock.fast_forward(minutes)
    expect(warning).to_contain_text("登入滿 8 小時會自動登出")
    page.keyboard.press("Escape")
    expect(warning).to_be_hidden()
