"""權限申請審核 and 帳號權限管理 over HTTP: who gets there, what is shown, and what comes back after a mistake."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import func, select

from portal.domain.account import Account, AccountState
from portal.domain.application import Application, PermissionRequest, RequestState
from portal.domain.base import Base
from portal.domain.grant import Grant, GrantState
from portal.domain.offers import WantedPermission
from tests.rig.pages import read_page
from tests.rig.smis import BUREAU, institution, smis_client, smis_person
from tests.rig.smis_requests import ask_for
from tests.rig.visits import ACCOUNTS, page_of, send, signed_in_client

pytestmark = pytest.mark.parametrize(
    "database_kind", ["sqlite"], indirect=True
)  # use-cases are tested on both
ADMIN = "/authority/smis/administration/"
REQUESTS, HOLDERS = f"{ADMIN}requests", f"{ADMIN}permissions"
THREE = ("ppe", "antivenoms", "emerging-infection-drugs")
MANAGES = tuple(WantedPermission(key, "manager", ("covid-19",) if key[0] == "e" else ()) for key in THREE)
WANTS = tuple(
    WantedPermission(key, "handler", ("covid-19", "a-pox") if key[0] == "e" else ()) for key in THREE
)


@pytest.fixture
def chief(app):
    return smis_person(app, "chief", unit=BUREAU, wanted=MANAGES, holder="林主任")


@pytest.fixture
def boss(app, chief):
    """The browser of the bureau's manager."""
    return smis_client(app, chief)


@pytest.fixture
def fox(app):
    return smis_person(app, "fox", "waiting", wanted=WANTS, holder="張小狐")


def asked(session, person) -> dict[str, PermissionRequest]:
    session.rollback()
    query = select(PermissionRequest).where(PermissionRequest.account_id == person.row)
    return {row.permission: row for row in session.scalars(query)}


def rows_in_all(session) -> int:
    session.rollback()
    return sum(
        session.scalar(select(func.count()).select_from(table)) for table in Base.metadata.sorted_tables
    )


def chosen(session, person, version: str = "1", **words: str) -> dict[str, str]:
    """The form of an application, filled in: `ppe="refused", ppe_reason="…"`."""
    form = {"version": version}
    for key, one in asked(session, person).items():
        name = key.partition("-")[0]
        form[f"decision-{one.public_id}"] = words.get(name, "")
        form[f"reason-{one.public_id}"] = words.get(f"{name}_reason", "")
    return form


def test_the_list_shows_who_where_what_and_since_when(boss, fox, app):
    smis_person(app, "elsewhere", "waiting", unit="HB-63000", wanted=WANTS, holder="別處人")
    assert boss.get(ADMIN).headers["Location"] == REQUESTS
    answer = boss.get(REQUESTS)
    page = page_of(answer)
    for words in (
        "權限申請審核", "申請日期", "案件編號", "單位", "姓名", "物資類別", "角色", "狀態", "共 3 筆", "張小狐",
        "同泰診所", "個人防護裝備", "承辦人(COVID-19、A痘)", "待審核", "帳號權限管理",
    ):  # fmt: skip
        assert words in answer.text, words
    assert "別處人" not in answer.text
    assert len(page.offered["requests"]) == 3
    for query, count in (
        ("permission=ppe", 1), ("name=小狐", 3), ("name=nobody", 0), ("unit=同泰", 3), ("unit=35012", 3),
        ("unit=HB-65", 3), ("unit=新北市政府衛生局", 3), ("unit=臺北市政府衛生局", 0),
        ("state=approved", 0), ("state=junk", 3),
    ):  # fmt: skip
        assert f"共 {count} 筆" in boss.get(f"{REQUESTS}?{query}").text, query


