"""第二項驗證 as pages: half a sign-in opens nothing, the code page takes a code once, the first time sets one up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete

from portal.domain.authenticator import Authenticator
from portal.proofs.one_time_code import code_at, step_of
from portal.store.database import write
from tests.rig.people import csrf_token, sign_in
from tests.rig.second_proof import code_in
from tests.rig.visits import ADMIN, HOME, page_of, send, signed_in_client

HALF_WAY = f"{HOME}second-proof"
SETTING_UP = f"{HALF_WAY}/authenticator"
OWN = "/account/authenticator"


@pytest.fixture
def boss(make_person):
    return make_person("boss", kind="unit-administrator")


@pytest.fixture
def clock(app):
    """The portal's clock, which tests move."""
    app.config["NOW"] = datetime.now(UTC)
    app.config["CLOCK"] = lambda: app.config["NOW"]

    def later(**much) -> None:
        app.config["NOW"] += timedelta(**much)

    return later


def half_way(client, person, to: str | None = None) -> str:
    """Type name and password; where one is sent to."""
    data = {"name": person.name, "password": person.password, "csrf_token": csrf_token(client, person.home)}
    answer = client.post(f"{person.home}session", data={**data, **({"to": to} if to else {})})
    assert answer.status_code == 303, answer.text
    return answer.location


def show(client, code: str, address: str = HALF_WAY, **more: str):
    return client.post(address, data={"code": code, "csrf_token": csrf_token(client, address), **more})


def forget_authenticators(app) -> None:
    with app.app_context(), write() as session:
        session.execute(delete(Authenticator))


def key_on(page) -> str:
    return (
        page.text.partition("data-key>")[2]
        .partition("</p>")[0]
        .replace("<span>", "")
        .replace("</span>", "")
        .replace(" ", "")
    )


def test_half_a_sign_in_opens_nothing_else(app, client, boss):
    assert half_way(client, boss) == HALF_WAY
    assert client.get(HALF_WAY).status_code == 200
    for address in ("/account/", OWN, f"{ADMIN}accounts", "/account/password"):
        assert client.get(address).status_code == 303
    page_of(client.get(ADMIN))  # still the page to sign in


def test_a_code_opens_and_leads_to_where_one_was_going(app, boss):
    for to, place in ((None, "/account/"), ("administration", ADMIN), ("//evil.example", "/account/")):
        client = app.test_client()
        address = half_way(client, boss, to)
        page = client.get(address).text
        assert ('name="to" value="administration"' in page) == (to == "administration")
        assert "evil" not in page
        code = code_in(app, "hwms", "boss")
        answer = show(client, code, **({"to": to} if to else {}))
        assert (answer.status_code, answer.location) == (303, place)
        with client.session_transaction() as kept:
            assert "half_way" not in kept


def test_a_bookmarked_page_is_where_one_arrives(app, client, boss):
    client.get("/account/password")
    half_way(client, boss)
    assert show(client, code_in(app, "hwms", "boss")).location == "/account/password"


def test_wrong_replayed_and_empty_codes_say_so_at_the_field(app, client, boss):
    half_way(client, boss)
    page = page_of(show(client, ""), 422)
    assert set(page.errors) == {"one-time-code"}
    assert "6 個數字" in page.errors["one-time-code"]
    code = code_in(app, "hwms", "boss")
    assert show(client, code).status_code == 303
    again = app.test_client()
    half_way(again, boss)
    answer = show(again, code)
    assert "已經使用過" in page_of(answer, 422).errors["one-time-code"]
    assert code not in answer.text


def test_after_five_wrong_ones_the_page_says_when_to_come_back(app, client, boss):
    half_way(client, boss)
    right = code_in(app, "hwms", "boss")
    wrong = next(f"{n:06}" for n in range(9) if f"{n:06}"[0] != right[0] or f"{n:06}" != right)
    for _ in range(5):
        show(client, wrong)
    answer = show(client, right)
    assert answer.status_code == 429
    assert "15 分鐘後再試" in answer.text


