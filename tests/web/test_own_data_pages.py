"""個人資料維護, without a browser."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.domain.account import Account, AccountState
from portal.domain.application import RequestState
from portal.domain.offers import WantedPermission
from portal.store.database import read
from portal.store.grants import grants_of
from tests.rig.pages import read_page
from tests.rig.people import Person, csrf_token, sign_in
from tests.rig.smis import BUREAU, COVID, PPE, SmisPerson, institution, smis_client, smis_person
from tests.rig.smis_acts import decide, undecided_at
from tests.rig.smis_pages import HOME
from tests.rig.update_pages import form_of
from tests.rig.visits import page_of

DATA = "/account/data"
OTHER = "3501200002"
FLU = WantedPermission("influenza-antivirals", "viewer")


@pytest.fixture
def database_kind() -> str:
    """These pages ask nothing of the database that depends on its kind."""
    return "sqlite"


@pytest.fixture
def person(app: Flask) -> SmisPerson:
    """Somebody of a clinic who holds two permissions."""
    return smis_person(app, "clover", wanted=(PPE, COVID))


@pytest.fixture
def client(app: Flask, person: SmisPerson) -> FlaskClient:
    """Their browser."""
    return smis_client(app, person)


def post(client: FlaskClient, address: str, **changes: Any) -> Any:
    """The form of a page as it stands, but for `changes`."""
    return client.post(address, data=form_of(read_page(client.get(address).text), **changes))


def test_ones_own_page_leads_there_and_other_systems_have_none(
    client: FlaskClient, app: Flask, make_person: Any
) -> None:
    own = client.get("/account/").text
    assert f'href="{DATA}"' in own
    assert "變更密碼" not in own, "there is no password"
    shown = client.get(DATA).text
    for words in (
        "個人資料維護",
        "林小苗",
        "02-29603456",
        "承辦人",
        "管理者(COVID-19)",
        "無此權限",
        "刪除帳號",
    ):
        assert words in shown
    other: Person = make_person("fox")
    stranger = app.test_client()
    sign_in(stranger, other)
    assert DATA not in stranger.get("/account/").text
    for path in ("", "/contact", "/requests", "/surrender"):
        assert stranger.get(DATA + path).status_code == 404


def test_contact_data(client: FlaskClient, app: Flask, person: SmisPerson) -> None:
    page = read_page(client.get(f"{DATA}/contact").text)
    assert (page.value("phone"), page.value("email"), "name" in page.fields) == (
        "02-29603456",
        person.email,
        False,
    )
    wrong = page_of(post(client, f"{DATA}/contact", phone="12", email="new@example.com"), 422)
    assert "含區碼" in wrong.errors["phone"]
    assert wrong.value("email") == "new@example.com"
    done = post(client, f"{DATA}/contact", mobile="0912-345-678", name="別人")
    assert done.location == DATA
    shown = client.get(DATA).text
    assert "0912-345-678" in shown
    assert "別人" not in shown
    app.config["CLOCK"] = lambda: datetime.now(UTC) + timedelta(minutes=16)
    late = page_of(post(client, f"{DATA}/contact", email="new@example.com"), 403)
    assert "重新登入" in late.errors["email"]


def test_other_permissions_at_another_unit(client: FlaskClient, app: Flask, person: SmisPerson) -> None:
    institution(app, OTHER, "仁愛診所")
    asking = f"{DATA}/requests"
    nothing = page_of(post(client, asking), 422)
    assert "請按「選擇」" in nothing.errors["unit"]
    search = post(client, f"{asking}/draft".removesuffix("/draft"), do="x")
    assert search.status_code == 422
    token = csrf_token(client, asking)
    found = client.post(f"{asking}/draft", data={"csrf_token": token, "do": "search"})
    assert found.location == f"{HOME}units?for=account"
    chosen = client.post(f"{DATA}/unit", data={"csrf_token": token, "unit": OTHER})
    assert chosen.location == f"{asking}/draft#unit-chosen"
    page = read_page(client.get(chosen.location.partition("#")[0]).text)
    sent = client.post(asking, data=form_of(page, **{"role-ppe": "manager"}))
    assert sent.location == DATA
    shown = client.get(DATA).text
    assert "已送出申請，請等待審核通過。" in shown
    assert "案件編號：SMIS-" in shown
    assert "管理者(審核中)" in shown
    with app.app_context():
        assert undecided_at(person) == {(OTHER, "ppe", "manager", ())}


def test_the_matrix_begins_with_what_is_held(client: FlaskClient, app: Flask, person: SmisPerson) -> None:
    address = f"{DATA}/requests?unit={person.unit}"
    page = read_page(client.get(address).text)
    assert page.fields["role-ppe"] == ["handler"]
    assert page.fields["option-emerging-infection-drugs"] == ["covid-19"]
    same = client.post(f"{DATA}/requests", data=form_of(page))
    assert "不需要再申請" in page_of(same, 422).errors["permissions"]
    more = client.post(f"{DATA}/requests", data=form_of(page, **{"role-influenza-antivirals": "viewer"}))
    assert more.location == DATA
    with app.app_context():
        decide(app, person, "influenza-antivirals", RequestState.RETURNED)
    stale = client.post(f"{DATA}/requests", data=form_of(page, **{"role-ppe": "manager"}))
    again = page_of(stale, 409)
    assert "退回補件：請補件。" in stale.text
    assert again.fields["role-ppe"] == ["manager"]
    sent = client.post(f"{DATA}/requests", data=form_of(again, **{"role-influenza-antivirals": "viewer"}))
    assert sent.location == DATA


def test_looking_for_a_unit_and_back_loses_nothing(
    client: FlaskClient, app: Flask, person: SmisPerson
) -> None:
    institution(app, OTHER, "仁愛診所")
    asking = f"{DATA}/requests"
    assert client.get(f"{asking}/draft").location == asking, "nothing was typed yet"
    page = read_page(client.get(f"{asking}?unit={person.unit}").text)
    typed = form_of(page, **{"role-antivenoms": "manager", "do": "search"})
    search = client.get(client.post(f"{asking}/draft", data=typed).location)
    assert f'href="{asking}/draft"' in search.text
    back = read_page(client.get(f"{asking}/draft").text)
    assert (back.value("unit"), back.value("consent")) == (person.unit, "y")
    assert (back.value("role-antivenoms"), back.value("role-ppe")) == ("manager", "handler")
    chosen = client.post(f"{DATA}/unit", data={"csrf_token": back.value("csrf_token"), "unit": OTHER})
    other = read_page(client.get(chosen.location).text)
    assert (other.value("unit"), other.value("consent")) == (OTHER, "y")
    assert not {name for name, values in other.fields.items() if name.startswith("role-") and any(values)}
    turned = client.post(f"{asking}/draft", data=form_of(other, do=f"unit:{person.unit}"))
    assert read_page(client.get(turned.location).text).value("role-ppe") == "handler", "as it is held there"
    assert read_page(client.get(asking).text).fields.get("unit") is None, "a new beginning is empty"
    client.post(asking, data=form_of(page, **{"role-antivenoms": "manager"}))
    assert client.get(f"{asking}/draft").location == asking, "what was sent is not typed any more"


def test_one_request_is_taken_back(client: FlaskClient, app: Flask, person: SmisPerson) -> None:
    page = read_page(client.get(f"{DATA}/requests?unit={person.unit}").text)
    client.post(f"{DATA}/requests", data=form_of(page, **{"role-influenza-antivirals": "viewer"}))
    shown = client.get(DATA).text
    (address,) = re.findall(rf'action="({DATA}/requests/[^"]+/withdrawal)"', shown)
    token = {"csrf_token": read_page(shown).value("csrf_token")}
    other = smis_client(app, smis_person(app, "daisy"))
    assert other.post(address, data={"csrf_token": csrf_token(other, DATA)}).status_code == 404
    assert client.post(address, data=token).location == DATA
    assert "已撤回" in client.get(DATA).text
    assert client.post(address, data=token).status_code == 404


def test_giving_up_some_and_then_all(client: FlaskClient, app: Flask, person: SmisPerson) -> None:
    address = f"{DATA}/surrender"
    page = client.get(address).text
    assert page.count("唯一的管理者") == 1
    nothing = post(client, address, grants=None)
    assert (nothing.status_code, "請先勾選" in nothing.text) == (422, True)
    some = post(client, address, grants=f"{person.unit}:emerging-infection-drugs")
    assert some.location == DATA
    told = client.get(DATA).text
    assert "已放棄 1 項權限" in told
    assert "改由上級單位審核" in told
    strange = post(client, address, grants=f"{BUREAU}:ppe")
    assert strange.status_code == 409
    last = post(client, address, grants=f"{person.unit}:ppe")
    assert last.location == f"{HOME}farewell/surrender"
    farewell = client.get(last.location).text
    assert "帳號已停用" in farewell
    assert "登出</button>" not in farewell
    assert client.get(DATA).status_code == 303
    with app.app_context():
        account = read().get_one(Account, person.row)
        assert account.state is AccountState.SUSPENDED
        assert grants_of(read(), person.row) == []


def test_leaving(client: FlaskClient, app: Flask, person: SmisPerson) -> None:
    shown = client.get(DATA).text
    assert f"帳號 {person.name}（林小苗）" in shown
    token = {"csrf_token": read_page(shown).value("csrf_token")}
    app.config["CLOCK"] = lambda: datetime.now(UTC) + timedelta(minutes=16)
    late = client.post(f"{DATA}/ending", data=token)
    assert (late.status_code, "重新登入" in late.text) == (403, True)
    assert "確定刪除帳號" not in late.text
    app.config["CLOCK"] = None
    gone = client.post(f"{DATA}/ending", data=token)
    assert gone.location == f"{HOME}farewell/ending"
    assert "帳號已刪除" in client.get(gone.location).text
    with app.app_context():
        assert read().get_one(Account, person.row).state is AccountState.ENDED
