"""What letters are called, and where their links lead. The few paths are written here, since mail knows no
routes; a test compares them with the URL map. Every link begins with PUBLIC_ORIGIN, never with what a request said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

PAGES: Final = {
    "letter.open": "/letter/{token}",
    "sign_in.page": "/{zone}/{system}/",
    "apply.form": "/{zone}/{system}/application",
    "verification.form": "/{zone}/{system}/verification",
    "password_reset.form": "/{zone}/{system}/password-reset",
}
"""Path of each page a letter may lead to, by endpoint."""

LETTER_PAGES: Final = {
    "account-activated": "sign_in.page",
    "account-ended": "apply.form",
    "account-ended-by-holder": "apply.form",
    "account-reviewed": "verification.form",
    "account-suspended": "apply.form",
    "administrator-invitation": "letter.open",
    "application-expired": "apply.form",
    "application-received": "apply.form",
    "application-refused": "apply.form",
    "authenticator-removed": "letter.open",
    "authenticator-set": "password_reset.form",
    "card-code": "sign_in.page",
    "certificate-bound": "password_reset.form",
    "certificate-unbound": "sign_in.page",
    "contact-changed": "sign_in.page",
    "dormancy-warning": "sign_in.page",
    "name-corrected": "sign_in.page",
    "nothing-known": "apply.form",
    "password-changed": "password_reset.form",
    "permissions-withdrawn": "sign_in.page",
    "requests-decided": "sign_in.page",
    "reset-password": "letter.open",
    "second-proof-closed": "password_reset.form",
    "verify-email": "letter.open",
}
"""The one page each letter leads to."""
LETTER_TITLES: Final = {
    "account-activated": "帳號開通通知",
    "account-ended": "帳號刪除通知",
    "account-ended-by-holder": "自行刪除帳號通知",
    "account-reviewed": "帳號啟用通知",
    "account-suspended": "帳號停用通知",
    "administrator-invitation": "管理帳號邀請",
    "application-expired": "申請逾期通知",
    "application-received": "收到申請通知",
    "application-refused": "申請未通過通知",
    "authenticator-removed": "第二項驗證重設通知",
    "authenticator-set": "設定驗證器通知",
    "card-code": "卡片驗證碼",
    "certificate-bound": "加入憑證通知",
    "certificate-unbound": "刪除憑證通知",
    "contact-changed": "電子信箱變更通知",
    "dormancy-warning": "閒置提醒",
    "name-corrected": "姓名更正通知",
    "nothing-known": "沒有帳號的信箱（不寄出）",
    "password-changed": "密碼變更通知",
    "permissions-withdrawn": "權限停用通知",
    "requests-decided": "審核結果通知",
    "reset-password": "重設密碼信",
    "second-proof-closed": "驗證碼連續錯誤通知",
    "verify-email": "認證信",
}
"""What each letter is called where the desk reads which ones could not be delivered."""
_WITHOUT_PASSWORDS: Final = {"certificate-bound": "sign_in.page"}
"""Where it leads instead in a system whose holders have no password to change."""
CODE_LETTERS: Final = frozenset({"card-code"})
"""Letters that show the code of their token, and no link that holds it."""


def letter_link(origin: str, kind: str, context: Mapping[str, Any], token: str | None = None) -> str:
    """The link of a letter: `token` is the text of its one-time token, where the letter has one.

    Raises `ValueError` if a letter that leads through a token is given none.
    """
    page = LETTER_PAGES[kind]
    if not context.get("passwords", True):
        page = _WITHOUT_PASSWORDS.get(kind, page)
    if page == "letter.open" and not token:
        raise ValueError(f"a letter of kind {kind} needs its token")
    values = {"token": token or "", "zone": context["zone"], "system": context["system"]}
    path = PAGES[page].format(**{name: quote(value, safe="") for name, value in values.items()})
    return origin.rstrip("/") + path
