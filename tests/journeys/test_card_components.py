"""The same pages with real programs beside the browser: the bridge over cards of the demonstration, the bridge over
OpenSC, pcscd and a virtual card of an authority that the portal trusts, and the double of the official component."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.journeys.card_visitor import CHECK, CardVisitor
from tests.rig.applications import LiveServer
from tests.rig.card_holders import HOLDER, holder_of_card, newest_code
from tests.rig.card_popup import PIN, HeldCard
from tests.rig.cards.bridges import running_bridge
from tests.rig.cards.issued import Issued
from tests.rig.cards.official import OfficialCard, running_official
from tests.rig.cards.pcscd import READERS, Pcscd
from tests.rig.cards.stands import PivStand
from tests.rig.people import Person, circumstance
from tests.rig.tls import tls_front
from tests.rig.tools import opensc_module

pytestmark = pytest.mark.card

READER = "citizen"


@pytest.fixture
def folder(demonstration_cards: Path, tmp_path: Path) -> Path:
    """One reader of the demonstration, of this test's own."""
    reader = tmp_path / "readers" / READER
    shutil.copytree(demonstration_cards / "cards" / "citizen", reader)
    told = (reader / "card.toml").read_text(encoding="utf-8")
    (reader / "card.toml").write_text(re.sub('pin = ".*"', f'pin = "{PIN}"', told), encoding="utf-8")
    return tmp_path / "readers"


@pytest.fixture
def visitor(new_card_visitor: Callable[..., CardVisitor]) -> CardVisitor:
    return new_card_visitor()


@pytest.fixture
def with_bridge(visitor: CardVisitor, folder: Path, tmp_path: Path) -> Iterator[CardVisitor]:
    """Somebody who runs `python -m portal.bridge --demo …`."""
    origins = (visitor.server.url,)
    with running_bridge(tmp_path / "bridge.log", "--demo", str(folder), origins=origins) as bridge:
        visitor.component.real = bridge.url
        yield visitor


@pytest.fixture
def with_reader(
    visitor: CardVisitor, pcscd: Pcscd, hold: Callable[..., HeldCard], tmp_path: Path
) -> Iterator[CardVisitor]:
    """Somebody with a reader: their card speaks through pcscd, OpenSC's PKCS#11 module and the bridge."""
    held, module = hold(), ("--module", str(opensc_module()))
    environment, origins = pcscd.environment, (visitor.server.url,)
    with running_bridge(tmp_path / "bridge.log", *module, origins=origins, environment=environment) as bridge:
        stand = PivStand(pcscd, bridge)
        stand.put(Issued(held.card.certificate, held.card.key))
        stand.set_pin(held.pin)
        visitor.component.real = bridge.url
        yield visitor
        card = stand.cards[0]
        assert card
        assert card.signatures or not card.tries_left, "nobody else answered in its place"
        stand.remove()


@pytest.fixture(params=["bridge", "piv", "official"])
def with_program(
    request: pytest.FixtureRequest, visitor: CardVisitor, hold: Callable[..., HeldCard]
) -> Iterator[CardVisitor]:
    """Somebody with the bridge, somebody with a real chain of card programs, and somebody with the official one."""
    if request.param != "official":
        yield request.getfixturevalue({"bridge": "with_bridge", "piv": "with_reader"}[request.param])
        return
    held = hold()
    with running_official() as official:
        issued = Issued(held.card.certificate, held.card.key)
        official.readers = {READER: OfficialCard(issued, pin=held.pin, number=held.number)}
        visitor.component.real = official.url
        yield visitor


def program_of(request: pytest.FixtureRequest) -> str:
    """The parameter of `with_program`."""
    return str(request.node.callspec.params["with_program"])


def test_binding_and_signing_in(
    with_program: CardVisitor,
    request: pytest.FixtureRequest,
    make_person: Callable[..., Person],
    hold: Callable[..., HeldCard],
) -> None:
    visitor, held, person = with_program, hold(), make_person()
    visitor.bind(person, held)
    visitor.page.get_by_role("button", name="登出", exact=True).click()
    visitor.ready()
    visitor.press("重新偵測卡片")
    expect(visitor.readers).to_have_value(READERS[0] if program_of(request) == "piv" else READER)
    visitor.type_pin(held.pin)
    visitor.sees("我的帳號")
    visitor.never_told(held.pin)


