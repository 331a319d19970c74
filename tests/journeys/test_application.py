"""Manual 1 steps 2 to 4: the long form, its unit choice, 帳號檢核, and the name that comes out."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.domain.application import Application
from portal.store.system_files import read_system_files
from tests.journeys.visitor import APPLICATION, BUREAU, CLEANING_TEAM, MINISTRY, Answers, Visitor

pytestmark = pytest.mark.journey
LABELS = {
    "驗證碼": True, "Email": True, "姓名": True, "密碼": True, "確認密碼": True, "連絡電話": True, "分機": False,
    "傳真電話": False,
}  # fmt: skip
GROUPS = {
    "源頭減量": 6, "清除與回收": 8, "處理": 5, "基金及運用": 10, "申報管控": 1,
}  # fmt: skip


def test_the_form_asks_what_the_manual_prints(any_visitor: Visitor) -> None:
    any_visitor.open(APPLICATION)
    any_visitor.reads("帳號申請說明", "為必填項目", "個人資料蒐集告知事項", "先選單位類別，再選單位。")
    for label, required in LABELS.items():
        field = any_visitor.box(label)
        assert (field.get_attribute("aria-required") == "true") is required, label
        starred = any_visitor.page.locator(".label-line", has_text="＊").get_by_text(label, exact=True)
        expect(starred).to_have_count(int(required))
    for legend in ("＊所屬單位", "＊性別", "＊需求項目權限"):
        expect(any_visitor.page.get_by_text(legend, exact=True)).to_be_visible()
    rule = read_system_files()["hwms"].password.label
    any_visitor.reads(rule, rule.replace("請輸入", "請再一次輸入"))


@pytest.mark.parametrize(
    ("unit", "kinds", "groups"),
    [
        (MINISTRY, ["一般帳號", "機關管理員"], GROUPS),
        (BUREAU, ["一般帳號", "機關管理員"], {key: GROUPS[key] for key in list(GROUPS)[:4]}),
        (CLEANING_TEAM, ["一般帳號"], {"清除與回收": 1}),
    ],
    ids=["ministry", "bureau", "cleaning-team"],
)
def test_the_unit_decides_what_may_be_asked_for(
    any_visitor: Visitor, unit: tuple[str, ...], kinds: list[str], groups: dict[str, int]
) -> None:
    any_visitor.open(APPLICATION)
    any_visitor.reads("選擇「所屬單位」後，下方會出現單位對應可選之功能權限。", "請先選擇所屬單位。")
    any_visitor.choose_unit(*unit)
    asked = any_visitor.page.get_by_role("radiogroup", name="需求項目權限")
    assert asked.get_by_role("radio").evaluate_all("all => all.map(a => a.labels[0].innerText)") == kinds
    expect(asked.get_by_role("radio", name="一般帳號")).to_be_checked()
    picker = any_visitor.page.get_by_role("group", name="欲使用之功能")
    found = {
        name: picker.get_by_role("group", name=name, exact=True).get_by_role("checkbox").count()
        for name in GROUPS
    }
    assert {name: count for name, count in found.items() if count} == groups
    labels = picker.get_by_role("checkbox").evaluate_all("all => all.map(a => a.labels[0].innerText)")
    key = {"環境部": "ministry", "縣市環保局": "county-bureau", "清潔隊": "cleaning-team"}[unit[0]]
    printed = read_system_files()["hwms"].permissions_for(key)
    assert labels == [offer.label for offers in printed.values() for offer in offers]
    if len(unit) == 3:
        expect(any_visitor.box("縣市").locator("option")).to_have_count(1 + 22)
        expect(any_visitor.box("單位").locator("option")).to_have_count(1 + 12)


def test_changing_ones_mind_about_the_unit(any_visitor: Visitor) -> None:
    """What both kinds may ask for stays ticked; what the new one may not is gone."""
    any_visitor.open(APPLICATION)
    any_visitor.choose_unit(*MINISTRY)
    for permission in ("塑膠微粒", "申報逾期及狀態管控"):
        any_visitor.page.get_by_role("checkbox", name=permission).check()
    any_visitor.page.get_by_role("radio", name="機關管理員").check()
    any_visitor.choose_unit(*BUREAU)
    expect(any_visitor.page.get_by_role("checkbox", name="申報逾期及狀態管控")).to_have_count(0)
    expect(any_visitor.page.get_by_role("checkbox", name="塑膠微粒")).to_be_checked()
    expect(any_visitor.page.get_by_role("radio", name="機關管理員")).to_be_checked()
    any_visitor.choose_unit(*CLEANING_TEAM)
    expect(any_visitor.page.get_by_role("radio", name="機關管理員")).to_have_count(0)
    expect(any_visitor.page.get_by_role("radio", name="一般帳號")).to_be_checked()


def test_the_picker_counts_and_takes_whole_groups(visitor: Visitor) -> None:
    visitor.open(APPLICATION)
    visitor.choose_unit(*BUREAU)
    told = visitor.page.get_by_role("group", name="欲使用之功能").get_by_role("status")
    expect(told).to_have_text("已選 0 項")
    visitor.page.get_by_role("checkbox", name="垃圾處理廠(場)").check()
    whole = visitor.page.get_by_role("group", name="源頭減量", exact=True).get_by_role("button")
    expect(whole).to_have_accessible_name(re.compile("^全選"))
    whole.click()
    expect(told).to_have_text("已選 7 項")
    expect(whole).to_have_accessible_name(re.compile("^取消全選"))
    whole.click()
    expect(told).to_have_text("已選 1 項")
    visitor.choose_unit(*MINISTRY)
    expect(told).to_have_text("已選 1 項")


def test_the_name_check_wants_the_captcha_and_tells_the_name(
    any_visitor: Visitor, new_visitor: Callable[..., Visitor]
) -> None:
    page = any_visitor.page
    assert new_visitor().apply(Answers(email="fox52fox@example.com")) == "fox52fox"
    any_visitor.open(APPLICATION)
    any_visitor.box("姓名").fill("張曉美")
    any_visitor.box("Email").fill("Fox52Fox@elsewhere.example")
    any_visitor.press("帳號檢核")
    expect(page.locator("#captcha-field")).to_contain_text("請輸入驗證碼。")
    any_visitor.read_captcha()
    any_visitor.press("帳號檢核")
    # The same for the known address and a stranger's: it speaks of the name alone.
    told = "您的帳號將是 fox52fox01（已有人使用相同名稱，系統加上了流水序號），送出後正式編定。"
    any_visitor.reads(told, "驗證碼已通過")
    any_visitor.box("Email").fill(
        "owl@example.com"
    )  # another answer between, so that the next one is waited for
    any_visitor.press("帳號檢核")
    any_visitor.reads("您的帳號將是 owl")
    any_visitor.box("Email").fill("fox52fox@example.com")
    any_visitor.press("帳號檢核")
    any_visitor.reads(told)
    any_visitor.box("Email").fill("不是信箱")
    any_visitor.press("帳號檢核")
    expect(any_visitor.box("Email")).to_have_attribute("aria-invalid", "true")
    expect(any_visitor.box("姓名")).to_have_value("張曉美")


def test_the_name_check_is_counted(visitor: Visitor) -> None:
    visitor.open(APPLICATION)
    visitor.read_captcha()
    for number in range(10):
        visitor.box("Email").fill(f"fox{number}@example.com")
        visitor.press("帳號檢核")
        visitor.reads(f"您的帳號將是 fox{number}，")
    visitor.box("Email").fill("fox@example.com")
    visitor.press("帳號檢核")
    visitor.reads("檢核次數已達上限。您可以直接送出申請，系統會自動給您不重複的帳號。")


def test_a_taken_name_gets_a_running_suffix(any_visitor: Visitor) -> None:
    names = [any_visitor.apply(Answers(email=f"fox52fox@{host}.example")) for host in ("a", "b", "c")]
    assert names == ["fox52fox", "fox52fox01", "fox52fox02"]
    any_visitor.reads("若帳號有人申請過則會再附加流水序號")


def test_pressing_twice_sends_once(any_visitor: Visitor, session: Session) -> None:
    any_visitor.open(APPLICATION)
    any_visitor.read_captcha()
    any_visitor.fill(Answers())
    any_visitor.fill_passwords(Answers().password)
    any_visitor.agree()
    any_visitor.posts.clear()
    any_visitor.button("資料送出").dblclick()
    any_visitor.sees("申請已送出")
    assert session.scalar(select(func.count()).select_from(Application)) == 1
    if any_visitor.script:
        assert len(any_visitor.posts) == 1
    assert any_visitor.summary("帳號") == "fox52fox"
