"""The popup conversation in a real Chromium: a page of an allowed site, and each component it may meet."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from portal.bridge.codes import LastError, Ret
from tests.bridge.shape import opened
from tests.rig.cards import issued
from tests.rig.cards.stands import PAGE, DemoStand, Stand, StandMaker

pytestmark = pytest.mark.card

SITE = (Path(__file__).parent / "page.html").read_text(encoding="utf-8")
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
    "Content-Security-Policy": "default-src 'none'; script-src 'unsafe-inline'; img-src data:",
}
CHALLENGE = "cardauth.v1.eyJvcCI6ImxvZ2luIn0"
EVERYBODY = pytest.mark.parametrize("stand", ["piv", "demo", "official"], indirect=True)
BRIDGE = pytest.mark.parametrize("stand", ["piv", "demo"], indirect=True)
DEMO = pytest.mark.parametrize("stand", ["demo"], indirect=True)
Asker = Callable[..., "Asked"]


@pytest.fixture
def stand(request: pytest.FixtureRequest, stands: StandMaker) -> Stand:
    return stands.get(request.param)


class Asked:
    """A page that opened a popup; `popup` while it stands open, `answer` when it has answered."""

    def __init__(self, page: Page, url: str, fields: dict[str, str]) -> None:
        self.page = page
        with page.expect_popup() as opening:
            page.evaluate("([url, fields]) => { ask(url, fields); }", [url, fields])
        self.popup = opening.value

    def answer(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.page.locator("output:not(:empty)").text_content() or "")
        if not self.popup.is_closed():
            self.popup.wait_for_event("close")
        return told


@pytest.fixture
def asker(page: Page, stand: Stand) -> Asker:
    """Call it with what the page sends: `asker(func="GetUserCert")`; the site is an allowed one."""

    def ask(site: str = PAGE, **fields: str) -> Asked:
        page.route(f"{site}/**", _serve)
        page.goto(f"{site}/card")
        usual = {"func": "MakeSignature", "tbs": CHALLENGE, "tbsEncoding": "NONE", "signatureType": "PKCS7"}
        return Asked(page, stand.url, {**usual, **fields})

    return ask


def _serve(route: Route) -> None:
    route.fulfill(body=SITE, headers=HEADERS)


@EVERYBODY
def test_readers_certificate_and_signature(stand: Stand, asker: Asker) -> None:
    assert asker(func="CheckEnvir").answer()["slots"][0]["slotDescription"] == stand.readers[0]
    told = asker(func="GetUserCert").answer()["slots"][0]["token"]
    assert told["certs"][0]["subjectCN"] == "王小明"
    assert opened(asker(pin=stand.pin).answer()).content == CHALLENGE.encode()
    told = asker(pin="000000").answer()
    assert (told["ret_code"], told["last_error"]) == (Ret.LOGIN_FAILED, LastError.TWO_TRIES_LEFT)


@EVERYBODY
def test_a_pin_of_the_page_arrives_as_it_was_typed(stand: Stand, asker: Asker) -> None:
    stand.set_pin("a+%&密")
    assert asker(pin="a+%&密").answer()["ret_code"] == 0


@BRIDGE
def test_the_pin_is_typed_in_the_bridges_own_popup(
    stand: Stand, asker: Asker, axe: Callable[[Page], None]
) -> None:
    pin = '+%&"\\密'
    stand.set_pin(pin)
    asked = asker()
    field = asked.popup.get_by_label("憑證卡片密碼")
    field.wait_for()
    for words in (PAGE, "登入", "王小明", stand.readers[0]):
        assert asked.popup.get_by_text(words, exact=True).is_visible()
    axe(asked.popup)
    field.fill(pin)
    field.press("Enter")
    assert opened(asked.answer()).content == CHALLENGE.encode()


@DEMO
def test_giving_up(stand: Stand, asker: Asker) -> None:
    asked = asker()
    asked.popup.get_by_role("button", name="取消").click()
    assert asked.answer()["ret_code"] == Ret.CANCELLED


@DEMO
def test_tries_left_and_the_last_one(stand: Stand, asker: Asker, axe: Callable[[Page], None]) -> None:
    for _ in range(2):
        asker(pin="000000").answer()
    asked = asker(pin=stand.pin)
    asked.popup.get_by_text("只剩最後 1 次機會").wait_for()
    asked.popup.get_by_role("button", name="確定").click()
    assert asked.popup.get_by_role("checkbox").is_visible(), "nothing happens without a word"
    axe(asked.popup)
    asked.popup.get_by_role("checkbox").check()
    asked.popup.get_by_role("button", name="確定").click()
    assert asked.answer()["ret_code"] == 0


@DEMO
def test_one_wrong_try_is_shown(stand: Stand, asker: Asker) -> None:
    asker(pin="000000").answer()
    asked = asker()
    asked.popup.get_by_text("還可以再試 2 次").wait_for()
    asked.popup.get_by_label("憑證卡片密碼").fill("1")
    asked.popup.get_by_role("button", name="確定").click()
    asked.popup.get_by_text("密碼的長度應為").wait_for()
    asked.popup.get_by_role("button", name="取消").click()
    asked.answer()


@DEMO
def test_a_locked_card_is_told_without_asking(stand: Stand, asker: Asker) -> None:
    assert isinstance(stand, DemoStand)
    (stand.folder.path / stand.readers[0] / "tries-left").write_text("0")
    told = asker().answer()
    assert (told["ret_code"], told["last_error"]) == (Ret.LOGIN_FAILED, LastError.PIN_LOCKED)


@DEMO
def test_a_foreign_site(stand: Stand, asker: Asker) -> None:
    for func in ("CheckEnvir", "GetUserCert", "MakeSignature"):
        told = asker("http://127.0.0.1:18081", func=func, pin=stand.pin).answer()
        assert told["ret_code"] == Ret.FOREIGN_SITE
        assert "slots" not in told


@pytest.mark.parametrize("stand", ["piv"], indirect=True)
def test_no_card_and_the_wrong_card(stand: Stand, asker: Asker) -> None:
    stand.remove()
    assert asker().answer()["ret_code"] == Ret.NO_CARD
    stand.put(None, issued.encryption())
    assert asker().answer()["ret_code"] == Ret.NO_CERTIFICATE


@DEMO
def test_what_the_bridge_does_not_do(stand: Stand, asker: Asker) -> None:
    assert asker(func="DecryptData").answer()["ret_code"] == Ret.UNSUPPORTED
    assert asker(tbs="I owe you a million", pin=stand.pin).answer()["ret_code"] == Ret.BAD_PARAMETER


@DEMO
def test_the_pages_for_people(stand: Stand, page: Page, axe: Callable[[Page], None]) -> None:
    assert isinstance(stand, DemoStand)
    page.goto(f"{stand.url}/popupForm")
    page.get_by_text("請回到網站").wait_for()
    axe(page)
    page.goto(stand.url)
    page.get_by_text("讀卡橋接正常運作").wait_for()
    page.get_by_text("王小明，憑證有效至").wait_for()
    assert page.get_by_text(PAGE).is_visible()
    axe(page)
    stand.remove()
    page.get_by_text("王小明").wait_for(state="detached")
    page.goto("about:blank")
