"""Every bad answer of the application: 422, a sentence at its field, a summary, and everything typed kept."""

from __future__ import annotations

from sqlalchemy import func, select

from portal.domain.account import Account
from portal.domain.letter import OutgoingLetter
from tests.rig.pages import PageText
from tests.rig.visits import APPLY, filled, page_of, solved

WIDE = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})
KEPT = (
    "unit_kind", "unit", "email", "name", "gender", "phone", "phone_extension", "fax", "account_kind", "permissions",
    "consent",
)  # fmt: skip
CHOSEN = {"unit_kind", "unit", "gender", "account_kind", "permissions", "consent"}
"""Of these only what is offered can stand there."""
LONG = "很長" * 600
HIDDEN = "\u202e"
MISSING = {
    "unit_kind": "請先選擇單位類別。", "unit": "請選擇您的所屬單位。", "email": "請輸入Email。", "name": "請輸入姓名。",
    "gender": "請選擇性別。", "password": "請輸入密碼。", "password_again": "請再輸入一次密碼。",
    "phone": "請輸入連絡電話。", "account_kind": "請選擇這類單位可以申請的帳號類型。",
    "consent": "請閱讀告知事項，並勾選同意後再送出。",
    "captcha": "請輸入驗證碼。",
}  # fmt: skip
CASES: dict[str, tuple[dict[str, object], dict[str, str]]] = {
    **{f"{name} missing": ({name: None}, {name: MISSING[name]}) for name in MISSING if name != "account_kind"},
    **{f"{name} empty": ({name: ""}, {name: MISSING[name]}) for name in MISSING if name != "consent"},
    **{f"{name} of blanks": ({name: " 　"}, {name: MISSING[name]}) for name in ("email", "name", "phone", "captcha")},
    **{f"{name} too long": ({name: LONG}, {name: "太長"}) for name in ("email", "name", "phone", "fax", "gender")},
    **{
        f"{name} with a character nobody sees": ({name: f"02-255{HIDDEN}69785"}, {name: "控制字元"})
        for name in ("email", "name", "phone", "fax", "gender")
    },
    "a name of 51": ({"name": "林" * 51}, {"name": "最多 50 個字"}),
    "a name of digits": ({"name": "12345"}, {"name": "真實姓名"}),
    "a name with markup": ({"name": "<script>alert(1)</script>"}, {"name": "特殊符號"}),
    "an address without @": ({"email": "fox52fox"}, {"email": "格式不正確"}),
    "two addresses": ({"email": "a@x.tw,b@x.tw"}, {"email": "格式不正確"}),
    "an address of 255": ({"email": "a" * 64 + "@" + ".".join(["b" * 60] * 4) + ".tw"}, {"email": "254"}),
    "a header in the address": ({"email": "a@x.tw\r\nBcc: b@x.tw"}, {"email": "控制字元"}),
    "a phone without area code": ({"phone": "25569785"}, {"phone": "區碼"}),
    "a phone of letters": ({"phone": "no phone"}, {"phone": "區碼"}),
    "a fax without area code": ({"fax": "25569785"}, {"fax": "區碼"}),
    "an extension of letters": ({"phone_extension": "abc"}, {"phone_extension": "1 至 6 位數字"}),
    "an extension of seven": ({"phone_extension": "1234567"}, {"phone_extension": "1 至 6 位數字"}),
    "an extension without end": ({"phone_extension": "1" * 5000}, {"phone_extension": "1 至 6 位數字"}),
    "a gender not offered": ({"gender": "unknown"}, {"gender": "請選擇性別。"}),
    "other passwords": ({"password_again": "Kd4=wTnb8sYf"}, {"password_again": "兩次輸入的密碼不同"}),
    "a password of 11": ({"password": "Zx7#vmRkqLw"}, {"password": "長度 12 至 14"}),
    "a password of 15": ({"password": "Zx7#vmRkqLwpAbc"}, {"password": "長度 12 至 14"}),
    "a password without capitals": ({"password": "zx7#vmrkqlwp"}, {"password": "大寫"}),
    "a password without small letters": ({"password": "ZX7#VMRKQLWP"}, {"password": "小寫"}),
    "a password without digits": ({"password": "Zxa#vmRkqLwp"}, {"password": "數字"}),
    "a password without symbols": ({"password": "Zx7avmRkqLwp"}, {"password": "特殊符號"}),
    "a password with another symbol": ({"password": "Zx7#vmRkqLw!"}, {"password": "只用"}),
    "a full-width password": ({"password": "Zx7#vmRkqLwp".translate(WIDE)}, {"password": "只用"}),
    "a guessable password": ({"password": "Fox52fox52#A"}, {"password": "太容易被猜到"}),
    "an unknown kind of unit": ({"unit_kind": "health-bureau"}, {"unit_kind": "請先選擇單位類別。"}),
    "an unknown unit": ({"unit": "EPB-00000"}, {"unit": "請選擇您的所屬單位。"}),
    "a unit of another kind": ({"unit": "MOENV-EMA"}, {"unit": "請選擇您的所屬單位。"}),
    "an unknown kind of account": ({"account_kind": "service-desk"}, {"account_kind": "帳號類型"}),
    "a permission of the ministry's": ({"permissions": ["reporting-control"]}, {"permissions": "不屬於這類單位"}),
    "an unknown permission": ({"permissions": ["single-use-products", "x"]}, {"permissions": "不屬於這類單位"}),
    "an administrator of a cleaning team": (
        {"unit_kind": "cleaning-team", "county": "新北市", "unit": "CT-65000010", "account_kind": "unit-administrator",
         "permissions": ["monthly-collection"]}, {"account_kind": "帳號類型"},
    ),
    "a captcha of letters": ({"captcha": "abcde"}, {"captcha": "五個數字"}),
    "a captcha nobody made": ({"captcha_id": "forged"}, {"captcha": "不是本站提供的"}),
    "no captcha at all": ({"captcha_id": None}, {"captcha": "不是本站提供的"}),
    "a pass nobody made": ({"captcha_pass": "forged"}, {"captcha": "已失效"}),
    "several at once": (
        {"name": "", "email": "x", "gender": None, "consent": None},
        {"name": "請輸入姓名。", "email": "格式不正確", "gender": "請選擇性別。", "consent": "告知事項"},
    ),
}  # fmt: skip


