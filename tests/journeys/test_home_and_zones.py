"""Manual 1 step 1: home page, zones and the conventions of government pages."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from portal.store.system_files import read_system_files
from tests.journeys.visitor import MENU, Answers, Visitor
from tests.rig.people import Person

pytestmark = pytest.mark.journey
ZONES = {"民眾專區": "民眾專區", "廠商專區": "廠商專區", "主管機關": "主管機關專區"}
SECTIONS = ("最新消息", "登入", "常見問題", "相關資源")


def test_each_zone_has_its_four_sections(any_visitor: Visitor) -> None:
    page = any_visitor.page
    for zone, heading in ZONES.items():
        any_visitor.open("/")
        any_visitor.follow(zone)
        any_visitor.sees(heading)
        sections = page.get_by_role("navigation", name=f"{zone}的內容")
        for words in SECTIONS:
            sections.get_by_role("link", name=words, exact=True).click()
            expect(page).to_have_url(re.compile(r"#[a-z-]+$"))
            expect(page.locator(page.url[page.url.index("#") :])).to_be_in_viewport()
        expect(page.locator("#news, #sign-in, #faq, #resources")).to_have_count(4)


def test_the_zone_of_authorities_is_the_manuals(any_visitor: Visitor) -> None:
    system, page = read_system_files()["hwms"], any_visitor.page
    any_visitor.open("/authority/")
    expect(page.get_by_role("heading", name="主管機關登入專區")).to_be_visible()
    for label in ("用戶帳號", "專用密碼"):
        expect(any_visitor.box(label)).to_be_editable()
    expect(any_visitor.button("登入")).to_be_visible()
    for words in ("忘記密碼？", "帳號申請"):
        expect(page.get_by_role("main").get_by_role("link", name=words, exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="相關連結")).to_be_visible()
    assert len(system.contact) == 4
    any_visitor.reads(*(word for line in system.contact for word in (line.label, line.value)))
    any_visitor.reads(*(link.label for link in system.link))
    for faq in system.faq:
        page.get_by_text(faq.question, exact=True).click()
        expect(page.get_by_text(faq.answer)).to_be_visible()
    for news in system.news:
        page.get_by_text(news.title, exact=True).click()
        expect(page.get_by_text(news.body)).to_be_visible()


def test_the_skip_link_leads_past_the_frame(any_visitor: Visitor) -> None:
    any_visitor.open("/authority/")
    skip = any_visitor.page.get_by_role("link", name="跳到主要內容")
    any_visitor.page.keyboard.press("Tab")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport(ratio=1)
    any_visitor.page.keyboard.press("Enter")
    any_visitor.page.keyboard.press("Tab")
    inside = any_visitor.page.get_by_role("main").get_by_role("link", name="最新消息", exact=True)
    expect(inside).to_be_focused()


def test_access_keys_are_explained_and_work(visitor: Visitor, make_person: Callable[..., Person]) -> None:
    visitor.administer(make_person("chief", kind="unit-administrator"))
    for key, place in {"U": "HEADER", "L": "NAV", "S": "FORM", "Z": "FOOTER"}.items():
        mark = visitor.page.locator(f"a[accesskey={key}]")
        expect(mark).to_have_text(":::")
        press_access_key(visitor.page, key)
        expect(mark).to_be_focused()
        assert mark.evaluate("mark => mark.closest('header, nav, form, footer').tagName") == place
    press_access_key(visitor.page, "C")
    visitor.page.keyboard.press("Tab")
    assert visitor.page.evaluate("document.activeElement.closest('main') !== null")
    visitor.follow("網站導覽", "banner")
    visitor.sees("網站導覽")
    for key, words in {"U": "上方", "L": "左方", "C": "主要內容", "S": "查詢", "Z": "頁尾"}.items():
        expect(visitor.page.get_by_role("row", name=f"Alt + {key}")).to_contain_text(words)


def press_access_key(page: Page, key: str) -> None:
    """Alt and a letter; Playwright's own keyboard leaves out the character that Chromium waits for."""
    debugger = page.context.new_cdp_session(page)
    letter = {"modifiers": 1, "key": key.lower(), "code": f"Key{key}", "windowsVirtualKeyCode": ord(key)}
    text = {"text": key.lower(), "unmodifiedText": key.lower()}
    debugger.send("Input.dispatchKeyEvent", {"type": "keyDown", **letter, **text})
    debugger.send("Input.dispatchKeyEvent", {"type": "keyUp", **letter})
    debugger.detach()


def test_the_site_map_leads_everywhere(visitor: Visitor) -> None:
    visitor.open("/sitemap")
    links = visitor.page.get_by_role("main").get_by_role("link").all()
    addresses = {link.get_attribute("href").partition("#")[0] for link in links}
    assert len(addresses) >= 12
    for address in addresses:
        assert visitor.page.request.get(visitor.server.address(address)).ok, address
    visitor.reads("帳號申請", "帳號重新認證", "忘記密碼", "主管機關_系統管理", "隱私權及資訊安全政策")


def test_text_size_is_kept(any_visitor: Visitor) -> None:
    page = any_visitor.page
    any_visitor.open("/authority/")
    sizes = {}
    for size in ("小", "中", "大"):
        button = page.get_by_role("button", name=f"字級{size}")
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        expect(page.locator("[aria-pressed=true]")).to_have_count(1)
        sizes[size] = page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
    assert sizes["小"] < sizes["中"] < sizes["大"]
    assert page.url == any_visitor.server.address("/authority/")
    any_visitor.follow("帳號申請")
    any_visitor.sees("帳號申請")
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") == sizes["大"]


def test_text_size_leaves_a_filled_form_alone(visitor: Visitor) -> None:
    visitor.open("/authority/hwms/application")
    visitor.fill(Answers())
    visitor.page.get_by_role("button", name="字級大").click()
    expect(visitor.page.locator("html")).to_have_attribute("data-text-size", "large")
    expect(visitor.box("姓名")).to_have_value("張曉美")
    visitor.page.reload()
    expect(visitor.page.locator("html")).to_have_attribute("data-text-size", "large")


def test_every_page_names_its_language_policies_and_day(any_visitor: Visitor) -> None:
    page = any_visitor.page
    for path in ("/", "/citizen/", "/authority/", "/authority/hwms/application", "/nowhere"):
        any_visitor.open(path)
        expect(page.locator("html")).to_have_attribute("lang", "zh-Hant-TW")
        foot = page.get_by_role("contentinfo")
        expect(foot).to_contain_text(re.compile(r"更新日期：1\d\d/\d\d/\d\d"))
        for words in ("隱私權及資訊安全政策", "政府網站資料開放宣告", "網站導覽"):
            expect(foot.get_by_role("link", name=words)).to_be_visible()
    for words in ("隱私權及資訊安全政策", "政府網站資料開放宣告"):
        any_visitor.follow(words, "contentinfo")
        any_visitor.sees(words)
    any_visitor.follow("English", "banner")
    expect(page.get_by_role("main").locator("[lang=en]").first).to_be_visible()


def test_the_left_menu_and_search_have_keys_only_where_they_are(visitor: Visitor) -> None:
    visitor.open("/")
    keys = visitor.page.locator("a[accesskey]").evaluate_all("found => found.map(a => a.accessKey).sort()")
    assert keys == ["C", "U", "Z"]
    assert MENU not in visitor.page.content().partition("<main")[0]
