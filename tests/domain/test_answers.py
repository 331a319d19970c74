"""What each type of field accepts; every bad answer is a sentence at its field."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.answers import TYPED_LIMIT, read_answer, read_email, read_person_name
from portal.domain.normalisation import email_key
from portal.domain.refusal import Refusal
from portal.domain.system import Choice, Field
from portal.usecases.read_systems import systems
from tests.rig.refusals import outcome, refusal_of

FIELDS = {
    "email": Field("email", "email", "Email", max=254),
    "person-name": Field("name", "person-name", "姓名", max=50),
    "choice": Field("gender", "choice", "性別", choices=(Choice("female", "女"), Choice("male", "男"))),
    "phone": Field("fax", "phone", "傳真電話"),
    "phone-with-extension": Field("phone", "phone-with-extension", "連絡電話"),
}
GOOD = {
    "mobile-phone": "0912-345-678",
    "email": "fox@ntpc.gov.tw", "person-name": "王小明", "choice": "female", "phone": "02-25569785",
    "phone-with-extension": "02-25569785",
}  # fmt: skip
NAMES = [
    "王小明", "李 四", "𡍼𠊎𩻃", "谷辣斯．尤達卡", "伊斯坦大‧貝雅夫‧正福", "Kolas Yotaka", "Lahok·Oding",
    "Ljegay-Rupeljengan", "O’Brien", "D'Angelo", "Nguyễn Thị Hương", "さくら", "葛󠄀小明", "\ue000小明", "歐陽（本名陳）",
    "ｗａｎｇ", "Jr., John",
]  # fmt: skip
NOT_NAMES = [
    "12345",
    "、。",
    "---",
    "<b>王</b>",
    "王小明#1",
    "{{7*7}}",
    "a@b",
    "王\\明",
    "=cmd()",
    "+886",
    "*",
    "王|明",
    "_",
]
NOT_ADDRESSES = [
    "fox", "fox@", "@ntpc.gov.tw", "fox@ntpc", "fox@@ntpc.gov.tw", "fox@ntpc..tw", ".fox@ntpc.tw", "fox.@ntpc.tw",
    "fo x@ntpc.gov.tw", "fox@ntpc.gov.tw, a@b.tw", "fox@ntpc.gov.tw;a@b.tw", "Fox <fox@ntpc.gov.tw>", "mailto:fox@x.tw",
    "fox@[127.0.0.1]", "fox@-x.tw", '"a b"@x.tw', "狐@ntpc.gov.tw", "fox(a)@x.tw", "a@" + "b" * 64 + ".tw",
]  # fmt: skip
HIDDEN = [
    "\0",
    "\t",
    "\n",
    "\r\nBcc: x@y.tw",
    "\x1b[31m",
    "\x7f",
    "\x85",
    "\u200b",
    "\u200f",
    "\u202e",
    "\u2066",
    "\u2028",
    "\ufeff",
]


def refused(field: Field, typed: str, extension: str = "") -> Refusal:
    refusal = refusal_of(read_answer, field, typed, extension)
    assert refusal.status == 422
    return refusal


@pytest.mark.parametrize("type", FIELDS)
@pytest.mark.parametrize("typed", ["", " ", "　　"])
def test_a_missing_answer(type, typed):
    refusal = refused(FIELDS[type], typed)
    assert refusal.field == FIELDS[type].key
    assert FIELDS[type].label in refusal.sentence


@pytest.mark.parametrize("type", FIELDS)
def test_an_optional_field_may_be_empty(type):
    field = FIELDS[type]
    optional = Field(field.key, field.type, field.label, required=False, choices=field.choices)
    assert read_answer(optional, " ") == {}
    assert read_answer(optional, GOOD[type])[field.key]


@pytest.mark.parametrize("type", FIELDS)
@pytest.mark.parametrize("hidden", HIDDEN, ids=ascii)
@pytest.mark.parametrize("place", [0, 2, None])
def test_a_character_nobody_sees(type, hidden, place):
    good = GOOD[type]
    typed = good + hidden if place is None else good[:place] + hidden + good[place:]
    assert refused(FIELDS[type], typed).field == FIELDS[type].key


@pytest.mark.parametrize("type", FIELDS)
def test_something_pasted_that_is_much_too_long(type):
    assert "太長" in refused(FIELDS[type], GOOD[type] * TYPED_LIMIT).sentence


@pytest.mark.parametrize("type", FIELDS)
@given(typed=st.text(max_size=80))
def test_whatever_is_typed_is_an_answer_or_a_refusal_at_the_field(type, typed):
    field = FIELDS[type]
    read = outcome(read_answer, field, typed)
    if isinstance(read, Refusal):
        assert read.field == field.key
    else:
        assert read[field.key]
        assert set(read) <= {field.key, f"{field.key}_extension"}


@pytest.mark.parametrize("text", NOT_ADDRESSES)
def test_what_is_no_address(text):
    refusal = refused(FIELDS["email"], text)
    assert refusal.field == "email"
    assert "電子郵件" in refusal.sentence


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("fox@ntpc.gov.tw", "fox@ntpc.gov.tw"), (" fox@ntpc.gov.tw ", "fox@ntpc.gov.tw"),
        ("Fox@NTPC.gov.tw", "Fox@ntpc.gov.tw"), ("ｆｏｘ＠ｎｔｐｃ．ｇｏｖ．ｔｗ", "fox@ntpc.gov.tw"),
        ("fox+portal@x.com.tw", "fox+portal@x.com.tw"), ("o'brien_1@x.tw", "o'brien_1@x.tw"),
    ],
)  # fmt: skip
def test_an_address_is_kept_as_its_owner_writes_it(typed, kept):
    assert read_email(typed) == kept


@given(st.from_regex(r"\A[a-z][a-z0-9._+-]{0,20}[a-z0-9]@[a-z]{2,10}\.(gov|com)\.tw\Z"))
def test_addresses_that_differ_in_case_have_one_key(address):
    if ".." in address:
        return
    assert email_key(read_email(address.upper())) == email_key(read_email(address)) == address


@pytest.mark.parametrize("length", [254, 255, 300])
def test_the_longest_address(length):
    labels = ".".join(["b" * 60] * 6)
    address = f"{'a' * 60}@{labels}"[: length - 3] + ".tw"
    assert len(address) == length
    if length > 254:
        assert "254" in refused(FIELDS["email"], address).sentence
    else:
        assert read_email(address) == address


@pytest.mark.parametrize("name", NAMES)
def test_names_of_people(name):
    assert read_answer(FIELDS["person-name"], name) == {"name": name}


@pytest.mark.parametrize("text", NOT_NAMES)
def test_what_is_no_name(text):
    assert refused(FIELDS["person-name"], text).field == "name"


def test_a_name_as_long_as_allowed_and_one_longer():
    field = FIELDS["person-name"]
    assert read_answer(field, "林" * 50) == {"name": "林" * 50}
    assert "50" in refused(field, "林" * 51).sentence
    assert read_answer(field, "𡍼" * 50) == {"name": "𡍼" * 50}, "characters are counted, not bytes"


def test_blanks_of_a_name_are_tidied_and_its_characters_composed():
    assert read_person_name("  王　 小明 ", "name", 50) == "王 小明"
    assert read_person_name("Nguye\u0302\u0303n", "name", 50) == "Nguyễn"


@pytest.mark.parametrize("typed", ["Female", "女", "other", "female ", "0", "female,male"])
def test_a_choice_that_is_not_offered(typed):
    refusal = refused(FIELDS["choice"], typed)
    assert (refusal.field, refusal.sentence) == ("gender", "請選擇性別。")


def test_a_phone_with_its_extension_in_either_place():
    field = FIELDS["phone-with-extension"]
    read = {"phone": "0225569785", "phone_extension": "12"}
    assert read_answer(field, "02-25569785", "12") == read
    assert read_answer(field, "02-25569785#12") == read
    assert read_answer(field, "02-25569785#99", "12") == read, "the box of its own counts"
    assert read_answer(field, "02-25569785") == {**read, "phone_extension": None}
    assert refused(field, "02-25569785", "x").field == "phone_extension"


def test_a_fax_has_no_extension():
    assert read_answer(FIELDS["phone"], "（０２）２５５６－９７８５") == {"fax": "0225569785"}


@pytest.mark.parametrize("key", sorted(systems()))
def test_every_field_that_a_system_declares_can_be_read(key):
    apart = {
        "captcha",
        "unit",
        "password",
        "password-again",
        "account-kind",
        "permissions",
        "consent",
        "personal-number",
    }
    for field in systems()[key].fields():
        if field.type not in apart:
            typed = field.choices[0].key if field.choices else GOOD[field.type]
            assert field.key in read_answer(field, typed)
