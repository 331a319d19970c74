"""A wrong system file stops the start, with file, line and cure."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from portal.domain.system import InformationSystem
from portal.store.system_files import (
    FOLDER,
    NEEDED,
    NEEDED_FOR_PASSWORD,
    BadSystemFile,
    _Reader,
    read_system_file,
    read_system_files,
)

WHOLE = (FOLDER / "hwms.toml").read_text(encoding="utf-8")
SMALL = (FOLDER / "portal.toml").read_text(encoding="utf-8")

UNIT_KIND = 'label = "塑膠微粒", unit_kinds = ["ministry", '
FLAWS: dict[str, tuple[str, str, str]] = {
    "no TOML": ('title = "生', "title = 生", "Correct the TOML there."),
    "a key twice": ('zone = "authority"', 'short = "x"', "Correct the TOML there."),
    "an unknown key": ('short = "HWMS"', 'shortt = "HWMS"', "shortt is not known; use one of: "),
    "an unknown key of a table": ("length = [12, 14]", "minimum = 12", "password.minimum is not known; use one of: "),
    "an unknown key of a field": ('autocomplete = "name"', 'autocompleet = "x"', "field[3].autocompleet is not known"),
    "an unknown key in one line": ('key = "ministry", label', 'key = "ministry", name', "unit_kind[0].name is not kno"),
    "a missing key of a table": ('[password]\nlength = [12, 14]', "[password]", "password.length is missing; add it"),
    "a missing key of a field": ('[[step.field]]\nkey = "fax"', "[[step.field]]", "step[0].field[8].key is missing"),
    "a number for a text": ('short = "HWMS"', "short = 5", "short must be str, not 5"),
    "a number for a title further down": ('title = "忘記密碼', "title = 5 #", "news[1].title must be str, not 5"),
    "a number for a message": ('welcome = "', "welcome = 5 #", "messages.welcome must be str, not 5"),
    "a text for a yes": ("listed = true", 'listed = "yes"', "listed must be bool, not 'yes'"),
    "a yes for a number": ("history = 3", "history = true", "password.history must be int, not True"),
    "a text for a list": ('sign_in = ["password", "card"]', 'sign_in = "password"', "sign_in must be a list"),
    "too many lengths": ("length = [12, 14]", "length = [12, 13, 14]", "password.length must have 2 values"),
    "an unknown zone": ('zone = "authority"', 'zone = "office"', "use one of: citizen, vendor, authority"),
    "an unknown type": ('type = "person-name"', 'type = "person"', "is 'person'; use one of: captcha, unit, email"),
    "an unknown proof": ('active_when = ["review", ', 'active_when = ["stamp", ', "active_when[0] is 'stamp'; use one"),
    "an unknown requirement": ('"digit", "symbol"]', '"digit", "emoji"]', "password.require[3] is 'emoji'; use one of"),
    "a unit kind nobody declared": (
        UNIT_KIND, UNIT_KIND.replace("ministry", "health-bureau"),
        "plastic-microbeads: unit kind 'health-bureau' is not declared; add a [[unit_kind]]",
    ),
    "a permission twice": ('key = "plastic-microbeads"', 'key = "mercury-thermometers"', "permission 'mercury-therm"),
    "a field twice": ('key = "fax"', 'key = "phone"', "field 'phone' is declared twice; give one another key"),
    "an account kind twice": ('key = "unit-administrator"', 'key = "general"', "account kind 'general' is declared tw"),
    "a unit kind twice": ('key = "county-bureau"', 'key = "ministry"', "unit kind 'ministry' is declared twice"),
    "a name under another key": ('key = "name"', 'key = "holder"', "has the key 'holder'; call it 'name'"),
    "a name too long to keep": ("max = 50", "max = 61", "max must be 60 at most, not 61"),
    "a password too short to be one": ("length = [12, 14]", "length = [6, 14]", "must lie between 8 and 128"),
    "lengths the wrong way round": ("length = [12, 14]", "length = [14, 12]", "the smaller first"),
    "a company's card for a person's account": (
        'sign_in = ["password", "card"]', 'card = { profiles = ["moica", "moeaca"] }\nsign_in = ["password", "card"]',
        "moeaca would let any company's card open an account; take it out",
    ),
    "a length beyond all measure": ("length = [12, 14]", "length = [12, 1400]", "between 8 and 128"),
}  # fmt: skip


def read(tmp_path: Path, text: str) -> InformationSystem:
    file = tmp_path / "sixth.toml"
    file.write_text(text, encoding="utf-8")
    return read_system_file(file)


def line_of(text: str) -> int:
    return int(re.search(r"line (\d+)", text).group(1))


@pytest.mark.parametrize("flaw", FLAWS)
def test_what_is_wrong_is_said_with_file_line_and_cure(tmp_path, flaw):
    right, wrong, said = FLAWS[flaw]
    place = WHOLE.index(right)
    with pytest.raises(BadSystemFile) as caught:
        read(tmp_path, WHOLE[:place] + wrong + WHOLE[place + len(right) :])
    told = str(caught.value)
    assert told.startswith("sixth.toml")
    assert said in told
    assert line_of(told) == WHOLE.count("\n", 0, place) + 1


SIGN_IN, SECOND = 'sign_in = ["password", "card"]', 'second_proof = ["card", "authenticator"]'
SECOND_PROOFS: dict[str, tuple[str, str, str]] = {
    "unknown": (SECOND, 'second_proof = ["stamp"]', "second_proof[0] is 'stamp'; use one of: card, authenticator"),
    "beside no password": (SIGN_IN, 'sign_in = ["card"]', "second_proof goes with a password; take it away"),
    "without a beginning": (SECOND, 'second_proof = ["card"]', "second_proof lacks 'authenticator'"),
    "a card by itself": (SECOND, 'second_proof = ["authenticator"]', "second_proof lacks 'card', which signs in"),
    "no card to sign in": (SIGN_IN, 'sign_in = ["password"]', "second_proof has 'card' but sign_in has not"),
    "of nobody": (', reviews = "accounts" }', " }", "second_proof is asked of who reviews, and nobody does"),
}  # fmt: skip


@pytest.mark.parametrize("flaw", SECOND_PROOFS)
def test_a_second_proof_is_one_that_can_be_given(tmp_path, flaw):
    right, wrong, said = SECOND_PROOFS[flaw]
    assert right in WHOLE
    with pytest.raises(BadSystemFile) as caught:
        read(tmp_path, WHOLE.replace(right, wrong))
    assert said in str(caught.value)
    assert line_of(str(caught.value)) == WHOLE.count("\n", 0, WHOLE.index(SECOND)) + 1


def test_wherever_passwords_open_the_accounts_of_reviewers_a_second_proof_is_asked():
    for system in read_system_files().values():
        reviewed_by_password = "password" in system.sign_in and (
            system.reviewing_kinds() or system.reviewing_roles()
        )
        assert bool(system.second_proof) == bool(reviewed_by_password), system.key


@pytest.mark.parametrize("key", ["title", "short", "zone", "review", "unit_kind", "account_kind"])
def test_what_is_missing_is_named(tmp_path, key):
    table = tomllib.loads(WHOLE)
    del table[key]
    with pytest.raises(BadSystemFile) as caught:
        _Reader("sixth.toml", WHOLE.splitlines()).build(InformationSystem, {"key": "sixth", **table}, "")
    assert str(caught.value) == f"sixth.toml, line 1: {key} is missing; add it"


def test_a_password_needs_a_rule_and_a_card_does_not(tmp_path):
    start, end = SMALL.index("[password]"), SMALL.index("[review]")
    ruleless = SMALL[:start] + SMALL[end:]
    with pytest.raises(BadSystemFile, match=r"sixth\.toml, line 1: password is missing; add it"):
        read(tmp_path, ruleless)
    ruleless = ruleless.replace('second_proof = ["card", "authenticator"]\n', "")
    assert read(tmp_path, ruleless.replace('["password", "card"]', '["card"]')).sign_in == ("card",)


@pytest.mark.parametrize("type", {**NEEDED, **NEEDED_FOR_PASSWORD})
def test_an_application_without_what_all_of_them_need(tmp_path, type):
    other = WHOLE.replace(f'type = "{type}"', 'type = "phone"')
    with pytest.raises(BadSystemFile) as caught:
        read(tmp_path, other)
    assert f"no field of type '{type}'; every application needs one" in str(caught.value)
    assert "[[step]]" in other.splitlines()[line_of(str(caught.value)) - 1]


def test_an_application_without_a_notice(tmp_path):
    notice = WHOLE.index("[notice]")
    with pytest.raises(BadSystemFile, match=r"there is no \[notice\]; add one"):
        read(tmp_path, WHOLE[:notice] + WHOLE[WHOLE.index("[[step]]") :])


def test_a_text_for_a_table(tmp_path):
    flawed = 'review = "unit"\n' + SMALL.replace("[review]", "[other]")
    with pytest.raises(BadSystemFile, match="other is not known"):
        read(tmp_path, flawed)
    with pytest.raises(BadSystemFile, match=r"sixth\.toml, line 1: review must be a table"):
        read(tmp_path, re.sub(r"(?s)\[other\].*?\n\n", "", flawed))


def test_a_file_that_is_no_text(tmp_path):
    file = tmp_path / "sixth.toml"
    file.write_bytes(b'# a\ntitle = "' + "環境部".encode("big5") + b'"\n')
    with pytest.raises(BadSystemFile, match=r"sixth\.toml, line 2: not UTF-8; save the file as UTF-8"):
        read_system_file(file)


def test_an_empty_file(tmp_path):
    with pytest.raises(BadSystemFile, match=r"sixth\.toml, line 1: title is missing; add it"):
        read(tmp_path, "")


@pytest.mark.parametrize("text", [WHOLE, SMALL], ids=["whole", "small"])
def test_a_sixth_system_is_a_file_and_no_code(tmp_path, text):
    system = read(tmp_path, text.replace("生活廢棄物質管理資訊系統", "第六系統"))
    assert system.key == "sixth"


def test_all_files_of_a_folder_are_read_by_name(tmp_path):
    for name in ("b", "a"):
        (tmp_path / f"{name}.toml").write_text(SMALL, encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not a system")
    assert list(read_system_files(tmp_path)) == ["a", "b"]
    assert set(read_system_files()) >= {"hwms", "portal"}


def test_a_wrong_file_stops_the_start(tmp_path, monkeypatch):
    from portal import create_app
    from portal.store import system_files
    from portal.usecases.read_systems import systems
    from tests.rig.settings import TEST_SETTINGS

    (tmp_path / "wrong.toml").write_text("title = 3\n")
    monkeypatch.setattr(system_files.read_system_files, "__defaults__", (tmp_path,))
    systems.cache_clear()
    try:
        with pytest.raises(BadSystemFile, match=r"wrong\.toml, line 1"):
            create_app(**{**TEST_SETTINGS, "INSTANCE_PATH": str(tmp_path)})
    finally:
        systems.cache_clear()
