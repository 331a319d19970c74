"""我的資料: in every system, what is kept about whoever is signed in, on a page and as a file."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.domain.certificate import CardProfile
from portal.domain.certificate_binding import CertificateBinding
from portal.store.database import write
from portal.store.sealed import seal
from portal.usecases.read_systems import systems
from portal.web.own_record import FORMULAS, Part, csv_of
from tests.rig.people import sign_in
from tests.rig.rows import NOON
from tests.rig.smis import COVID, PPE, smis_client, smis_person
from tests.rig.visits import APPLY, page_of, signed_in_client

RECORD = "/account/record"
CARD = "TP01234567895678"


@pytest.fixture
def database_kind() -> str:
    """These pages ask nothing of the database that depends on its kind."""
    return "sqlite"


def rows_of(client: FlaskClient) -> list[list[str]]:
    """The lines of the file, and that it is one to keep and not to show."""
    answer = client.get(f"{RECORD}/file.csv")
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    head, *rows = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert head == ["類別", "項目", "內容"]
    return rows


def test_a_holder_sees_and_takes_along_what_was_typed_asked_for_and_agreed_to(
    app: Flask, make_person: Any
) -> None:
    fox, other = make_person("fox"), make_person("daisy", holder="別人")
    client = signed_in_client(app, fox)
    shown = client.get(RECORD)
    page = page_of(shown)
    rows = rows_of(client)
    told = {(title.split()[0], label): text for title, label, text in rows}
    notice = systems()["hwms"].notice
    assert notice is not None
    assert told["基本資料", "帳號"] == "fox"
    assert told["基本資料", "性別"] == "女"
    assert told["基本資料", "連絡電話"] == "02-25569785"
    assert told["基本資料", "傳真電話"] == "未填寫"
    assert told["申請", "狀態"] == "結案"
    assert told["申請", "申請的權限：一次用產品"].startswith("縣市環保局／新北市環保局　")
    assert told["申請", "個人資料告知事項"].startswith(f"版本 {notice.version}，1")
    assert told["權限", "一次用產品"].startswith("縣市環保局／新北市環保局　使用中　自 1")
    assert [text for title, _, text in rows if title.startswith("登入紀錄")] == ["來源位址 127.0.0.1"]
    for row in rows:
        assert all(cell in shown.text for cell in row), row
    assert f"{RECORD}/file.csv" in page.links
    assert RECORD in client.get("/account/").text
    assert "hwms@ustrust.com.tw" in shown.text, "whom to ask for a correction"
    everything = shown.text + str(rows)
    assert not any(words in everything for words in (other.name, other.email, "別人"))


def test_a_system_with_cards_and_roles_shows_both_and_no_number_in_full(app: Flask) -> None:
    person = smis_person(app, "clover", wanted=(PPE, COVID))
    client = smis_client(app, person)
    key = app.extensions["portal-settings"].key("personal-numbers")
    with app.app_context(), write() as session:
        session.add(
            CertificateBinding(
                account_id=person.row, system="smis", profile=CardProfile.MOICA, issuer_key_id="i", serial="s",
                spki_hash="h", fingerprint="f", holder_name="林小苗", not_after=NOON, bound_at=NOON,
                sealed_card_number=seal(key, CARD),
            )
        )  # fmt: skip
    rows = rows_of(client)
    told = {label: text for _, label, text in rows}
    assert told["個人防護裝備"].partition("　")[2].startswith("承辦人　使用中")
    assert told["申請的權限：新興傳染病用藥"].endswith("管理者(COVID-19)(已核准)")
    assert "•" in told["證號"]
    assert told["林小苗"].startswith("卡號 TP••••••••••5678，到期日 1")
    whole = client.get(RECORD).text + str(rows)
    assert person.number not in whole
    assert CARD not in whole
    assert "/account/data" in client.get(RECORD).text, "where it is corrected"


def test_the_service_desk_has_a_record_too(app: Flask, make_desk: Any) -> None:
    desk = make_desk()
    client = app.test_client()
    sign_in(client, desk)
    assert ["基本資料", "Email", desk.email] in rows_of(client)
    assert "請洽管理您帳號的人員" in client.get(RECORD).text


@pytest.mark.parametrize("begin", FORMULAS)
def test_no_cell_of_the_file_is_a_formula(begin: str) -> None:
    parts = [
        Part(f"{begin}1", [("姓名", f"{begin}SUM(A1)"), (f"{begin}x", "正常")]),
        Part("空", [], f"{begin}無"),
    ]
    cells = [cell for row in csv.reader(io.StringIO(csv_of(parts).decode("utf-8-sig"))) for cell in row]
    assert not any(cell.startswith(FORMULAS) for cell in cells)
    assert f"'{begin}SUM(A1)" in cells


def test_the_notice_says_where_these_rights_are_used_and_whom_to_ask(client: FlaskClient) -> None:
    shown = client.get(APPLY).text
    notice = shown.partition('class="notice-text"')[2].partition("</section>")[0]
    assert "「我的資料」" in notice
    assert "hwms@ustrust.com.tw" in notice
    assert "02-25569785" in notice
