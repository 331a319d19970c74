"""What each letter says: who wrote, why, what to do, until when, and what if it was not you."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jinja2
import pytest

from portal.config import ROOT
from portal.domain.account import Account, AccountState, SuspensionCause
from portal.domain.one_time_token import OneTimeToken, TokenPurpose
from portal.mail import credential_letters, letters
from portal.mail.addresses import CODE_LETTERS, LETTER_PAGES, LETTER_TITLES, letter_link
from portal.mail.letter import Letter
from portal.mail.render import render
from portal.store.system_files import read_system_files

ORIGIN = "https://portal.example.gov.tw"
NOW = datetime(2026, 11, 20, 6, 5, tzinfo=UTC)
SYSTEM = read_system_files()["hwms"]
TOKEN = OneTimeToken(
    id="abcdefghijklmnopqrstuv", purpose=TokenPurpose.PROVE_EMAIL, expires_at=NOW + timedelta(days=7)
)
CODE = "1234 5678"
ACTIVE = AccountState.ACTIVE
TOKEN_TEXT = "abcdefghijklmnopqrstuv.c2lnbmF0dXJl"


def account(**changes: str) -> Account:
    values = {"system": "hwms", "kind": "general", "name": "fox52fox01"}
    return Account(**{**values, "holder_name": "張曉美", "email": "fox52fox@a.gov.tw", **changes})


WRITTEN: dict[str, Callable[[Account], Letter]] = {
    "verify-email": lambda a: letters.verify_email(SYSTEM, a, ["fox52fox"], TOKEN),
    "account-activated": lambda a: letters.account_activated(SYSTEM, a),
    "account-reviewed": lambda a: letters.account_reviewed(SYSTEM, a),
    "application-received": lambda a: letters.application_received(
        SYSTEM, a.email, "SMIS-1151120-ABCDEF", NOW
    ),
    "account-suspended": lambda a: letters.account_suspended(SYSTEM, a, SuspensionCause.DORMANT, NOW),
    "application-refused": lambda a: letters.application_refused(SYSTEM, a, "單位查無此人"),
    "application-expired": lambda a: letters.application_expired(SYSTEM, a, 30),
    "account-ended": lambda a: letters.account_ended(SYSTEM, a, "職務異動"),
    "account-ended-by-holder": lambda a: letters.account_ended_by_holder(SYSTEM, a, NOW),
    "contact-changed": lambda a: letters.contact_changed(SYSTEM, a, a.email, NOW),
    "permissions-withdrawn": lambda a: letters.permissions_withdrawn(
        SYSTEM, a, ["新北市　一次用產品：管理者"], "職務異動", suspended=True
    ),
    "requests-decided": lambda a: letters.requests_decided(
        SYSTEM,
        a.email,
        "SMIS-1151120-ABCDEF",
        [("核准", "新北市　一次用產品：管理者", "")],
        1,
        ACTIVE,
        opened=True,
    ),
    "reset-password": lambda a: credential_letters.reset_password(
        SYSTEM, a.email, [a.name, "fox52fox"], TOKEN
    ),
    "password-changed": lambda a: credential_letters.password_changed(SYSTEM, a, NOW),
    "administrator-invitation": lambda a: credential_letters.administrator_invitation(SYSTEM, a, TOKEN),
    "dormancy-warning": lambda a: letters.dormancy_warning(SYSTEM, a, NOW + timedelta(days=7)),
    "name-corrected": lambda a: letters.name_corrected(SYSTEM, a, a.email, NOW),
    "nothing-known": lambda a: credential_letters.nothing_known(SYSTEM, a.email, TOKEN),
    "card-code": lambda a: credential_letters.card_code(SYSTEM, a.email, a, TOKEN),
    "authenticator-set": lambda a: credential_letters.authenticator_set(SYSTEM, a, NOW),
    "authenticator-removed": lambda a: credential_letters.authenticator_removed(SYSTEM, a, NOW, TOKEN),
    "second-proof-closed": lambda a: credential_letters.second_proof_closed(SYSTEM, a, NOW),
    "certificate-bound": lambda a: credential_letters.certificate_bound(SYSTEM, a, NOW),
    "certificate-unbound": lambda a: credential_letters.certificate_unbound(SYSTEM, a, NOW),
}
WITH_TOKEN = {kind for kind, page in LETTER_PAGES.items() if page == "letter.open"}


def read(kind: str, whose: Account | None = None) -> tuple[str, str]:
    """The letter as it arrives: through the outbox's JSON, with its link made at delivery."""
    letter = WRITTEN[kind](whose or account())
    context = json.loads(json.dumps(letter.context))
    link = letter_link(ORIGIN, letter.kind, context, TOKEN_TEXT)
    return render(letter.kind, context, link, CODE if kind in CODE_LETTERS else "")