def nothing_was_kept(session) -> bool:
    session.rollback()
    return not any(
        session.scalar(select(func.count()).select_from(table)) for table in (Account, OutgoingLetter)
    )


def what_was_typed_stands_there(page: PageText, data: dict[str, object]) -> None:
    for name in KEPT:
        typed = data.get(name, "")
        values = [typed] if isinstance(typed, str) else typed
        shown = page.fields.get(name, [])
        offered = page.offered.get(name, [] if name in CHOSEN else None)
        expected = [value for value in values if offered is None or value in offered]
        assert [value for value in shown if value] == [value for value in expected if value], name
    assert page.value("password") == page.value("password_again") == ""


def test_bad_answers(app, client, session, subtests):
    good = filled(app, client)
    for case, (changes, sentences) in CASES.items():
        with subtests.test(case):
            twice = {"password_again": changes["password"]} if changes.get("password") else {}
            base = filled(app, client) if "captcha" in sentences else good
            data = {name: value for name, value in {**base, **twice, **changes}.items() if value is not None}
            page = page_of(client.post(APPLY, data=data), 422)
            for name, sentence in sentences.items():
                assert sentence in page.errors[name], page.errors
                assert name in page.ids, "the summary leads to the field"
                assert sentence[:6] in page.summary[name]
            others = {
                "password_again",
                "unit",
                "account_kind",
                "permissions",
            }  # what depends on what is missing
            assert set(sentences) <= set(page.errors) <= set(sentences) | others
            assert set(page.summary) == set(page.errors)
            what_was_typed_stands_there(page, data)
            assert nothing_was_kept(session)
    assert client.post(APPLY, data=good).status_code == 303, "with good answers it goes through"


def test_without_a_kind_of_account_it_is_the_one_that_may_least(app, client, session):
    assert client.post(APPLY, data=filled(app, client, account_kind=None)).status_code == 303
    assert session.scalars(select(Account.kind)).one() == "general"


def test_after_a_mistake_the_captcha_need_not_be_solved_again(app, client):
    data = filled(app, client, name="")
    page = page_of(client.post(APPLY, data=data), 422)
    assert "captcha" not in page.fields
    again = {**data, "name": "黃小狐", "captcha": "", "captcha_pass": page.value("captcha_pass")}
    assert client.post(APPLY, data=again).status_code == 303


def test_a_wrong_captcha_is_used_up_and_a_new_one_shown(app, client, session):
    data = filled(app, client)
    right = data["captcha"]
    data["captcha"] = f"{(int(right) + 1) % 100_000:05d}"
    page = page_of(client.post(APPLY, data=data), 422)
    assert "驗證碼和圖中的數字不同" in page.errors["captcha"]
    assert page.value("captcha_id") != data["captcha_id"]
    assert page.value("captcha") == ""
    replayed = page_of(client.post(APPLY, data={**data, "captcha": right}), 422)
    assert "已經用過" in replayed.errors["captcha"]
    what_was_typed_stands_there(replayed, data)
    assert nothing_was_kept(session)
    fresh = {"captcha_id": page.value("captcha_id"), "captcha": solved(app, page.value("captcha_id"))}
    assert client.post(APPLY, data={**data, **fresh}).status_code == 303


def test_a_captcha_that_sent_one_form_sends_no_other(app, client, session):
    data = filled(app, client)
    assert client.post(APPLY, data=data).status_code == 303
    page = page_of(client.post(APPLY, data={**data, "email": "wolf@ntpc.gov.tw"}), 422)
    assert "已經用過" in page.errors["captcha"]
    assert session.scalar(select(func.count()).select_from(Account)) == 1


def test_full_width_answers_are_good_answers(app, client, session):
    data = filled(app, client)
    wide = {
        name: data[name].translate(WIDE) for name in ("email", "phone", "phone_extension", "fax", "captcha")
    }
    assert client.post(APPLY, data={**data, **wide}).status_code == 303
    account = session.scalars(select(Account)).one()
    assert (account.name, account.email) == ("fox52fox", "fox52fox@ntpc.gov.tw")
    assert (account.phone, account.phone_extension, account.fax) == ("0225569785", "12", "0223117722")
