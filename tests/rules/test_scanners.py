"""The scans that watch the pages find what they are there to find."""

from __future__ import annotations

from playwright.sync_api import Browser, Page

from tests.rig.browsers import violations_on, watch

SHUTS_OUT = (
    "<!doctype html><title>x</title><img src='data:,'><input><p style='color:#bbb;background:#ccc'>pale</p>"
)
LETS_IN = (
    "<!doctype html><html lang=zh-Hant-TW><title>帳號</title>"
    "<main><h1>帳號</h1><label for=a>姓名</label><input id=a></main>"
)


def test_axe_finds_what_shuts_people_out(page: Page, axe_source: str) -> None:
    page.set_content(SHUTS_OUT)
    found = {line.split(":")[0].strip() for line in violations_on(page, axe_source)}
    assert {"image-alt", "label", "color-contrast", "html-has-lang"} <= found


def test_axe_lets_a_good_page_pass(page: Page, axe_source: str) -> None:
    page.set_content(LETS_IN)
    assert violations_on(page, axe_source) == []


def test_the_browser_tells_of_errors_and_broken_policies(browser: Browser) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        troubles = watch(page)
        policy = "default-src 'none'; script-src 'unsafe-inline'"
        head = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        page.set_content(f"{head}<p style='color:red'>x</p><script>setTimeout(() => nothing())</script>")
        page.wait_for_timeout(200)
        assert any("Content Security Policy" in trouble for trouble in troubles), troubles
        assert any("nothing is not defined" in trouble for trouble in troubles), troubles
