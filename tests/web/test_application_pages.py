"""新帳號申請 in pages over HTTP (manual 5 steps 2 to 6): from the number to the receipt, and bad input on the way."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select

from portal.domain.account import Account
from portal.domain.application import Application, PermissionRequest, RequestState
from portal.domain.roc_date import roc_date
from tests.rig.smis import institution, personal_number, smis_person
from tests.rig.smis_acts import decide
from tests.rig.smis_pages import APPLY, DETAILS, begin, choose_unit, details, identity
from tests.rig.visits import page_of


def count(session, noun) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(noun))


def test_from_the_empty_page_to_the_receipt(app, client, session):
    days = {roc_date(datetime.now(UTC))}
    first = client.get(APPLY)
    page = page_of(first)
    assert page.headings == ["新帳號申請"]
    assert "此處僅提供新帳號之申請，如需帳號權限異動申請或帳號刪除，請登入系統至個人資料維護。" in first.text
    assert "unit" not in page.fields, "the code is never typed"
    number = personal_number()
    answer = begin(app, client, number)
    assert answer.headers["Location"] == DETAILS, answer.text
    second = client.get(DETAILS)
    page_of(second)
    for words in ("同泰診所", "3501200001", f"{number[:3]}•••••{number[-2:]}"):
        assert words in second.text
    days.add(roc_date(datetime.now(UTC)))  # two of them where midnight passed meanwhile
    asked_on = re.search(r"申請日期</dt>\s*<dd>(.*?)</dd>", second.text)
    assert asked_on is not None
    assert asked_on.group(1) in days
    assert number not in second.text
    assert second.text.count("【單位無此業務權限】") == 1
    answer = client.post(DETAILS, data=details(client))
    assert answer.status_code == 303, answer.text
    receipt = client.get(answer.headers["Location"])
    assert page_of(receipt).headings == ["已送出申請，請等待審核通過。"]
    for words in (
        "SMIS-",
        "承辦人(審核中)",
        "管理者(COVID-19)(審核中)",
        "第一次用卡片登入",
        "clover@example.com",
        f"{number[:3]}•••••{number[-2:]}",
        "林小苗",
        "02-29603456#12",
        "0912-345-678",
    ):
        assert words in receipt.text
    assert number not in receipt.text
    asked = {(r.permission, r.role, tuple(r.options)) for r in session.scalars(select(PermissionRequest))}
    assert asked == {("ppe", "handler", ()), ("emerging-infection-drugs", "manager", ("covid-19",))}
    account = session.scalars(select(Account)).one()
    assert (account.kind, account.contact["mobile"]) == ("general", "0912345678")


CASES = {
    RequestState.RETURNED: "申請有項目退回補件",
    RequestState.APPROVED: "審核已完成",
    RequestState.REFUSED: "申請未核准",
}


@pytest.mark.parametrize("state", CASES)
def test_the_receipt_says_how_the_case_came_out(app, client, state):
    clover = smis_person(app, "clover", "waiting")
    with app.app_context():
        decide(app, clover, "ppe", state)
    with client.session_transaction() as cookie:
        cookie["receipts"] = [clover.application_id]
    receipt = client.get(f"{APPLY}/receipt/{clover.application_id}")
    assert page_of(receipt).headings[0] == CASES[state]
    assert ("重新申請</a>" in receipt.text) is (state is RequestState.REFUSED)
    assert client.get(f"{APPLY}/receipt/{clover.application_id}/form.pdf").status_code == 404


def test_the_number_stands_nowhere_but_in_its_own_input(app, client):
    number = personal_number()
    choose_unit(app, client)
    again = client.post(APPLY, data=identity(app, client, number, captcha="00000"))
    assert (again.status_code, again.text.count(number)) == (422, 1)
    assert page_of(again, 422).fields["personal_number"] == [number]
    kept = client.post(f"{APPLY}/draft", data=identity(app, client, number, do="unit"))
    assert kept.headers["Location"] == "/authority/smis/units?for=application"
    choose_unit(app, client)
    page = page_of(client.get(APPLY))
    assert page.value("personal_number") == number, "選取 loses nothing"
    assert page.value("captcha_pass"), "nor the captcha that was solved"
    for cookie in client._cookies.values():
        assert number not in cookie.value
    stale = identity(app, client, number) | {"csrf_token": "of another day"}
    origin = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    refused = client.post(APPLY, data=stale, headers=origin)
    assert (refused.status_code, number in refused.text) == (400, False)


BAD_NUMBERS = {
    "": "請輸入使用者身分證號",
    "A123456788": "檢查碼不符",
    "A12345678": "1 個英文字母加 9 個數字",
    "3501200001": "1 個英文字母加 9 個數字",
    "Ａ１２３４５６７８８": "檢查碼不符",
    "A" * 5000: "1 個英文字母加 9 個數字",
}


def test_bad_input_on_the_first_page(app, client, session, subtests):
    code, closed = institution(app), institution(app, "3501200099", "停業診所", closed=True)
    for number, words in BAD_NUMBERS.items():
        with subtests.test(number=number):
            page = page_of(client.post(APPLY, data=identity(app, client) | {"personal_number": number}), 422)
            assert words in page.errors["personal_number"]
            assert "選取" in page.errors["unit"]
            assert page.value("personal_number") == number
            assert {"personal_number", "unit"} <= set(page.summary)
    with subtests.test("a code typed by hand is no choice"):
        page = page_of(client.post(APPLY, data=identity(app, client, unit=code, unit_code=code)), 422)
        assert "選取" in page.errors["unit"]
    for other, words in {
        closed: "已歇業",
        "EPB-65000": "不能申請本系統",
        "9" * 300: "找不到",
        "": "選取",
    }.items():
        with subtests.test(unit=other[:20]):
            assert words in page_of(choose_unit(app, client, other), 422).errors["unit"]
    with subtests.test("a passport"):
        choose_unit(app, client)
        page = page_of(client.post(APPLY, data=identity(app, client, "X-12", passport="y")), 422)
        assert "護照號碼應為 6 到 12 個" in page.errors["personal_number"]
        assert page.fields["passport"] == ["y"]
        answer = client.post(APPLY, data=identity(app, client, "x1234567", passport="y"))
        assert answer.headers["Location"] == DETAILS
    assert count(session, Account) == 0


BAD_DETAILS = [
    ({"consent": None}, "consent", "勾選同意"),
    ({"name": ""}, "name", "使用者姓名"),
    ({"phone": "12"}, "phone", "含區碼"),
    ({"email": "fox"}, "email", "格式不正確"),
    ({"email_backup": "fox"}, "email_backup", "格式不正確"),
    ({"mobile": "0212345678"}, "mobile", "09 開頭"),
    ({"role-ppe": ["manager", "viewer"]}, "permissions", "同一個類別只能選擇一個角色"),
    ({"role-biological-protection": "viewer"}, "permissions", "沒有「生物防護裝備」的業務"),
    ({"role-ppe": "king"}, "permissions", "不在可以申請的範圍"),
    ({"option-emerging-infection-drugs": None}, "permissions", "請至少勾選一個選項"),
    ({"option-emerging-infection-drugs": "flu"}, "permissions", "選項不在可以申請的範圍"),
    ({"role-emerging-infection-drugs": ""}, "permissions", "沒有選擇角色"),
    ({"role-ppe": "", "role-emerging-infection-drugs": "", "option-emerging-infection-drugs": None},
     "permissions", "請至少選擇一個類別"),
]  # fmt: skip


def test_bad_input_on_the_second_page_loses_nothing(app, client, session, subtests):
    begin(app, client)
    for changes, field, words in BAD_DETAILS:
        with subtests.test(**{field: words}):
            form = details(client, **changes)
            page = page_of(client.post(DETAILS, data=form), 422)
            assert words in page.errors[field]
            assert field in page.summary
            assert field in page.ids, "the summary leads somewhere"
            for name, value in form.items():
                if name in page.offered and value in page.offered[name]:
                    assert value in page.fields[name], name
                elif name not in page.offered and name not in changes and name != "csrf_token":
                    assert page.value(name) == value
    assert count(session, Application) == 0


def test_the_unit_may_change_and_may_close_meanwhile(app, client, session):
    begin(app, client)
    form = details(client, name="王大明", do="unit")
    assert client.post(DETAILS, data=form).headers["Location"] == "/authority/smis/units?for=details"
    chosen = client.post(f"{DETAILS}/unit", data={"csrf_token": form["csrf_token"], "unit": "HB-65000"})
    assert chosen.headers["Location"] == f"{DETAILS}#unit-chosen"
    page = page_of(client.get(DETAILS))
    assert (page.value("name"), page.value("role-ppe")) == ("王大明", "handler")
    from portal.domain.unit import Unit

    session.scalars(select(Unit).where(Unit.code == "HB-65000")).one().closed_on = date(2026, 1, 1)
    session.commit()
    refused = page_of(client.post(DETAILS, data=details(client)), 422)
    assert "已歇業或裁撤" in refused.errors["unit"]
    assert refused.value("name") == "林小苗"
    client.post(f"{DETAILS}/unit", data={"csrf_token": form["csrf_token"], "unit": institution(app)})
    assert client.post(DETAILS, data=details(client)).status_code == 303
