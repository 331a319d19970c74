"""Manual 1 step 7: whose accounts an administrator sees, the service desk, and the agencies' intranet."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.crossed import CROSSED
from tests.journeys.visitor import ADMINISTRATION, MENU, Visitor
from tests.rig.applications import LiveServer
from tests.rig.people import BUREAU, CLEANING_TEAM, MINISTRY, Person

pytestmark = pytest.mark.journey
OTHER_BUREAU = ("county-bureau", "EPB-63000")
OTHER_TEAM = ("cleaning-team", "CT-63000050")


def waiting(visitor: Visitor) -> set[str]:
    """姓名 of all rows."""
    visitor.sees(MENU)
    return set(visitor.page.get_by_role("rowheader").all_inner_texts())


@pytest.fixture
def applicants(make_person: Callable[..., Person]) -> dict[str, Person]:
    """One who waits in each kind of unit of two counties, and one in the ministry."""
    places = {
        "新北職員": BUREAU, "板橋隊員": CLEANING_TEAM, "臺北職員": OTHER_BUREAU, "中正隊員": OTHER_TEAM,
        "部內職員": MINISTRY,
    }  # fmt: skip
    return {
        holder: make_person(f"person{number}", unit=unit, state="proved", holder=holder)
        for number, (holder, unit) in enumerate(places.items())
    }


@CROSSED
def test_a_bureau_serves_itself_and_its_cleaning_teams(
    any_visitor: Visitor, applicants: dict[str, Person], make_person: Callable[..., Person]
) -> None:
    visitor = any_visitor
    visitor.administer(make_person("chief", unit=BUREAU, kind="unit-administrator"))
    assert waiting(visitor) == {"新北職員", "板橋隊員"}
    units = visitor.page.get_by_role("search").get_by_label("所屬單位")
    expect(units.locator("option")).to_have_count(1 + 1 + 29)
    for holder in ("臺北職員", "中正隊員", "部內職員"):
        address = visitor.server.address(f"{ADMINISTRATION}accounts/{applicants[holder].account_id}")
        for path in (address, f"{address}/form.pdf"):
            assert visitor.page.request.get(path).status == 404
        visitor.page.goto(address)
        visitor.sees("找不到這筆資料")
        visitor.reads("可能已被處理，或不在您的管理範圍內")
    visitor.open(f"{ADMINISTRATION}accounts/nobody")
    visitor.sees("找不到這筆資料")
    visitor.open(f"{ADMINISTRATION}accounts?unit=CT-63000050&state=all")
    assert not waiting(visitor) & {"臺北職員", "中正隊員"}
    visitor.open(f"{ADMINISTRATION}accounts/{applicants['板橋隊員'].account_id}")
    visitor.press("帳號啟用")
    assert waiting(visitor) == {"新北職員"}


def test_who_has_no_administrator_is_served_from_above(
    visitor: Visitor,
    new_visitor: Callable[..., Visitor],
    applicants: dict[str, Person],
    make_person: Callable[..., Person],
    make_desk: Callable[..., Person],
) -> None:
    """The service desk, then the ministry, then the bureau: each takes over what lies below it."""
    desk = new_visitor()
    desk.open("/authority/portal/administration/")
    person = make_desk()
    desk.sign_in(person.name, person.password)
    desk.sees("選擇系統")
    desk.follow("生活廢棄物質管理資訊系統")
    assert waiting(desk) == set(applicants)
    minister = make_person(
        "minister", unit=MINISTRY, kind="unit-administrator", state="proved", holder="部長室"
    )
    desk.page.reload()
    desk.row(minister.email).get_by_role("button").first.click()
    expect(desk.page.get_by_role("status").filter(has_text="帳號 minister 已啟用")).to_be_visible()

    visitor.administer(minister)
    # 環境部 serves its own agency; the bureaus lie below the ministry itself, not below this agency.
    assert waiting(visitor) == {"部內職員"}
    head = make_person("head", unit=("ministry", "MOENV"), kind="unit-administrator", holder="部管理員")
    above = new_visitor()
    above.administer(head)
    assert waiting(above) == {"新北職員", "板橋隊員", "臺北職員", "中正隊員"}
    make_person("chief", unit=BUREAU, kind="unit-administrator")
    above.page.reload()
    assert waiting(above) == {"臺北職員", "中正隊員"}
    desk.page.reload()
    assert waiting(desk) == set(applicants)


def test_the_desk_finds_letters_nobody_got(
    visitor: Visitor, make_desk: Callable[..., Person], make_person: Callable[..., Person]
) -> None:
    person = make_desk()
    visitor.open("/authority/portal/administration/")
    visitor.sign_in(person.name, person.password)
    menu = visitor.page.get_by_role("navigation", name="主管機關_系統管理")
    menu.get_by_role("link", name="信件").click()
    visitor.sees("寄不出去的信件")
    visitor.reads("目前沒有寄不出去的信件")


def test_administration_may_be_kept_to_the_intranet(
    serve: Callable[..., LiveServer], new_page: Callable[..., Page], make_person: Callable[..., Person]
) -> None:
    """Only the configured proxy's word about the visitor's address is believed."""
    chief = make_person("chief", kind="unit-administrator")
    intranet = {"X-Forwarded-For": "10.1.2.3"}

    def visit(server: LiveServer, heads: dict[str, str]) -> Visitor:
        visitor = Visitor(new_page(extra_http_headers=heads), server)
        visitor.open(ADMINISTRATION)
        return visitor

    alone = serve(ADMIN_NETWORKS="10.0.0.0/8")
    behind = serve(ADMIN_NETWORKS="10.0.0.0/8", PROXY_NETWORKS="127.0.0.0/8")
    for server, heads in ((alone, {}), (alone, intranet), (behind, {}), (behind, {"X-Forwarded-For": "8.8.8.8"}),
                          (behind, {"X-Forwarded-For": "10.1.2.3, 8.8.8.8"})):  # fmt: skip
        outside = visit(server, heads)
        outside.sees("系統管理只能在機關內部網路使用")
        outside.reads("目前的網路不在開放的範圍內")
        assert outside.page.request.get(server.address(f"{ADMINISTRATION}accounts")).status == 403
        outside.follow("一般帳號登入")
        outside.sees("主管機關登入專區")
    inside = visit(behind, intranet)
    inside.sign_in(chief.name, chief.password)
    inside.sees(MENU)