def test_every_letter_is_known_everywhere():
    folders = {path.name for path in (ROOT / "templates/mail").iterdir() if path.is_dir()}
    assert folders == set(WRITTEN) == set(LETTER_PAGES) == set(LETTER_TITLES)
    assert len(set(LETTER_TITLES.values())) == len(LETTER_TITLES), "the desk tells them apart"


@pytest.mark.parametrize("kind", WRITTEN)
def test_kind_address_and_token(kind):
    letter = WRITTEN[kind](account())
    assert (letter.kind, letter.to) == (kind, "fox52fox@a.gov.tw")
    assert letter.token_id == (TOKEN.id if kind in WITH_TOKEN | CODE_LETTERS | {"nothing-known"} else None)
    assert TOKEN.id not in json.dumps(letter.context)


@pytest.mark.parametrize("kind", WRITTEN)
def test_each_says_who_why_what_and_what_if_not(kind):
    subject, body = read(kind)
    assert subject.startswith("【生活廢棄物質管理資訊系統】")
    assert len(subject) < 60
    assert "您好：\n" in body
    assert "環境部環境管理署　生活廢棄物質管理資訊系統" in body
    assert "02-25569785" in body
    assert re.search(r"【現在請您】|【是您(變更|加入|刪除)的】", body)
    assert re.search(r"【(不是您|您不知道)", body)
    assert body.count(ORIGIN) == 1, "one letter, one link"
    assert re.search(rf"^{ORIGIN}/\S+$", body, re.MULTILINE), "a link stands alone on its line"
    assert re.search(r"115/11/27（五）14:05|沒有使用期限|我的帳號", body), "until when"
    assert "\n\n\n" not in body
    assert not re.search(r"[{}%]", body.replace("@#%^=", ""))
    assert body.endswith("詢問您的密碼。\n")


@pytest.mark.parametrize("kind", WRITTEN)
def test_a_system_without_contact_lines_sends_nobody_to_them(kind, monkeypatch):
    monkeypatch.setitem(globals(), "SYSTEM", read_system_files()["portal"])
    subject, body = read(kind, account(kind="service-desk"))
    assert subject.startswith("【帳號入口】")
    assert "信末所列" not in body


def test_the_manuals_link_name_is_in_the_reset_letter():
    subject, body = read("reset-password")
    assert "忘記密碼服務連結" in subject
    assert f"忘記密碼服務連結：\n{ORIGIN}/letter/{TOKEN_TEXT}\n" in body
    assert "　　fox52fox01\n　　fox52fox\n" in body
    for word in ("帳號", "新密碼", "確認新密碼"):
        assert f"「{word}」" in body


def test_verification_names_other_accounts_and_the_way_out():
    _, body = read("verify-email")
    assert "　　帳號：fox52fox01（一般帳號）" in body
    assert "　　fox52fox\n" in body
    assert "撤回申請" in body
    assert "帳號重新認證" in body
    alone = letters.verify_email(SYSTEM, account(), [], TOKEN)
    assert "已經有帳號" not in render(alone.kind, alone.context, "https://x/")[1]


