"""Letters about cards: bound, replaced, removed, and gone with their account."""

from __future__ import annotations

from datetime import UTC, datetime

from portal.domain.account import Account
from portal.mail import credential_letters
from portal.mail.render import render
from portal.store.system_files import read_system_files

NOW = datetime(2026, 11, 27, 6, 5, tzinfo=UTC)
HWMS, SMIS = (read_system_files()[key] for key in ("hwms", "smis"))
FOX = Account(
    system="hwms", kind="general", name="fox52fox01", holder_name="張曉美", email="fox52fox@a.gov.tw"
)


def test_nobody_without_a_password_is_told_to_change_it():
    told = {
        system.key: render(letter.kind, letter.context, "https://x/")[1]
        for system in (SMIS, HWMS)
        for letter in [credential_letters.certificate_unbound(system, FOX, NOW)]
    }
    assert ("變更密碼" in told["hwms"], "變更密碼" in told["smis"]) == (True, False)
    assert "用您自己的卡片登入" in told["smis"]


def test_a_card_that_went_with_its_account_asks_nobody_to_sign_in():
    letter = credential_letters.certificate_unbound(HWMS, FOX, NOW, account_ended=True)
    subject, body = render(letter.kind, letter.context, "https://x/")
    assert "已解除綁定" in subject
    assert "帳號已經結束" in body
    assert "登入並變更密碼" not in body
    assert "\n\n\n" not in body
    for word in ("account_ended", "application"):
        del letter.context[word]
    assert "刪除了一張憑證卡片" in render(letter.kind, letter.context, "https://x/")[1], "of an older version"


def test_a_card_that_took_anothers_place_says_so():
    letter = credential_letters.certificate_bound(HWMS, FOX, NOW, replaced=True)
    body = render(letter.kind, letter.context, "https://x/")[1]
    assert "原來的憑證已經從清單中移除" in body
    assert "\n\n\n" not in body
