"""第二項驗證 in a real browser: the code of an administrator, and the first time; with script and without."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal.domain.authenticator import Authenticator
from portal.proofs.one_time_code import code_at, step_of
from tests.journeys.inspection import Inspect
from tests.journeys.visitor import Visitor
from tests.rig.people import Person
from tests.rig.second_proof import code_at_server

pytestmark = pytest.mark.journey


@pytest.fixture
def app_settings() -> dict[str, Any]:
    """The demonstration: the code is read off the page."""
    return {"PORTAL_DEMO": True}


@pytest.fixture
def boss(make_person: Callable[..., Person]) -> Person:
    return make_person("boss", kind="unit-administrator")


@pytest.fixture
def look(inspect: Inspect) -> Inspect:
    """Inspect a page where scripts run: axe waits for ever where they do not."""
    return lambda visitor: inspect(visitor) if visitor.script else None


def test_password_then_code(any_visitor: Visitor, boss: Person, look: Inspect) -> None:
    any_visitor.open("/authority/hwms/administration/")
    assert any_visitor.passes_password(boss.name, boss.password)
    any_visitor.sees("第二項驗證")
    look(any_visitor)
    any_visitor.show_code("12")
    any_visitor.reads("請輸入驗證器顯示的 6 個數字。")
    expect(any_visitor.box("驗證碼")).to_have_value("")
    look(any_visitor)
    any_visitor.show_code(any_visitor.page.locator("[data-demo-code]").inner_text())
    any_visitor.sees("環保局帳號啟用")
    any_visitor.open("/account/")
    any_visitor.follow("重新設定驗證器")
    any_visitor.sees("設定驗證器")
    look(any_visitor)
    code_at_server(any_visitor.server.database_url, "hwms", boss.name)
    any_visitor.show_code(any_visitor.page.locator("[data-demo-code]").inner_text(), "完成設定")
    any_visitor.sees("我的帳號")
    expect(any_visitor.page.get_by_text("驗證器已重新設定")).to_be_visible()


def test_the_first_time(any_visitor: Visitor, boss: Person, session: Session, look: Inspect) -> None:
    session.execute(delete(Authenticator))
    session.commit()
    any_visitor.open(boss.home)
    assert any_visitor.passes_password(boss.name, boss.password)
    any_visitor.sees("設定驗證器")
    look(any_visitor)
    any_visitor.press("完成設定並登入")
    any_visitor.reads("請輸入驗證器顯示的 6 個數字。")
    look(any_visitor)
    key = "".join(any_visitor.page.locator("[data-key] span").all_inner_texts())
    any_visitor.show_code(code_at(key, step_of(datetime.now(UTC))), "完成設定並登入")
    any_visitor.sees("我的帳號")
    expect(any_visitor.page.get_by_text("驗證器已設定完成")).to_be_visible()
