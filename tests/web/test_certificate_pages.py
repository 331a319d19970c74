"""自然人憑證管理, without a browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.rig.card_popup import HeldCard
from tests.rig.card_requests import CERTIFICATES, ask, bind, send
from tests.rig.people import Person, csrf_token, sign_in


@pytest.fixture
def database_kind() -> str:
    """These pages ask nothing of the database that depends on its kind."""
    return "sqlite"


@pytest.fixture
def client(card_app: Flask) -> FlaskClient:
    """A browser without a screen, at a portal that takes cards."""
    return card_app.test_client()


def test_a_card_bound_elsewhere_is_not_bound_again(
    client: FlaskClient, make_person: Callable[..., Person], hold: Callable[..., HeldCard], card_app: Flask
) -> None:
    held = hold()
    bind(client, make_person("fox"), held)
    answer = bind(card_app.test_client(), make_person("hare"), held)
    assert answer.status_code == 409
    assert "已經綁定在其他帳號" in answer.text


def test_a_certificate_is_deleted_by_its_own_holder_alone(
    client: FlaskClient, make_person: Callable[..., Person], hold: Callable[..., HeldCard], card_app: Flask
) -> None:
    held = hold()
    bind(client, make_person("fox"), held)
    deletion = re.search(rf'action="({CERTIFICATES}/[^"]+/deletion)"', client.get(CERTIFICATES).text)
    assert deletion
    stranger = card_app.test_client()
    sign_in(stranger, make_person("hare"))
    token = {"csrf_token": csrf_token(stranger, "/account/")}
    assert stranger.post(deletion.group(1), data=token).status_code == 404
    mine = client.post(deletion.group(1), data={"csrf_token": csrf_token(client, CERTIFICATES)})
    assert mine.location == CERTIFICATES
    assert "還沒有綁定憑證" in client.get(CERTIFICATES).text


def test_a_system_without_cards_has_no_list(
    make_app: Callable[..., Flask], make_person: Callable[..., Person], tmp_path: Path
) -> None:
    client = make_app(AUTHORITIES_PATH=str(tmp_path / "none")).test_client()
    sign_in(client, make_person())
    assert "憑證管理" not in client.get("/account/").text
    assert client.get(CERTIFICATES).status_code == 404


def test_adding_and_deleting_need_a_fresh_sign_in(
    client: FlaskClient, card_app: Flask, make_person: Callable[..., Person], hold: Callable[..., HeldCard]
) -> None:
    person, held = make_person(), hold()
    bind(client, person, held)
    deletion = re.search(rf'action="({CERTIFICATES}/[^"]+/deletion)"', client.get(CERTIFICATES).text)
    assert deletion
    token = {"csrf_token": csrf_token(client, CERTIFICATES)}
    challenge = ask(client, "bind", CERTIFICATES)
    later = datetime.now(UTC) + timedelta(minutes=16)
    card_app.config["CLOCK"] = lambda: later
    listed = client.get(CERTIFICATES).text
    assert "加入或刪除憑證前，請重新登入" in listed
    assert "data-card-pin" not in listed
    assert client.post(deletion.group(1), data=token).status_code == 403
    assert send(client, CERTIFICATES, held, challenge, CERTIFICATES).status_code == 403


def test_the_last_way_in_stays(
    client: FlaskClient,
    card_app: Flask,
    make_person: Callable[..., Person],
    hold: Callable[..., HeldCard],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bind(client, make_person(), hold())
    monkeypatch.setattr("portal.usecases.card.bind_certificate._has_password", lambda *_: False)
    deletion = re.search(rf'action="({CERTIFICATES}/[^"]+/deletion)"', client.get(CERTIFICATES).text)
    assert deletion
    answer = client.post(deletion.group(1), data={"csrf_token": csrf_token(client, CERTIFICATES)})
    assert answer.status_code == 409
    assert "最後一種方式" in answer.text
    assert "王小明" in answer.text, "the list is still there"