def test_the_wrong_pin_until_the_card_is_locked(
    with_program: CardVisitor, request: pytest.FixtureRequest
) -> None:
    visitor = with_program
    visitor.ready()
    visitor.type_pin("999999")
    expect(visitor.told("憑證卡片密碼不正確")).to_contain_text("還可以再試 2 次")
    visitor.type_pin("999999")
    visitor.told("憑證卡片密碼不正確，只剩最後 1 次")
    visitor.page.get_by_role("checkbox").check()
    visitor.pin.fill("999999")
    with visitor.page.expect_popup() as opened:
        visitor.press("登入")
    if program_of(request) != "official":  # the bridge asks once more before the last try
        opened.value.get_by_role("checkbox").check()
        opened.value.get_by_role("button", name="確定").click()
    visitor.told("卡片已經鎖住")
    visitor.never_told("999999")


def test_a_first_card_in_a_reader(
    with_reader: CardVisitor, card_app: Flask, hold: Callable[..., HeldCard]
) -> None:
    visitor, person, held = with_reader, holder_of_card(card_app, state="active", now=None), hold()
    visitor.ready("/authority/smis/card")
    with visitor.page.expect_popup() as opened:
        visitor.press("登入")
    opened.value.get_by_label("憑證卡片密碼").fill(held.pin)
    opened.value.get_by_role("button", name="確定").click()
    visitor.sees("輸入驗證碼")
    with card_app.app_context():
        code = newest_code(person.email, circumstance(card_app))
    visitor.box("驗證碼").fill(code)
    visitor.press("確定")
    visitor.reads(f"{HOLDER} 您好")
    visitor.never_told(held.pin)


def test_the_bridge_asks_for_the_pin_itself(with_bridge: CardVisitor, hold: Callable[..., HeldCard]) -> None:
    held = hold()
    with_bridge.ready(CHECK)
    with with_bridge.page.expect_popup() as opened:
        with_bridge.press("測試簽章")
    opened.value.get_by_label("憑證卡片密碼").fill(held.pin)
    opened.value.get_by_role("button", name="確定").click()
    with_bridge.told("卡片可以正常使用")
    with_bridge.never_told(held.pin)


def test_the_bridge_asks_and_is_told_no(with_bridge: CardVisitor) -> None:
    with_bridge.ready()
    with with_bridge.page.expect_popup() as opened:
        with_bridge.press("登入")
    opened.value.get_by_role("button", name="取消").click()
    with_bridge.told("您取消了這次讀卡")


def test_the_card_is_taken_out(with_bridge: CardVisitor, folder: Path) -> None:
    (folder / READER / "removed").touch()
    with_bridge.ready()
    with_bridge.type_pin(PIN)
    with_bridge.told("讀卡機裡沒有卡片")


def test_an_https_portal_talks_to_the_popup_over_http(
    serve: Callable[..., LiveServer],
    card_app: Flask,
    demonstration_cards: Path,
    folder: Path,
    new_page: Callable[..., Page],
    tmp_path: Path,
) -> None:
    options = {"AUTHORITIES_PATH": str(demonstration_cards / "authorities"), "PROXY_NETWORKS": "127.0.0.0/8"}
    with tls_front(tmp_path) as front:
        live = serve(PORTAL_DEMO=True, PUBLIC_ORIGIN=front.url, **options)
        front.behind = live.url
        visitor = CardVisitor(new_page(ignore_https_errors=True), replace(live, url=front.url))
        program = running_bridge(tmp_path / "bridge.log", "--demo", str(folder), origins=(front.url,))
        with program as bridge:
            visitor.component.real = bridge.url
            visitor.ready(CHECK)
            visitor.type_pin(PIN, "測試簽章")
            visitor.told("卡片可以正常使用")
            visitor.never_told(PIN)


def test_a_bridge_for_other_sites_refuses_this_one(
    visitor: CardVisitor, folder: Path, tmp_path: Path
) -> None:
    with running_bridge(tmp_path / "bridge.log", "--demo", str(folder)) as bridge:
        visitor.component.real = bridge.url
        visitor.ready()
        visitor.press("重新偵測卡片")
        visitor.told("讀卡元件沒有允許本站")
