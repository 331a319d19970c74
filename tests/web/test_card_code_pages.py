"""Pages of a first card: three answers with the way on, and 輸入驗證碼, which needs no script."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.rig.card_holders import HOLDER, newest_code, number_ending
from tests.rig.card_popup import HeldCard
from tests.rig.card_requests import ask, htmx, send
from tests.rig.people import circumstance, csrf_token
from tests.rig.smis import SmisPerson, smis_person

CARD = "/authority/smis/card"
CODE = f"{CARD}/code"
APPLY = "/authority/smis/application"


@pytest.fixture
def database_kind() -> str:
    """These pages ask nothing of the database that depends on its kind."""
    return "sqlite"


@pytest.fixture
def client(card_app: Flask) -> FlaskClient:
    return card_app.test_client()


@pytest.fixture
def person(card_app: Flask) -> Callable[..., SmisPerson]:
    """Call it with a state for somebody whom the demonstration's card fits."""
    return lambda state: smis_person(card_app, state=state, holder=HOLDER, number=number_ending())


def sign_in(client: FlaskClient, held: HeldCard) -> TestResponse:
    return send(client, f"{CARD}/session", held, ask(client, page=CARD, of=CARD), CARD)


def code_of(app: Flask, person: SmisPerson) -> str:
    with app.app_context():
        return newest_code(person.email, circumstance(app))


def type_code(client: FlaskClient, typed: str, where: str = CODE) -> TestResponse:
    return client.post(where, data={"csrf_token": csrf_token(client, CODE), "code": typed})


def test_never_applied(client: FlaskClient, hold: Callable[..., HeldCard]) -> None:
    answer = sign_in(client, hold())
    assert answer.status_code == 422
    assert "登入失敗，員工檔無資料或帳號未啟用" in answer.text
    assert f'<a class="button" href="{APPLY}">新帳號申請</a>' in answer.text
    assert "審核中" not in answer.text


@pytest.mark.parametrize(
    ("state", "said", "button"),
    [
        ("waiting", ["登入失敗，員工檔無資料或帳號未啟用", "不需要再申請一次，請靜待審核通過"], None),
        ("returned", ["登入失敗，員工檔無資料或帳號未啟用", "請您補正申請內容"], None),
        ("suspended", ["您的帳號已停用，請點選「確定」重新申請帳號。"], "確定"),
    ],
)
def test_the_other_answers(
    client: FlaskClient,
    hold: Callable[..., HeldCard],
    person: Callable[..., SmisPerson],
    state: str,
    said: list[str],
    button: str | None,
) -> None:
    person(state)
    answer = sign_in(client, hold())
    assert answer.status_code == 422
    assert all(words in answer.text for words in said)
    assert f'href="{APPLY}"' in answer.text
    assert (f'<a class="button" href="{APPLY}">{button}</a>' in answer.text) == bool(button)


def test_htmx_gets_the_answer_in_its_place(
    client: FlaskClient, hold: Callable[..., HeldCard], person: Callable[..., SmisPerson]
) -> None:
    person("suspended")
    held, challenge = hold(), ask(client, page=CARD, of=CARD)
    data = {"csrf_token": csrf_token(client, CARD), "challenge": challenge, "shape": "pkcs7"}
    data["signature"] = base64.b64encode(held.answer(challenge.encode()).signature).decode()
    answer = client.post(f"{CARD}/session", data=data, headers=htmx("card-outcome"))
    assert answer.headers["HX-Retarget"] == "#card-outcome"
    assert answer.text.strip().startswith("<div")
    assert ">確定</a>" in answer.text


def test_a_first_card_and_its_code(
    card_app: Flask, client: FlaskClient, hold: Callable[..., HeldCard], person: Callable[..., SmisPerson]
) -> None:
    clover, held = person("active"), hold()
    answer = sign_in(client, held)
    assert (answer.status_code, answer.location) == (303, CODE)
    page = client.get(CODE)
    assert page.status_code == 200
    assert "主要電子信箱" in page.text
    assert clover.email not in page.text
    assert clover.name not in page.text
    assert 'autocomplete="one-time-code"' in page.text
    code = code_of(card_app, clover)
    assert code not in page.text

    answer = type_code(client, "12345678")
    assert answer.status_code == 422
    assert "還可以再試 4 次" in answer.text
    assert "驗證碼是信中的 8 個數字" in type_code(client, "").text
    answer = type_code(client, "", f"{CODE}/again")
    assert (answer.status_code, answer.location) == (303, CODE)
    assert "新的驗證碼已經寄出" in client.get(CODE).text

    code = code_of(card_app, clover)
    answer = type_code(client, f"{code[:4]} {code[4:]}")
    assert (answer.status_code, answer.location) == (303, "/account/")
    account = client.get("/account/").text
    assert f"{HOLDER} 您好" in account
    assert "這張卡片已經綁定您的帳號，以後登入不必再輸入驗證碼。" in account
    assert client.get(CODE).location == CARD, "nothing waits any more"
    other = card_app.test_client()
    assert sign_in(other, held).location == "/account/", "known from now on"


def test_five_wrong_codes_lead_back_to_the_card(
    card_app: Flask, client: FlaskClient, hold: Callable[..., HeldCard], person: Callable[..., SmisPerson]
) -> None:
    clover = person("active")
    sign_in(client, hold())
    token = csrf_token(client, CODE)
    wrong = f"{(int(code_of(card_app, clover)) + 1) % 10**8:08}"
    answers = [client.post(CODE, data={"csrf_token": token, "code": wrong}) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [422] * 4 + [410]
    assert f'href="{CARD}">重新插卡</a>' in answers[-1].text
    gone = client.get(CODE)
    assert gone.status_code == 410
    assert "已經失效" in gone.text


def test_without_a_claim_the_page_is_the_cards(client: FlaskClient) -> None:
    answer = client.get(CODE)
    assert (answer.status_code, answer.location) == (303, CARD)
    assert client.post(f"{CODE}/again").status_code == 400, "not without its form"


def test_hwms_keeps_its_words(client: FlaskClient, hold: Callable[..., HeldCard]) -> None:
    answer = send(client, "/authority/hwms/card/session", hold(), ask(client))
    assert "還沒有綁定本系統的帳號" in answer.text
    assert ">確定</a>" not in answer.text
    assert ">帳號申請</a></div>" not in answer.text