def test_the_reason_is_told_only_if_there_is_one():
    assert "原因：單位查無此人" in read("application-refused")[1]
    silent = letters.application_refused(SYSTEM, account())
    assert "原因" not in render(silent.kind, silent.context, "https://x/")[1].replace("不清楚原因", "")


@pytest.mark.parametrize("kind", WRITTEN)
def test_a_code_stands_alone_where_it_is_shown(kind):
    assert ("　　1234 5678\n" in read(kind)[1]) == (kind in CODE_LETTERS)


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (SuspensionCause.DORMANT, "超過 180 天沒有登入"),
        (SuspensionCause.GIVEN_UP, "您已經放棄所有權限"),
        (SuspensionCause.WITHDRAWN, "收回所有權限"),
    ],
)
def test_a_suspension_says_why_and_how_to_come_back(cause, words):
    smis = read_system_files()["smis"]
    letter = letters.account_suspended(smis, account(), cause, NOW)
    link = letter_link(ORIGIN, letter.kind, letter.context)
    assert f"原因：{words}" in render(letter.kind, letter.context, link)[1].replace(
        "管理您權限的單位已經", ""
    )
    assert link == f"{ORIGIN}/authority/smis/application"


def test_where_nobody_has_a_password_no_letter_speaks_of_one():
    smis = read_system_files()["smis"]
    letter = credential_letters.certificate_bound(smis, account(), NOW)
    link = letter_link(ORIGIN, letter.kind, letter.context)
    assert link == f"{ORIGIN}/authority/smis/"
    assert "重新設定密碼" not in render(letter.kind, letter.context, link)[1]
    del letter.context["passwords"]
    assert "重新設定密碼" in render(letter.kind, letter.context, link)[1], "a letter of an older version"


UNPROVED = (
    "verify-email", "account-reviewed", "application-refused", "nothing-known", "reset-password", "card-code",
)  # fmt: skip
UNPROVED = (
    "verify-email",
    "account-reviewed",
    "application-refused",
    "nothing-known",
    "requests-decided",
    "reset-password",
)


@pytest.mark.parametrize("kind", UNPROVED)
def test_an_unproved_address_gets_no_words_of_a_stranger(kind):
    subject, body = read(kind, account(holder_name="請匯款至 evil.example"))
    assert "evil" not in subject + body


@pytest.mark.parametrize("kind", WRITTEN)
@pytest.mark.parametrize(
    "name", ["a\r\nBcc: x@evil.example", "a\nb", "a\u2028b", "a\x00b", "\u202eevil", "{{ 7*7 }}"]
)
def test_no_value_adds_a_line_or_a_command(kind, name):
    plain_subject, plain_body = read(kind)
    subject, body = read(kind, account(name=name, holder_name=name))
    assert not re.search(r"[\x00-\x1f\x7f\u2028\u2029\u202e]", subject)
    assert body.count("\n") == plain_body.count("\n")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u2028\u2029\u202e]", body)
    assert "49" not in subject
    assert plain_subject.split("】")[0] == subject.split("】")[0]


def test_a_missing_value_is_an_error_and_not_a_gap():
    with pytest.raises(jinja2.UndefinedError):
        render("account-activated", {"system_title": "x"}, "https://x/")


def test_a_letter_that_needs_its_token_is_not_linked_without():
    with pytest.raises(ValueError, match="needs its token"):
        letter_link(ORIGIN, "reset-password", {"zone": "authority", "system": "hwms"})


def test_links_stay_below_the_origin():
    link = letter_link(f"{ORIGIN}/", "account-activated", {"zone": "authority", "system": "../x?y#z"})
    assert link == f"{ORIGIN}/authority/..%2Fx%3Fy%23z/"


def test_templates_are_short_and_plain():
    for path in Path(ROOT / "templates/mail").rglob("*.txt"):
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) < 120
        assert "<" not in text
