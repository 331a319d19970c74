"""The browser's session: a new one at sign-in, dead after logout, limited, and gone with the account."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from portal.domain.account import Account, AccountState
from portal.domain.login_session import LoginSession
from tests.rig.acts import OTHER_PASSWORD
from tests.rig.pages import read_page
from tests.rig.people import csrf_token
from tests.rig.second_proof import code_in
from tests.rig.visits import ACCOUNTS, HOME, page_of, send, signed_in_client

SESSION = f"{HOME}session"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def fox(make_person):
    return make_person("fox")


@pytest.fixture
def inside(app, fox):
    """A browser in which fox has signed in."""
    return signed_in_client(app, fox)


def with_cookie(app, value: str):
    client = app.test_client()
    client.set_cookie("portal", value)
    return client


def is_in(client) -> bool:
    answer = client.get("/account/")
    assert answer.status_code in {200, 303}
    return answer.status_code == 200


def test_signing_in_leads_to_own_account(app, client, fox):
    answer = send(client, SESSION, {"name": "fox", "password": fox.password})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account/")
    page = client.get("/account/").text
    for words in ("fox", "張小美", "新北市環保局", "一般帳號", "一次用產品"):
        assert words in page


def test_a_cookie_from_before_is_worth_nothing_after(app, client, fox, session):
    client.get(HOME)
    token = csrf_token(client, HOME)
    planted = client.get_cookie("portal").value
    client.post(SESSION, data={"csrf_token": token, "name": "fox", "password": fox.password})
    mine = client.get_cookie("portal").value
    assert mine != planted
    assert not is_in(with_cookie(app, planted)), "whoever planted it is not in"
    assert is_in(with_cookie(app, mine))
    stranger = with_cookie(app, planted)
    assert stranger.post("/account/session-extension", data={"csrf_token": token}).status_code in {
        302,
        303,
        400,
    }
    assert len(session.scalars(select(LoginSession)).all()) == 1


def test_what_an_anonymous_visitor_had_does_not_come_along(app, client, fox):
    client.get("/letter/forged")
    with client.session_transaction() as kept:
        kept["link"], kept["planted"], kept["receipts"] = "somebody's link", "x", ["kept"]
    send(client, SESSION, {"name": "fox", "password": fox.password})
    with client.session_transaction() as kept:
        assert "link" not in kept
        assert "planted" not in kept
        assert kept["receipts"] == ["kept"]


def test_every_sign_in_is_another_session(app, fox, session):
    values = {signed_in_client(app, fox).get_cookie("portal").value for _ in range(3)}
    assert len(values) == 3
    assert len(set(session.scalars(select(LoginSession.token_hash)))) == 3


def test_logout_kills_it_in_the_database(app, inside, session):
    cookie = inside.get_cookie("portal").value
    answer = send(inside, "/account/session-end")
    assert answer.status_code == 303
    assert not is_in(inside)
    assert not is_in(with_cookie(app, cookie)), "a copied cookie is dead, too"
    assert session.scalars(select(LoginSession.ended_at)).one() is not None


def test_nobody_is_signed_out_by_a_link(inside):
    assert inside.get("/account/session-end").status_code == 405
    assert is_in(inside)


@pytest.mark.parametrize("state", [AccountState.SUSPENDED, AccountState.ENDED])
def test_an_account_that_is_closed_is_out_at_the_next_request(app, inside, session, state):
    assert is_in(inside)
    session.execute(update(Account).values(state=state))
    session.commit()
    assert not is_in(inside)


def test_an_administrator_who_is_one_no_more_is_refused_at_the_next_request(app, make_person, session):
    client = signed_in_client(app, make_person("boss", kind="unit-administrator"))
    assert client.get(ACCOUNTS).status_code == 200
    session.execute(update(Account).values(kind="general"))
    session.commit()
    assert client.get(ACCOUNTS).status_code == 403


def test_changing_the_password_keeps_this_browser_and_ends_the_other(app, fox, inside):
    other = signed_in_client(app, fox)
    data = {"current": fox.password, "password": OTHER_PASSWORD, "password_again": OTHER_PASSWORD}
    assert send(inside, "/account/password", data).status_code == 303
    assert (is_in(inside), is_in(other)) == (True, False)


CHANGES = {
    "nothing": ({}, {"current", "password", "password_again"}),
    "a wrong one": (
        {"current": "x", "password": OTHER_PASSWORD, "password_again": OTHER_PASSWORD},
        {"current"},
    ),
    "two different ones": ({"password": OTHER_PASSWORD, "password_again": "x"}, {"password_again"}),
    "a weak one": ({"password": "x", "password_again": "x"}, {"password"}),
    "the same one": ({"password": "Zx7#vmRkqLwp", "password_again": "Zx7#vmRkqLwp"}, {"password"}),
}


def test_a_password_that_cannot_be_changed_so(inside, fox, subtests):
    for case, (changes, fields) in CHANGES.items():
        with subtests.test(case):
            data = {"current": fox.password, **changes} if changes else {}
            page = page_of(send(inside, "/account/password", data), 422)
            assert set(page.errors) == set(page.summary) == fields
            assert all(page.value(name) == "" for name in ("current", "password", "password_again"))


class Clock:
    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def go_on(self, by: timedelta) -> None:
        self.now += by


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def app_settings(clock):
    return {"CLOCK": clock}


def test_half_an_hour_without_a_request(inside, clock):
    clock.go_on(29 * MINUTE)
    assert is_in(inside)
    clock.go_on(30 * MINUTE)
    assert not is_in(inside)


def test_eight_hours_whatever_one_does(inside, clock):
    for _ in range(23):
        clock.go_on(20 * MINUTE)
        assert is_in(inside)
    clock.go_on(20 * MINUTE)
    assert not is_in(inside)


def test_a_poll_in_the_background_does_not_count_as_work(inside, clock):
    for _ in range(6):
        clock.go_on(4 * MINUTE)
        assert inside.get("/account/", headers={"X-Background": "1"}).status_code == 200
    clock.go_on(6 * MINUTE)
    assert not is_in(inside)


def test_the_holder_can_ask_for_more_time(inside, clock):
    token = csrf_token(inside, "/account/password")
    clock.go_on(29 * MINUTE)
    assert inside.post("/account/session-extension", data={"csrf_token": token}).status_code == 204
    clock.go_on(29 * MINUTE)
    assert is_in(inside)


def test_where_one_was_going_is_where_one_gets(app, make_person, client):
    boss = make_person("boss", kind="unit-administrator")
    wanted = f"{ACCOUNTS}?state=all&name=%E7%8E%8B"
    answer = client.get(wanted)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{HOME}administration/")
    for place in (wanted, f"{HOME}administration/"):  # once
        send(client, SESSION, {"name": "boss", "password": boss.password, "to": "administration"})
        shown = {"to": "administration", "code": code_in(app, "hwms", "boss")}
        assert send(client, f"{HOME}second-proof", shown).headers["Location"] == place


FOREIGN = [
    "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)",
    "/\t/evil.example", "http:evil.example", " //evil.example", "///evil.example",
    "https:///evil.example",
]  # fmt: skip


def test_nobody_is_sent_elsewhere(app, client, fox):
    for foreign in FOREIGN:
        answer = send(client, f"/preferences/text-size?back={foreign}", {"size": "large", "back": foreign})
        target = answer.headers.get("Location", "/")
        assert target.startswith("/"), foreign
        assert target[1:2] not in {"/", "\\"}, foreign
        assert "\t" not in target
        with client.session_transaction() as kept:
            kept["next"] = foreign
        answer = send(client, SESSION, {"name": "fox", "password": fox.password, "next": foreign})
        assert answer.headers["Location"] == "/account/", foreign


def test_refusals_stand_above_the_form_and_look_alike(client, fox, make_person):
    make_person("wolf", state="waiting")
    pages = {}
    for name in ("fox", "nobody", "wolf"):
        answer = send(client, SESSION, {"name": name, "password": "wrong"})
        assert answer.status_code == 422
        page = read_page(answer.text)
        assert (page.value("name"), page.value("password")) == (name, "")
        token = page.value("csrf_token")
        pages[name] = answer.text.replace(token, "").replace(f'"{name}"', "")
    assert len(set(pages.values())) == 1
    missing = page_of(send(client, SESSION, {}), 422)
    assert set(missing.errors) == {"sign-in-name", "sign-in-password"}


def test_the_sixth_try_is_told_to_wait(client, fox):
    statuses = [send(client, SESSION, {"name": "fox", "password": "x"}).status_code for _ in range(6)]
    assert statuses == [422] * 5 + [429]
    answer = send(client, SESSION, {"name": "fox", "password": fox.password})
    assert answer.status_code == 429
    assert "15 分鐘" in answer.text
