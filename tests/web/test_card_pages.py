"""Pages with cards, without a browser: challenges, answers, refusals, headers."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.usecases.card import prove_card
from tests.rig.card_popup import HeldCard
from tests.rig.card_requests import CARD, CERTIFICATES, ask, bind, htmx, send
from tests.rig.people import Person, csrf_token


@pytest.fixture
def database_kind() -> str:
    """These pages ask nothing of the database that depends on its kind."""
    return "sqlite"


@pytest.fixture
def client(card_app: Flask) -> FlaskClient:
    """A browser without a screen, at a portal that takes cards."""
    return card_app.test_client()


def test_the_sign_in_page_leads_to_the_card_page(client: FlaskClient) -> None:
    assert f'href="{CARD}"' in client.get("/authority/hwms/").text
    page = client.get(CARD)
    assert page.status_code == 200
    assert "憑證卡片登入" in page.text


def test_without_authorities_no_page_offers_a_card(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    client = make_app(AUTHORITIES_PATH=str(tmp_path / "none")).test_client()
    assert "憑證卡片登入" not in client.get("/authority/hwms/").text
    assert client.get(CARD).status_code == 404


@pytest.mark.parametrize("address", [CARD, f"{CARD}/check"])
def test_only_card_pages_keep_the_line_to_their_popup(client: FlaskClient, address: str) -> None:
    assert client.get(address).headers["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"
    assert client.get("/authority/hwms/").headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "localhost" not in client.get(address).headers["Content-Security-Policy"]


@pytest.mark.parametrize("address", [CARD, f"{CARD}/check"])
def test_the_pin_has_no_name_and_stands_outside_every_form(client: FlaskClient, address: str) -> None:
    markup = client.get(address).text
    field = re.search(r"<input[^>]*data-card-pin[^>]*>", markup)
    assert field
    assert " name=" not in field.group()
    assert 'autocomplete="off"' in field.group()
    before = markup[: field.start()]
    assert before.count("<form") == before.count("</form>")


def test_a_challenge_is_asked_for_by_script_only(client: FlaskClient) -> None:
    data = {"csrf_token": csrf_token(client, CARD), "purpose": "check"}
    plain = client.post(f"{CARD}/challenge", data=data)
    assert (plain.status_code, plain.location) == (303, f"{CARD}/check")
    unknown = client.post(
        f"{CARD}/challenge", data={**data, "purpose": "other"}, headers=htmx("card-challenge")
    )
    assert unknown.status_code == 400


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"csrf_token": "old", "purpose": "login"}, 400),
        ({"purpose": "other"}, 400),
        ({"purpose": "login"}, 429),
    ],
    ids=["form-too-old", "unknown-purpose", "too-many"],
)
def test_what_a_page_asks_by_itself_takes_nothing_away_when_it_fails(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, sent: dict[str, str], status: int
) -> None:
    monkeypatch.setattr(prove_card, "take", lambda *_: False)
    data = {"csrf_token": csrf_token(client, CARD), **sent}
    said = {**htmx("card-challenge"), "X-Background": "yes"}
    answer = client.post(f"{CARD}/challenge", data=data, headers=said)
    assert (answer.status_code, answer.text) == (status, "")
    assert answer.headers["HX-Reswap"] == "none"
    assert "HX-Retarget" not in answer.headers
    told = client.post(f"{CARD}/challenge", data=data, headers=htmx("card-challenge"))
    assert told.headers["HX-Retarget"] == "#main", "what somebody asked for is answered"


def test_a_challenge_for_binding_needs_somebody_who_is_signed_in(client: FlaskClient) -> None:
    data = {"csrf_token": csrf_token(client, CARD), "purpose": "bind"}
    answer = client.post(f"{CARD}/challenge", data=data, headers=htmx("card-challenge"))
    assert "data-signed-out" in answer.text
    assert "data-challenge" not in answer.text


def test_a_card_that_nobody_bound_is_told_what_to_do(
    client: FlaskClient, hold: Callable[..., HeldCard]
) -> None:
    answer = send(client, f"{CARD}/session", hold(), ask(client))
    assert answer.status_code == 422
    assert "還沒有綁定本系統的帳號" in answer.text
    assert "用帳號密碼登入" in answer.text


@pytest.mark.parametrize("bare", [False, True], ids=["pkcs7", "pkcs1"])
def test_a_bound_card_opens_the_account(
    client: FlaskClient,
    make_person: Callable[..., Person],
    hold: Callable[..., HeldCard],
    card_app: Flask,
    bare: bool,
) -> None:
    person, held = make_person(), hold()
    assert bind(client, person, held).location == CERTIFICATES
    listed = client.get(CERTIFICATES).text
    assert "王小明" in listed
    assert held.number not in listed
    assert f"{held.number[:2]}••••••••••{held.number[-4:]}" in listed
    visitor = card_app.test_client()
    answer = send(visitor, f"{CARD}/session", held, ask(visitor), bare=bare)
    assert (answer.status_code, answer.location) == (303, "/account/")
    assert "張小美 您好" in visitor.get("/account/").text


def test_an_answer_serves_once_and_in_its_own_browser(
    client: FlaskClient, make_person: Callable[..., Person], hold: Callable[..., HeldCard], card_app: Flask
) -> None:
    held = hold()
    bind(client, make_person(), held)
    visitor, stranger = card_app.test_client(), card_app.test_client()
    challenge = ask(visitor)
    ask(stranger)
    assert send(stranger, f"{CARD}/session", held, challenge).status_code == 422
    assert send(visitor, f"{CARD}/session", held, challenge).status_code == 303
    again = card_app.test_client()
    assert send(again, f"{CARD}/session", held, challenge).status_code == 422


def test_htmx_gets_the_outcome_in_its_place(client: FlaskClient, hold: Callable[..., HeldCard]) -> None:
    held, challenge = hold("revoked"), ask(client)
    data = {"csrf_token": csrf_token(client, CARD), "challenge": challenge, "shape": "pkcs7"}
    data["signature"] = base64.b64encode(held.answer(challenge.encode()).signature).decode()
    answer = client.post(f"{CARD}/session", data=data, headers=htmx("card-outcome"))
    assert answer.status_code == 422
    assert answer.headers["HX-Retarget"] == "#card-outcome"
    assert answer.text.strip().startswith("<div")
    assert "已廢止" in answer.text
    assert 'data-refused="revoked"' in answer.text


@pytest.mark.parametrize(
    ("card", "sentence"),
    [
        ("expired", "憑證已過期"),
        ("revoked", "憑證已廢止"),
        ("suspended", "目前停用中"),
        ("company", "不能用在這裡"),
        ("institution", "不能用在這裡"),
    ],
)
def test_cards_that_are_turned_away_are_told_why(
    client: FlaskClient, hold: Callable[..., HeldCard], card: str, sentence: str
) -> None:
    answer = send(client, f"{CARD}/check/result", hold(card), ask(client, "check"))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "發卡機關" in answer.text


def test_the_check_shows_the_holder_and_signs_nobody_in(
    client: FlaskClient, hold: Callable[..., HeldCard]
) -> None:
    held = hold()
    answer = send(client, f"{CARD}/check/result", held, ask(client, "check"))
    assert answer.status_code == 200
    assert "卡片可以正常使用" in answer.text
    assert "王小明" in answer.text
    assert held.number not in answer.text
    assert client.get("/account/").status_code == 303


def test_a_signature_for_one_purpose_is_worth_nothing_for_another(
    client: FlaskClient, hold: Callable[..., HeldCard]
) -> None:
    answer = send(client, f"{CARD}/session", hold(), ask(client, "check"))
    assert answer.status_code == 422
    assert "不是為本次作業產生的" in answer.text


@pytest.mark.parametrize(
    "changed",
    [
        {"shape": "pkcs12"},
        {"signature": "☂"},
        {"signature": ""},
        {"challenge": "x" * 4000},
        {"challenge": ""},
    ],
)
def test_garbage_is_refused_kindly(
    client: FlaskClient, hold: Callable[..., HeldCard], changed: dict[str, str]
) -> None:
    answer = send(client, f"{CARD}/session", hold(), ask(client), changed=changed)
    assert answer.status_code == 422
    assert "登入沒有完成" in answer.text