def test_half_way_ends_after_five_minutes(app, client, boss, clock):
    half_way(client, boss)
    token = csrf_token(client, HALF_WAY)
    clock(minutes=5, seconds=1)
    code = code_in(app, "hwms", "boss", app.config["NOW"])
    answer = client.post(HALF_WAY, data={"code": code, "csrf_token": token})
    assert (answer.status_code, answer.location) == (303, HOME)
    assert "登入逾時" in client.get(HOME).text
    assert client.get(HALF_WAY, query_string={"to": "administration"}).location == ADMIN


@pytest.mark.parametrize("address", [HALF_WAY, SETTING_UP])
def test_nobody_comes_here_without_a_password(client, boss, address):
    assert client.get(address).location == HOME
    assert send(client, address, {"code": "123456"}).location == HOME


def test_the_first_time_one_sets_up_an_authenticator(app, client, boss):
    forget_authenticators(app)
    assert half_way(client, boss, "administration") == f"{HALF_WAY}?to=administration"
    assert client.get(f"{HALF_WAY}?to=administration").location == f"{SETTING_UP}?to=administration"
    page = client.get(f"{SETTING_UP}?to=administration")
    key = key_on(page)
    assert len(key) == 32
    assert key_on(client.get(SETTING_UP)) == key, "the same when it is loaded again"
    assert 'src="data:image/svg+xml' in page.text
    assert "示範模式" not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    with client.session_transaction() as kept:
        assert key not in str(dict(kept))
    wrong = show(
        client, "000000" if code_at(key, step_of(datetime.now(UTC))) != "000000" else "1", SETTING_UP
    )
    assert set(page_of(wrong, 422).errors) == {"one-time-code"}
    answer = show(client, code_at(key, step_of(datetime.now(UTC))), SETTING_UP, to="administration")
    assert (answer.status_code, answer.location) == (303, ADMIN)
    assert "驗證器已設定完成" in client.get("/account/").text
    assert client.get(SETTING_UP).location == HOME, "not a second time"


def test_who_reviews_sees_and_renews_it_and_others_do_not(app, boss, make_person, clock):
    client = signed_in_client(app, boss)
    assert "驗證器（" in client.get("/account/").text
    key = key_on(client.get(OWN))
    assert set(page_of(show(client, "1", OWN), 422).errors) == {"one-time-code"}
    answer = show(client, code_at(key, step_of(app.config["NOW"])), OWN)
    assert (answer.status_code, answer.location) == (303, "/account/")
    clock(minutes=16)
    stale = client.get(OWN).text
    assert "請先登出再重新登入" in stale
    assert "data-key" not in stale
    assert send(client, OWN, {"code": "123456"}).status_code == 403
    other = signed_in_client(app, make_person("fox"))
    assert other.get(OWN).status_code == 404
    assert send(other, OWN, {"code": "123456"}).status_code == 404
    assert "第二項驗證" not in other.get("/account/").text


def test_the_demonstration_shows_the_code_and_production_does_not(make_app, make_person, client, boss):
    half_way(client, boss)
    assert "示範模式" not in client.get(HALF_WAY).text
    demo = make_app(PORTAL_DEMO=True, PUBLIC_ORIGIN="http://127.0.0.1:8000")
    visitor = demo.test_client()
    half_way(visitor, boss)
    shown = visitor.get(HALF_WAY).text.partition("data-demo-code>")[2][:6]
    assert show(visitor, shown).status_code == 303


def test_changing_the_password_leaves_the_authenticator(app, client, boss):
    sign_in(client, boss)
    form = {"current": boss.password, "password": "Kd4=wTnb8sYf", "password_again": "Kd4=wTnb8sYf"}
    assert send(client, "/account/password", form).status_code == 303
    stranger = app.test_client()
    data = {"name": "boss", "password": "Kd4=wTnb8sYf", "csrf_token": csrf_token(stranger, HOME)}
    assert stranger.post(f"{HOME}session", data=data).location == HALF_WAY
