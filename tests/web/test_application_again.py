"""新帳號申請 in pages, sent twice, by known holders, too late or out of turn (manual 5 steps 4 to 10)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from portal.domain.account import Account
from portal.domain.application import Application, ApplicationPurpose
from portal.domain.counter import IDENTITIES_BY_CAPTCHA
from portal.domain.draft import DRAFT_LIFE
from tests.rig.smis import institution, smis_person
from tests.rig.smis_pages import APPLY, DETAILS, WAITING, begin, choose_unit, details, identity
from tests.rig.threads import together
from tests.rig.visits import page_of


def count(session, noun) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(noun))


def test_one_application_however_often_it_is_sent(app, client, session):
    begin(app, client)
    form = details(client)
    cookie = client.get_cookie("portal")

    def press(_) -> str | None:
        browser = app.test_client()
        browser.set_cookie("portal", cookie.value)
        return browser.post(DETAILS, data=form).headers.get("Location")

    receipts = set(together(None, press, range(4)))
    again = client.post(DETAILS, data=form).headers["Location"]
    assert receipts == {again}
    assert client.get(DETAILS).headers["Location"] == again, "back leads to the receipt"
    changed = client.post(DETAILS, data={**form, "name": "王大明"})
    assert changed.headers["Location"] == WAITING
    assert "您剛才填寫的內容都還在" in client.get(WAITING).text
    assert (count(session, Application), count(session, Account)) == (1, 1)
    assert page_of(client.get(APPLY)).value("personal_number") == "", "the next visitor begins anew"


@pytest.mark.parametrize("state", ["waiting", "returned", "active", "suspended"])
def test_a_known_holder(app, client, session, state):
    person = smis_person(app, state=state)
    answer = begin(app, client, person.number, unit=institution(app, "3501200002", "另一家診所"))
    if state == "active":
        page = page_of(answer, 409)
        assert "使用中的帳號" in page.errors["personal_number"]
        assert "/authority/smis/" in page.links
        assert client.get(DETAILS).headers["Location"] == APPLY
        return
    if state == "suspended":
        assert answer.headers["Location"] == DETAILS
        assert client.post(DETAILS, data=details(client)).status_code == 303
        assert session.scalars(select(Application).order_by(Application.id.desc())).first().purpose is (
            ApplicationPurpose.RETURN
        )
        return
    assert answer.headers["Location"] == WAITING, "also for another unit: one application per holder"
    question = client.get(WAITING)
    assert page_of(question).headings == ["您有申請中的權限，是否確定更新申請？"]
    assert f'action="{APPLY}/update"' in question.text
    assert person.number not in question.text
    assert client.get(DETAILS).headers["Location"] == WAITING


def test_pages_without_what_comes_before_lead_to_the_first(app, client, subtests):
    token = page_of(client.get(APPLY)).value("csrf_token")
    for address in (DETAILS, WAITING):
        assert client.get(address).headers["Location"] == APPLY
    sent = client.post(DETAILS, data={"csrf_token": token, "name": "林小苗", "role-ppe": "viewer"})
    assert sent.headers["Location"] == APPLY
    assert "其他資料都還在" in client.get(APPLY).text
    assert begin(app, client).headers["Location"] == DETAILS
    page = page_of(client.get(DETAILS), 200)
    assert (page.value("name"), page.value("role-ppe")) == ("林小苗", "viewer")


def test_a_draft_that_is_too_old_is_told_and_leads_on(app, client):
    begin(app, client)
    form = details(client)
    app.config["CLOCK"] = lambda: datetime.now(UTC) + DRAFT_LIFE + timedelta(minutes=1)
    assert client.get(DETAILS).headers["Location"] == APPLY
    first = client.get(APPLY)
    assert "已超過 2 小時沒有繼續填寫" in first.text
    assert page_of(first).value("personal_number") == ""
    assert client.post(DETAILS, data=form).headers["Location"] == APPLY
    assert begin(app, client).headers["Location"] == DETAILS
    assert page_of(client.get(DETAILS)).value("name") == "林小苗", "what was sent too late is there again"


def test_asking_for_numbers_is_counted_by_captcha_and_address(app, client, make_app):
    choose_unit(app, client)
    active = smis_person(app).number
    form = identity(app, client, active)
    page = page_of(client.post(APPLY, data=form), 409)
    passed = form | {"captcha_pass": page.value("captcha_pass"), "captcha_id": "", "captcha": ""}
    for _ in range(IDENTITIES_BY_CAPTCHA.times - 1):
        assert client.post(APPLY, data=passed).status_code == 409
    stopped = page_of(client.post(APPLY, data=passed), 422)
    assert "請輸入新圖中的數字" in stopped.errors["captcha"]
    assert stopped.value("captcha_id")


def test_what_the_system_does_not_have_is_not_there(client):
    for address in ("/authority/smis/password-reset", "/authority/smis/verification"):
        assert client.get(address).headers["Location"] == "/authority/smis/"
    assert client.get("/authority/hwms/application/details").status_code == 404