def test_three_requests_three_ways_on_one_page(boss, fox, session):
    address = f"{REQUESTS}/{fox.application_id}"
    shown = boss.get(address)
    page_of(shown)
    assert f"{fox.number[:3]}•" in shown.text
    assert fox.number not in shown.text
    for words in ("fox@example.com", "02-29603456", "這是第一次申請", "新帳號申請"):
        assert words in shown.text, words
    form = chosen(
        session, fox, ppe="approved", antivenoms="refused", antivenoms_reason="不需要", emerging="returned"
    )
    answer = send(boss, f"{address}/decisions", form)
    assert answer.status_code == 422
    returned = asked(session, fox)["emerging-infection-drugs"]
    assert f'href="#reason-{returned.public_id}"' in answer.text
    assert "請填寫原因" in answer.text
    page = read_page(answer.text)
    assert page.value(f"decision-{asked(session, fox)['ppe'].public_id}") == "approved", "nothing is lost"
    assert "不需要" in answer.text
    assert {one.state for one in asked(session, fox).values()} == {RequestState.REQUESTED}
    form[f"reason-{returned.public_id}"] = "請補填分機"
    answer = send(boss, f"{address}/decisions", {**form, "back": f"{REQUESTS}?name=x"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{REQUESTS}?name=x")
    assert "核准 1 項、駁回 1 項、退回補件 1 項" in boss.get(REQUESTS).text
    after = boss.get(address).text
    for words in ("目前沒有等待您審核的項目", "已核准", "已駁回", "林主任", "請補填分機", "退回補件"):
        assert words in after, words


def test_what_was_typed_comes_back_when_the_applicant_was_faster(boss, fox, session):
    form = chosen(session, fox, version="7", ppe="refused", ppe_reason="本單位不需要")
    answer = send(boss, f"{REQUESTS}/{fox.application_id}/decisions", form)
    assert answer.status_code == 409
    for words in ("修改了申請內容", "本單位不需要"):
        assert words in answer.text
    session.rollback()
    row = session.scalars(select(PermissionRequest).where(PermissionRequest.permission == "ppe",
                                                          PermissionRequest.account_id == fox.row)).one()  # fmt: skip
    row.state, row.decided_by_id = RequestState.APPROVED, fox.row
    session.commit()
    answer = send(boss, f"{REQUESTS}/{fox.application_id}/decisions", {**form, "version": "1"})
    assert answer.status_code == 409
    assert "剛才已由張小狐核准" in answer.text
    assert "還沒有送出的原因：本單位不需要" in answer.text


def test_ticked_rows_are_approved_with_a_result_for_each_application(app, boss, fox, session):
    wolf = smis_person(app, "wolf", "waiting", wanted=WANTS[:1], holder="王大狼")
    far = smis_person(app, "far", "waiting", unit="HB-63000", wanted=WANTS[:1])
    ticked = list(page_of(boss.get(REQUESTS)).offered["requests"])
    assert len(ticked) == 4
    stranger = asked(session, far)["ppe"].public_id
    answer = send(
        boss, f"{REQUESTS}/batch", {"act": "approval", "requests": [*ticked, f"{stranger}:1", "junk", "x:y"]}
    )
    page_of(answer)
    assert "2 筆完成，1 筆沒有完成" in answer.text
    assert "核准 3 項" in answer.text
    case = session.scalars(select(Application.case_number).where(Application.account_id == far.row)).one()
    assert case not in answer.text
    assert "勾選的第 5 筆" in answer.text, "which row it was"
    assert {one.state for person in (fox, wolf) for one in asked(session, person).values()} == {
        RequestState.APPROVED
    }
    assert asked(session, far)["ppe"].state is RequestState.REQUESTED
    for nothing in ({"act": "nothing", "requests": ticked}, {"act": "approval"}):
        assert send(boss, f"{REQUESTS}/batch", nothing).status_code in {200, 303}


def test_who_reviews_nothing_gets_nowhere(app, fox, session, make_person, make_desk):
    handler = smis_person(app, "handler", unit=BUREAU, wanted=WANTS)
    client = smis_client(app, handler)
    pages = (REQUESTS, f"{REQUESTS}/{fox.application_id}", HOLDERS, f"{HOLDERS}/{handler.account_id}")
    assert {client.get(address).status_code for address in (ADMIN, *pages)} == {403}
    assert {app.test_client().get(address).status_code for address in pages} == {303}
    other = signed_in_client(app, make_person("boss", kind="unit-administrator"))
    assert {other.get(address).status_code for address in pages} == {403}
    desk = signed_in_client(app, make_desk())
    assert desk.get(REQUESTS).status_code == 200
    assert "張小狐" in desk.get(REQUESTS).text
    for address in ("/authority/smis/administration/accounts", "/authority/hwms/administration/requests",
                    "/authority/hwms/administration/permissions"):  # fmt: skip
        assert desk.get(address).status_code == 404, address
    assert desk.get(ACCOUNTS).status_code == 200


def test_another_bureaus_application_is_not_there(app, fox, session):
    far = smis_client(app, smis_person(app, "far", unit="HB-63000", wanted=MANAGES))
    before = rows_in_all(session)
    address = f"{REQUESTS}/{fox.application_id}"
    assert far.get(address).status_code == 404
    form = chosen(session, fox, ppe="approved")
    assert send(far, f"{address}/decisions", form).status_code == 404
    assert far.get(f"{HOLDERS}/{fox.account_id}").status_code == 404
    assert (
        send(far, f"{HOLDERS}/{fox.account_id}/withdrawal", {"grants": "1", "reason": "x"}).status_code == 404
    )
    assert rows_in_all(session) == before


def test_a_manager_goes_to_the_administration_and_loses_it_at_the_next_look(boss, chief, session):
    assert "主管機關_系統管理" in boss.get("/account/").text
    assert boss.get(REQUESTS).status_code == 200
    for grant in session.scalars(select(Grant).where(Grant.account_id == chief.row)):
        grant.state = GrantState.WITHDRAWN
    session.commit()
    assert boss.get(REQUESTS).status_code == 403


def test_permissions_are_taken_back_with_a_reason(app, boss, chief, session):
    deer = smis_person(
        app, "deer", wanted=(*WANTS[:2], WantedPermission("hiv-tb-drugs", "viewer")), holder="白鹿"
    )
    listed = boss.get(HOLDERS)
    assert "共 1 個帳號" in listed.text, "neither one's own nor what others manage"
    assert "個人防護裝備：承辦人" in listed.text
    assert "愛滋結核藥劑" not in listed.text
    for query, count in (("permission=antivenoms", 1), ("permission=hiv-tb-drugs", 0), ("name=鹿", 1), ("unit=同泰", 1),
                         ("unit=HB-63000", 0), ("name=x", 0)):  # fmt: skip
        assert f"共 {count} 個帳號" in boss.get(f"{HOLDERS}?{query}").text.replace("<option", ""), query
    address = f"{HOLDERS}/{deer.account_id}"
    page = page_of(boss.get(address))
    numbers = page.offered["grants"]
    assert len(numbers) == 2
    for form, words in (({}, "還沒有勾選"), ({"grants": numbers[0]}, "請填寫停用的原因"),
                        ({"grants": numbers[0], "reason": "長" * 301}, "最多 300 個字")):  # fmt: skip
        answer = send(boss, f"{address}/withdrawal", form)
        assert (answer.status_code, words in answer.text) == (422, True)
    answer = send(boss, f"{address}/withdrawal", {"grants": ["999999"], "reason": "x"})
    assert answer.status_code == 409
    answer = send(boss, f"{address}/withdrawal", {"grants": numbers, "reason": "職務異動"})
    assert (answer.status_code, answer.headers["Location"]) == (303, HOLDERS)
    assert "已停用白鹿的 2 項權限" in boss.get(HOLDERS).text
    session.rollback()
    held = session.scalars(select(Grant.state).where(Grant.account_id == deer.row).order_by(Grant.id)).all()
    assert sorted(state.value for state in held) == ["active", "withdrawn", "withdrawn"]
    assert session.get_one(Account, deer.row).state is AccountState.ACTIVE
    assert boss.get(address).status_code == 404


def test_pages_of_the_list_at_addresses_that_work_without_a_script(app, boss, session):
    clinic = institution(app)
    for number in range(9):
        smis_person(app, f"p{number}", "waiting", unit=clinic, wanted=WANTS, holder=f"王{number}")
    seen, address, pages = [], f"{REQUESTS}?name=王", 0
    while address:
        page = read_page(boss.get(address).text)
        seen += page.offered["requests"]
        pages += 1
        address = next((link for link in page.links if "before=" in link), None)
    assert (len(seen), len(set(seen)), pages) == (27, 27, 2)
    assert re.search(r'side-menu.*?class="count">27<', boss.get(HOLDERS).text, re.S)


def test_own_requests_are_neither_listed_nor_shown(app, boss, chief):
    public_id = ask_for(app, chief, WantedPermission("ppe", "viewer"))
    smis_person(app, "second", unit=BUREAU, wanted=MANAGES)
    assert "共 0 筆" in boss.get(REQUESTS).text
    assert boss.get(f"{REQUESTS}/{public_id}").status_code == 404
