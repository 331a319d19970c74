"""更新申請權限 (manual 5 steps 8 to 12), without a browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.domain.account import Account, AccountState
from portal.domain.application import RequestState
from portal.domain.draft import PROOF_LIFE
from portal.store.database import read
from portal.usecases.apply.keep_draft import prove_draft
from tests.rig.card_popup import HeldCard
from tests.rig.pages import read_page
from tests.rig.people import circumstance, csrf_token
from tests.rig.smis import COVID, PPE, SMIS, SmisPerson, institution, personal_number, smis_person
from tests.rig.smis_acts import close, decide, undecided_at
from tests.rig.smis_pages import DETAILS, HOME, WAITING, begin, details
from tests.rig.update_pages import UPDATE, form_of, mailed_code, present_card, proved_client, send
from tests.rig.visits import page_of

OTHER = "3501200002"
CARD_NUMBER = "A123456789"
"""Ends as the demonstration's card of 王小明 does."""


@pytest.fixture
def database_kind() -> str:
    """These pages ask nothing of the database that depends on its kind."""
    return "sqlite"


def test_the_way_from_the_question_to_the_new_version(card_app: Flask, hold: Callable[..., HeldCard]) -> None:
    person = smis_person(
        card_app, "clover", "waiting", wanted=(PPE, COVID), holder="王小明", number=CARD_NUMBER
    )
    client = card_app.test_client()
    assert begin(card_app, client, person.number).location == WAITING
    asked = client.post(UPDATE, data={"csrf_token": csrf_token(client, WAITING)})
    assert asked.location == f"{UPDATE}/card"
    page = client.get(f"{UPDATE}/card")
    assert page.headers["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"
    for words in ("更新申請權限", "身份驗證", "卡片密碼 (Password)", "認證中，請稍後....."):
        assert words in page.text
    assert client.get(UPDATE).location == f"{UPDATE}/card", "nothing is shown before the proof"
    other = present_card(client, hold("professional"))
    assert other.status_code == 403
    assert "請使用申請人本人的卡片" in other.text
    assert present_card(client, hold()).location == f"{UPDATE}/code"
    token = csrf_token(client, f"{UPDATE}/code")
    wrong = client.post(f"{UPDATE}/code", data={"csrf_token": token, "code": "00000000"})
    assert "驗證碼不正確" in page_of(wrong, 422).errors["code"]
    code = mailed_code(card_app, person.email)
    assert client.post(f"{UPDATE}/code", data={"csrf_token": token, "code": code}).location == UPDATE
    shown = client.get(UPDATE)
    for words in ("承辦人(審核中)", "管理者(COVID-19)(審核中)", "無此權限", "※審核中的權限", "※欲申請的權限"):
        assert words in shown.text
    assert person.number not in shown.text
    known = read_page(shown.text)
    assert {name: known.value(name) for name in ("name", "phone", "email")} == {
        "name": "王小明", "phone": "02-29603456", "email": person.email,
    }  # fmt: skip
    sent = send(client, phone="02-2960-9999", phone_extension="12")
    assert sent.location == f"{UPDATE}/result"
    told = client.get(sent.location).text
    assert "請等待審核通過" in told
    assert "個人基本資料已更新" in told
    again = client.post(UPDATE, data={"csrf_token": token})
    assert again.location == f"{UPDATE}/card", "asking anew needs the card again"
    assert present_card(client, hold()).location == UPDATE, "which is known by now"


def test_a_stranger_gets_nowhere(card_app: Flask, client: FlaskClient) -> None:
    client = card_app.test_client()
    token = {"csrf_token": csrf_token(client, f"{HOME}application")}
    for address in ("", "/draft", "/unit", "/submission", "/withdrawal", "/card", "/code"):
        answer = client.post(UPDATE + address, data=token)
        assert answer.status_code in (303, 410), address
    begin(card_app, client, personal_number())
    assert client.post(UPDATE, data=token).status_code == 410, "somebody without an application"
    assert client.get("/authority/hwms/application/update").status_code == 404


def test_one_unit_after_the_other(app: Flask) -> None:
    person = smis_person(app, "clover", "waiting")
    institution(app, OTHER, "仁愛診所")
    client = proved_client(app, person)
    page = read_page(client.get(UPDATE).text)
    search = client.post(f"{UPDATE}/draft", data=form_of(page, do="search", phone="02-2960-9999"))
    assert search.location == f"{HOME}units?for=update"
    chosen = client.post(f"{UPDATE}/unit", data={"csrf_token": page.value("csrf_token"), "unit": OTHER})
    assert chosen.location == f"{UPDATE}#unit-chosen"
    page = read_page(client.get(UPDATE).text)
    assert (page.value("unit"), page.value("phone")) == (OTHER, "02-2960-9999")
    none = send(client)
    assert "沒有選擇任何角色" in page_of(none, 422).errors["permissions"]
    options = {"role-emerging-infection-drugs": "viewer"}
    missing = page_of(send(client, **options), 422)
    assert "至少勾選一個選項" in missing.errors["permissions"]
    assert missing.fields["role-emerging-infection-drugs"] == ["viewer"], "nothing typed is lost"
    both = page_of(send(client, **{"role-ppe": ["manager", "viewer"]}), 422)
    assert "只能選擇一個角色" in both.errors["permissions"]
    no_consent = page_of(send(client, consent=None, **{"role-ppe": "manager"}), 422)
    assert "勾選同意" in no_consent.errors["consent"]
    sent = send(client, **{"role-ppe": "manager"})
    assert "新增：仁愛診所「個人防護裝備」管理者" in client.get(sent.location).text
    page = read_page(client.get(UPDATE).text)
    assert page.fields.get("unit") is None, "what was sent is not typed any more"
    own = client.post(f"{UPDATE}/draft", data=form_of(page, do=f"unit:{person.unit}"))
    assert own.location == f"{UPDATE}#unit-chosen"
    assert read_page(client.get(UPDATE).text).fields["role-ppe"] == ["handler"]
    sent = send(client, **{"role-ppe": ""})
    assert "撤回：同泰診所「個人防護裝備」承辦人" in client.get(sent.location).text
    with app.app_context():
        assert undecided_at(person) == {(OTHER, "ppe", "manager", ())}


@pytest.mark.parametrize("code", ["EPB-65000", "closed", "nowhere", "x" * 300])
def test_a_unit_that_cannot_be_asked_at_is_told_at_its_place(app: Flask, code: str) -> None:
    person = smis_person(app, "clover", "waiting")
    institution(app, "closed", "歇業診所", closed=True)
    page = page_of(send(proved_client(app, person), unit=code, **{"role-ppe": "manager"}), 422)
    assert "目前不能申請" in page.errors["unit"]


@pytest.mark.parametrize("do", ["", "unit"])
def test_an_application_sent_again_with_changes_becomes_its_update(app: Flask, do: str) -> None:
    client = app.test_client()
    begin(app, client, personal_number())
    form = details(client)
    client.post(DETAILS, data=form)
    changed = {"name": "林小苗", "phone": "02-2960-9999", "role-ppe": "manager", "role-antivenoms": "viewer"}
    asked = client.post(DETAILS, data={**form, **changed, "do": do})
    assert asked.location == WAITING
    client.post(UPDATE, data={"csrf_token": csrf_token(client, WAITING)})
    with client.session_transaction() as cookie, app.app_context():
        prove_draft(SMIS, cookie["draft:smis"], read().scalars(select(Account.id)).one(), circumstance(app))
    page = read_page(client.get(UPDATE).text)
    assert {name: page.value(name) for name in changed} == changed
    assert page.value("unit") == "3501200001"
    told = client.get(send(client).location).text
    for words in (
        "個人基本資料已更新",
        "修改：同泰診所「個人防護裝備」管理者",
        "新增：同泰診所「抗蛇毒血清」瀏覽者",
    ):
        assert words in told


def test_a_unit_that_closed_is_left_behind_for_another_one(app: Flask) -> None:
    person = smis_person(app, "clover", "waiting")
    institution(app, OTHER, "仁愛診所")
    with app.app_context():
        decide(app, person, "ppe", RequestState.RETURNED)
        close(app, person.unit)
    client = proved_client(app, person)
    shown = client.get(UPDATE).text
    assert "這個單位已經停止使用" in shown
    assert f'value="unit:{person.unit}"' not in shown, "修改 would lead nowhere"
    alone = page_of(send(client, phone="02-2960-9999"), 422)
    assert "改選其他單位" in alone.errors["unit"]
    stale = client.post(f"{UPDATE}/draft", data=form_of(alone, do=f"unit:{person.unit}"))
    assert "目前不能申請" in read_page(client.get(stale.location).text).errors["unit"]
    client.post(f"{UPDATE}/unit", data={"csrf_token": alone.value("csrf_token"), "unit": OTHER})
    told = client.get(send(client, **{"role-ppe": "handler"}).location).text
    assert "撤回：同泰診所「個人防護裝備」承辦人" in told
    assert "新增：仁愛診所「個人防護裝備」承辦人" in told
    with app.app_context():
        assert undecided_at(person) == {(OTHER, "ppe", "handler", ())}


def test_a_decision_meanwhile_is_told_and_nothing_is_lost(app: Flask) -> None:
    person = smis_person(app, "clover", "waiting", wanted=(PPE, COVID))
    client = proved_client(app, person)
    form = form_of(read_page(client.get(UPDATE).text), phone="02-2960-9999")
    with app.app_context():
        decide(app, person, "ppe", RequestState.RETURNED)
    answer = client.post(f"{UPDATE}/submission", data=form)
    page = page_of(answer, 409)
    assert "審核人員剛才處理了這份申請" in answer.text
    assert "退回補件：請補件。" in answer.text
    assert page.value("phone") == "02-2960-9999"
    sent = client.post(f"{UPDATE}/submission", data={**form, "seen": page.value("seen")})
    assert "重新送審：同泰診所「個人防護裝備」承辦人" in client.get(sent.location).text
    form = form_of(read_page(client.get(UPDATE).text))
    with app.app_context():
        for permission in ("ppe", "emerging-infection-drugs"):
            decide(app, person, permission, RequestState.REFUSED)
    answer = client.post(f"{UPDATE}/submission", data=form)
    assert answer.status_code == 409
    assert "已經審核完成" in answer.text


def test_the_proof_grows_old_and_what_was_typed_stays(card_app: Flask) -> None:
    person = smis_person(card_app, "clover", "waiting")
    client = proved_client(card_app, person)
    form = form_of(read_page(client.get(UPDATE).text), phone="02-2960-9999")
    later = datetime.now(UTC) + PROOF_LIFE
    card_app.config["CLOCK"] = lambda: later
    late = client.post(f"{UPDATE}/submission", data=form)
    assert late.location == f"{UPDATE}/card"
    assert "您填寫的內容都還在" in client.get(late.location).text
    card_app.config["CLOCK"] = lambda: later + timedelta(hours=3)
    assert client.get(UPDATE).status_code == 410


def test_taking_the_application_back(app: Flask) -> None:
    person = smis_person(app, "clover", "waiting")
    client = proved_client(app, person)
    page = client.get(UPDATE)
    case = page.text.split("案件編號</dt><dd>")[1].split("<")[0]
    assert f"撤回案件 {case} 的全部申請" in page.text
    gone = send(client, unit=person.unit, **{"role-ppe": ""})
    assert "撤回申請" in page_of(gone, 422).errors["permissions"]
    token = {"csrf_token": read_page(page.text).value("csrf_token")}
    done = client.post(f"{UPDATE}/withdrawal", data=token)
    assert "申請已撤回" in client.get(done.location).text
    assert state_of(app, person) is AccountState.ENDED
    assert client.post(f"{UPDATE}/withdrawal", data=token).status_code == 409


def state_of(app: Flask, person: SmisPerson) -> AccountState:
    with app.app_context():
        return read().get_one(Account, person.row).state


def test_what_nobody_offers_is_not_sent(app: Flask) -> None:
    person = smis_person(app, "clover", "waiting")
    client = proved_client(app, person)
    for changes in (
        {"role-ppe": "boss"},
        {"role-ships": "manager"},
        {"role-biological-protection": "viewer"},
    ):
        assert page_of(send(client, unit=person.unit, **changes), 422).errors["permissions"]
    with app.app_context():
        assert undecided_at(person) == {(person.unit, "ppe", "handler", ())}
