"""帳號申請 over HTTP: one form makes one application, and only the browser that sent it sees the receipt."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from portal.domain.account import Account, AccountState
from portal.domain.application import Application, PermissionRequest
from portal.domain.credential import PasswordCredential
from portal.domain.letter import OutgoingLetter
from portal.domain.proof import Proof, ProofState
from portal.domain.unit import Unit
from tests.rig.people import csrf_token
from tests.rig.threads import together
from tests.rig.visits import APPLY, HOME, filled, open_letter, page_of, send


def apply(app, client, **changes) -> str:
    """The address of the receipt."""
    answer = client.post(APPLY, data=filled(app, client, **changes))
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def count(session, noun) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(noun))


def test_from_the_empty_form_to_the_receipt(app, client):
    page = page_of(client.get(APPLY))
    assert page.errors == {}
    assert page.offered["unit_kind"] == ["", "ministry", "county-bureau", "cleaning-team"]
    address = apply(app, client)
    receipt = client.get(address)
    page_of(receipt)
    for words in ("fox52fox", "HWMS-", "縣市環保局／新北市環保局", "fox52fox@ntpc.gov.tw"):
        assert words in receipt.text
    form = client.get(f"{address}/form.pdf")
    assert (form.status_code, form.mimetype, form.data[:5]) == (200, "application/pdf", b"%PDF-")
    assert form.headers["Content-Disposition"].startswith('attachment; filename="HWMS-')


def test_the_same_form_sent_twice_has_one_receipt(app, client, session):
    data = filled(app, client)
    answers = [client.post(APPLY, data=data) for _ in range(3)]
    assert len({answer.headers["Location"] for answer in answers}) == 1
    assert (count(session, Account), count(session, OutgoingLetter)) == (1, 1)


def test_another_password_with_the_same_form_is_not_taken_and_that_is_told(app, client, session):
    data = filled(app, client)
    first = client.post(APPLY, data=data).headers["Location"]
    assert "第一次送出時填寫" not in client.get(first).text
    kept = session.scalars(select(PasswordCredential.hash)).one()
    other = {**data, "password": "Other9Words#", "password_again": "Other9Words#"}
    assert client.post(APPLY, data=other).headers["Location"] == first
    assert "密碼是第一次送出時填寫的那一個" in client.get(first).text
    session.rollback()
    assert session.scalars(select(PasswordCredential.hash)).one() == kept


def test_a_button_pressed_eight_times_at_once(app, client, session):
    data = filled(app, client)
    cookie = client.get_cookie("portal")

    def press(_) -> tuple[int, str | None]:
        browser = app.test_client()
        browser.set_cookie("portal", cookie.value)
        answer = browser.post(APPLY, data=data)
        return answer.status_code, answer.headers.get("Location")

    answers = together(None, press, range(8))
    assert len(set(answers)) == 1, answers
    assert answers[0][0] == 303
    assert (count(session, Account), count(session, OutgoingLetter)) == (1, 1)


EXTRA = {
    "role": "administrator", "kind": "unit-administrator", "status": "active", "state": "active", "system": "portal",
    "zone": "citizen", "unit_id": "1", "unit_path": "", "account_id": "1", "reviewed_at": "2026-01-01", "id": "1",
    "account_name": "admin", "holder_name": "x", "activated_at": "2026-01-01", "email_key": "x", "public_id": "x",
    "case_number": "x", "version": "9", "added_by_reviewer": "1", "proof": "proven", "submission_key": "x",
}  # fmt: skip


def test_fields_that_the_form_does_not_have_change_nothing(app, client, session):
    apply(app, client, **EXTRA)
    account = session.scalars(select(Account)).one()
    unit = session.get_one(Unit, account.unit_id)
    assert (account.system, account.kind, account.name) == ("hwms", "general", "fox52fox")
    assert (account.state, account.reviewed_at, account.activated_at) == (AccountState.PENDING, None, None)
    assert (unit.code, account.unit_path) == ("EPB-65000", unit.path)
    application = session.scalars(select(Application)).one()
    assert application.version == 1
    assert set(application.answers) == {"email", "name", "gender", "phone", "phone_extension", "fax"}
    assert not session.scalars(select(PermissionRequest.added_by_reviewer)).first()
    assert session.scalars(select(Proof.state)).one() is ProofState.AWAITED


@pytest.mark.parametrize("way", ["", "/form.pdf"])
def test_a_receipt_is_shown_to_the_browser_that_sent_it_only(app, client, way):
    address = apply(app, client)
    stranger = app.test_client()
    answer = stranger.get(address + way)
    assert answer.status_code == 404
    for secret in ("fox52fox", "HWMS-", "新北市環保局"):
        assert secret not in answer.text
    assert client.get(address + way).status_code == 200


def test_a_stranger_sends_no_letter_and_learns_nothing(app, client, session):
    address = apply(app, client)
    stranger = app.test_client()
    answer = send(stranger, f"{address}/verification-letter")
    assert answer.status_code == 404
    for secret in ("fox52fox", "HWMS-", "新北市環保局"):
        assert secret not in answer.text
    assert count(session, OutgoingLetter) == 1


def test_the_letter_again_from_the_receipt(app, client, session):
    address = apply(app, client)
    for _ in range(3):
        answer = send(client, f"{address}/verification-letter")
        assert answer.status_code == 200
        assert "已重新寄出" in answer.text
    answer = send(client, f"{address}/verification-letter")
    assert answer.status_code == 429
    assert "一小時最多重寄 3 次" in answer.text
    assert count(session, OutgoingLetter) == 4


def test_a_receipt_whose_case_is_over_leads_to_a_new_application(app, client):
    address = apply(app, client)
    under_way = client.get(address)
    assert "帳號重新認證" in under_way.text
    for words in ("黃小狐", "02-25569785#12", "02-23117722", "一次用產品、塑膠微粒", "請確認相關資料皆無誤"):
        assert words in under_way.text, words
    open_letter(app, client, "fox52fox@ntpc.gov.tw", "verify-email")
    assert send(client, f"{HOME}proof/withdrawal").status_code == 303
    over = client.get(address)
    assert page_of(over).headings[0] == "申請已撤回"
    assert APPLY in page_of(over).links
    for words in ("帳號重新認證", "匯出申請表", "申請已送出", "登入使用"):
        assert words not in over.text, words


def test_the_last_five_receipts_are_kept(app, client):
    addresses = [apply(app, client, email=f"fox{number}@x.tw") for number in range(6)]
    assert [client.get(address).status_code for address in addresses] == [404, 200, 200, 200, 200, 200]


@pytest.mark.parametrize(
    "address", ["/authority/portal/application", "/citizen/hwms/application", "/authority/x/application"]
)
def test_where_nobody_applies(client, address):
    assert client.get(address).status_code == 404
    assert send(client, address).status_code == 404
    assert client.get(f"{address}/choices").status_code == 404


def test_without_a_script_the_form_is_asked_for_step_by_step(app, client):
    data = filled(app, client)
    page = page_of(client.post(f"{APPLY}/draft", data={**data, "do": "unit", "unit_kind": "cleaning-team"}))
    assert "新北市" in page.offered["county"]
    assert "unit" not in page.offered
    chosen = {"unit_kind": "cleaning-team", "county": "新北市", "do": "unit"}
    page = page_of(client.post(f"{APPLY}/draft", data={**data, **chosen}))
    assert "CT-65000010" in page.offered["unit"]
    assert page.offered["account_kind"] == ["general"]
    assert page.offered["permissions"] == ["monthly-collection"]
    for name in ("email", "name", "phone", "fax"):
        assert page.value(name) == data[name]
    assert page.value("password") == ""


def test_a_new_picture_keeps_what_was_typed(app, client):
    data = filled(app, client, captcha="")
    page = page_of(client.post(f"{APPLY}/draft", data={**data, "do": "captcha"}))
    assert page.value("captcha_id") != data["captcha_id"]
    assert (page.value("email"), page.value("name"), page.errors) == (data["email"], data["name"], {})
    assert client.get(f"/captcha/{page.value('captcha_id')}.png").mimetype == "image/png"
    assert client.get(f"/captcha/{page.value('captcha_id')}.wav").mimetype == "audio/wav"


def test_the_name_is_told_behind_the_captcha_only(app, client):
    data = filled(app, client)
    told = client.post(f"{APPLY}/draft", data={**data, "do": "check-name"})
    assert told.status_code == 200
    assert "<strong>fox52fox</strong>" in told.text
    page = page_of(client.post(f"{APPLY}/draft", data={**data, "do": "check-name", "captcha": ""}), 422)
    assert set(page.errors) == {"captcha"}
    wrong = page_of(client.post(f"{APPLY}/draft", data={**data, "do": "check-name", "email": "x"}), 422)
    assert set(wrong.errors) == {"email"}


@pytest.mark.parametrize(
    ("typed", "name", "told"),
    [
        ("fox+portal@x.tw", "foxportal", "帳號取自"), ("o'brien@x.tw", "obrien", "帳號取自"),
        ("ｆｏｘ@x.tw", "fox", "帳號取自"), (" Fox@x.tw", "fox", "送出後正式編定"),
    ],
)  # fmt: skip
def test_a_name_is_called_taken_only_if_it_is(app, client, make_person, typed, name, told):
    def answer() -> str:
        data = filled(app, client, email=typed)
        return client.post(f"{APPLY}/draft", data={**data, "do": "check-name"}).text

    free = answer()
    assert f"<strong>{name}</strong>" in free
    assert told in free
    assert ("帳號取自" in free) == (told == "帳號取自")
    assert "已有人使用相同名稱" not in free
    make_person(name, state="waiting")
    taken = answer()
    assert f"<strong>{name}01</strong>（已有人使用相同名稱" in taken


def test_a_name_that_is_taken_is_told_alike_whosever_address_it_is(app, client):
    apply(app, client)
    seen = set()
    for address in ("fox52fox@ntpc.gov.tw", "fox52fox@elsewhere.tw"):
        data = filled(app, client, email=address)
        text = client.post(f"{APPLY}/draft", data={**data, "do": "check-name"}).text
        assert "<strong>fox52fox01</strong>" in text
        seen.add(text.count(address.partition("@")[2]))
    assert seen == {1}, "what was typed, and nothing else"


def test_a_form_may_stand_open_for_as_long_as_its_session(app, client):
    token = csrf_token(client, APPLY)
    assert app.config["WTF_CSRF_TIME_LIMIT"] is None
    assert client.post(f"{APPLY}/draft", data={"csrf_token": token, "do": "unit"}).status_code == 200
