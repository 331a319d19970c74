"""Mailed links: looking changes nothing, the button does, and the token leaves the address bar at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from portal.domain.account import Account, AccountState
from portal.domain.base import Base
from portal.domain.one_time_token import OneTimeToken
from portal.domain.proof import Proof, ProofState
from portal.usecases.operate.deliver_letters import waiting_letters
from portal.usecases.operate.invite_administrator import invite_administrator
from tests.rig.acts import DESK, OTHER_PASSWORD, newest_link
from tests.rig.pages import read_page
from tests.rig.people import circumstance
from tests.rig.visits import APPLY, HOME, filled, page_of, send

PHRASE = "quiet river under pale stones 47"
PROOF, RESET = f"{HOME}proof", f"{HOME}password-reset"


@pytest.fixture
def fox(make_person):
    return make_person("fox", state="waiting")


def link(app, person_or_address, kind: str) -> str:
    address = getattr(person_or_address, "email", person_or_address)
    with app.app_context():
        return f"/letter/{newest_link(address, kind, circumstance(app))}"


def follow(client, address: str):
    answer = client.get(address)
    assert answer.status_code == 303, answer.text
    assert "letter" not in answer.headers["Location"]
    return client.get(answer.headers["Location"])


def everything(session) -> dict[str, object]:
    """All there is."""
    session.rollback()
    session.expire_all()
    tables = Base.metadata.sorted_tables
    counts = {table.name: session.scalar(select(func.count()).select_from(table)) for table in tables}
    tokens = select(OneTimeToken.id, OneTimeToken.used_at, OneTimeToken.superseded_at)
    states = [tuple(row) for row in session.execute(tokens)]
    return {**counts, "tokens": states, "accounts": session.scalars(select(Account.state)).all()}


def proved(session) -> bool:
    session.rollback()
    session.expire_all()
    return session.scalars(select(Proof.state)).first() is ProofState.PROVEN


def test_looking_changes_nothing_however_often_and_whoever_looks(app, client, fox, session):
    address, before = link(app, fox, "verify-email"), everything(session)
    scanner = app.test_client()
    for browser in (scanner, client, client):
        browser.head(address)
        page = follow(browser, address)
        assert page.status_code == 200
        assert "fox" in page.text
        assert address.rpartition("/")[2] not in page.text, "the page does not hold the token"
    assert everything(session) == before
    assert not proved(session)


def test_the_button_proves_and_keeps_the_receipt(app, client, fox, session):
    follow(client, link(app, fox, "verify-email"))
    answer = send(client, PROOF)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PROOF}/result")
    assert proved(session)
    for _ in range(2):
        shown = client.get(f"{PROOF}/result")
        page_of(shown)
        assert "信箱已認證" in shown.text, "as often as it is loaded"
        assert "fox" in shown.text
        assert f"{APPLY}/receipt/{fox.application_id}" in read_page(shown.text).links
    assert "fox" not in str(client.get_cookie("portal")), "the cookie is readable, what it carries is not"
    assert client.get(f"{APPLY}/receipt/{fox.application_id}").status_code == 200
    assert client.get(PROOF).status_code == 404, "the browser forgets the link"


def test_without_the_letter_there_is_nothing_to_press(client, session, fox):
    for address in (PROOF, f"{PROOF}/withdrawal", f"{RESET}/new"):
        assert send(client, address).status_code == 404
    assert client.get(PROOF).status_code == client.get(f"{RESET}/new").status_code == 404
    assert not proved(session)


def test_withdrawal(app, client, fox, session):
    follow(client, link(app, fox, "verify-email"))
    answer = send(client, f"{PROOF}/withdrawal")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PROOF}/withdrawal")
    for _ in range(2):
        assert "申請已撤回" in client.get(f"{PROOF}/withdrawal").text
    session.rollback()
    assert session.scalars(select(Account.state)).one() is AccountState.ENDED


@pytest.mark.parametrize(
    ("result", "instead"),
    [
        (f"{PROOF}/result", HOME), (f"{PROOF}/withdrawal", HOME), (f"{RESET}/sent", RESET),
        (f"{HOME}verification/sent", f"{HOME}verification"),
    ],
)  # fmt: skip
def test_a_result_of_nothing_leads_to_where_one_begins(client, result, instead):
    answer = client.get(result)
    assert (answer.status_code, answer.headers["Location"]) == (303, instead)


@pytest.mark.parametrize("address", [RESET, f"{HOME}verification"])
def test_reloading_what_was_sent_sends_nothing_again(client, fox, session, address):
    answer = send(client, address, {"email": fox.email})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{address}/sent")
    before = everything(session)
    for _ in range(3):
        assert fox.email in client.get(f"{address}/sent").text
    assert everything(session) == before


def test_what_is_wrong_with_a_link_is_told_with_the_way_on(app, client, fox):
    address = link(app, fox, "verify-email")
    follow(client, address)
    send(client, PROOF)
    used = client.get(address)
    assert used.status_code == 410
    assert "已經使用過" in used.text
    forged = client.get(f"{address}x")
    assert forged.status_code == 404
    assert "不完整或不正確" in forged.text
    for answer in (used, forged):
        assert any(target.startswith(("/authority", "/")) for target in read_page(answer.text).links)
        assert "fox@example.com" not in answer.text


def test_a_late_link_offers_a_new_letter(make_app, fox):
    app = make_app(CLOCK=lambda: datetime.now(UTC) + timedelta(days=8))
    client = app.test_client()
    late = client.get(link(app, fox, "verify-email"))
    assert late.status_code == 410
    assert "期限" in late.text
    assert f"{HOME}verification" in read_page(late.text).links


def test_a_link_of_one_purpose_shows_no_page_of_another(app, client, make_person):
    person = make_person("wolf")
    send(client, RESET, {"email": person.email})
    follow(client, link(app, person, "reset-password"))
    assert client.get(PROOF).status_code in {404, 410}
    waiting = make_person("hare", state="waiting")
    follow(client, link(app, waiting, "verify-email"))
    page = client.get(f"{RESET}/new")
    assert page.status_code in {404, 410}
    assert "new-password" not in page.text


def test_a_forgotten_password(app, client, make_person):
    person = make_person("fox")
    send(client, RESET, {"email": person.email})
    assert "已寄修改密碼信件至您的信箱" in client.get(f"{RESET}/sent").text
    page = read_page(follow(client, link(app, person, "reset-password")).text)
    assert {"name", "password", "password_again"} <= set(page.fields)
    new = {"name": "fox", "password": OTHER_PASSWORD, "password_again": OTHER_PASSWORD}
    for wrong, fields in (
        ({}, {"name", "password"}), ({**new, "password_again": "x"}, {"password_again"}),
        ({**new, "name": "wolf"}, {"name"}), ({**new, "password": "x", "password_again": "x"}, {"password"}),
    ):  # fmt: skip
        bad = page_of(send(client, f"{RESET}/new", wrong), 422)
        assert set(bad.errors) == set(bad.summary) == fields
        assert bad.value("password") == bad.value("password_again") == ""
        assert bad.value("name") == wrong.get("name", "")
    answer = send(client, f"{RESET}/new", new)
    assert (answer.status_code, answer.headers["Location"]) == (303, HOME)
    assert client.get("/account/").status_code == 303, "it signs nobody in"
    assert send(client, f"{HOME}session", {"name": "fox", "password": OTHER_PASSWORD}).status_code == 303


@pytest.mark.parametrize("address", [RESET, f"{HOME}verification"])
def test_known_and_unknown_addresses_get_the_same_page(app, client, fox, address):
    pages = set()
    for email in (fox.email, "nobody@example.com"):
        sent = send(client, address, {"email": email})
        assert sent.headers["Location"] == f"{address}/sent"
        answer = client.get(f"{address}/sent")
        token = read_page(answer.text).fields["csrf_token"][-1] if "csrf_token" in answer.text else "-"
        headers = sorted(
            (name, value) for name, value in answer.headers if name not in {"X-Request-ID", "Set-Cookie"}
        )
        headers = [(name, value) for name, value in headers if name != "Content-Length"]
        pages.add((answer.status_code, answer.text.replace(email, "").replace(token, ""), tuple(headers)))
    assert len(pages) == 1
    for bad in ("", "x", "a@x.tw\r\nBcc: b@x.tw"):
        page = page_of(send(client, address, {"email": bad}), 422)
        assert set(page.errors) == {"email"}


def test_an_invitation(app, client, session):
    with app.app_context():
        _, address = invite_administrator(DESK, "desk@example.com", "林小姐", circumstance(app))
    page = follow(client, address.removeprefix("http://localhost"))
    assert "name" not in read_page(page.text).fields, "the account is not typed"
    new = "/authority/portal/password-reset/new"
    short = page_of(send(client, new, {"password": "short", "password_again": "short"}), 422)
    assert set(short.errors) == {"password"}
    assert send(client, new, {"password": PHRASE, "password_again": PHRASE}).status_code == 303
    answer = send(client, "/authority/portal/session", {"name": "desk", "password": PHRASE})
    assert answer.status_code == 303


@pytest.mark.parametrize("host", ["evil.example", "localhost:99", "evil.example/x"])
def test_links_never_come_from_the_host_that_was_asked(app, client, make_person, host):
    make_person("fox")
    data = filled(app, client)
    forwarded = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    cookie = f"portal={client.get_cookie('portal').value}"
    stranger = app.test_client(use_cookies=False)
    base = {"headers": {"Host": host, "Cookie": cookie, **forwarded}}
    assert stranger.post(APPLY, data=data, **base).status_code == 303
    answer = stranger.post(RESET, data={"csrf_token": data["csrf_token"], "email": "fox@example.com"}, **base)
    assert answer.status_code == 303
    with app.app_context():
        letters = waiting_letters(app.extensions["portal-settings"])
        assert {letter.recipient for letter in letters} == {"fox52fox@ntpc.gov.tw", "fox@example.com"}
        for letter in letters:
            assert letter.link.startswith("http://localhost/")
            assert "evil" not in letter.body
    for address in ("/", APPLY, "/account/"):
        answer = stranger.get(address, **base)
        assert "evil" not in answer.text + answer.headers.get("Location", "")
