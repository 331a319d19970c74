"""What the bridge signs, and with which card: challenges alone, and the last try only with a word."""

from __future__ import annotations

import base64

import pytest

from portal.bridge.codes import LastError, Ret
from tests.bridge.asking import PIN, READER, body, challenge, headers, sign
from tests.bridge.shape import opened
from tests.rig.cards import issued
from tests.rig.cards.bridges import ALLOWED, Bridge
from tests.rig.cards.demo import DemoFolder
from tests.rig.cards.popup import ask, send


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"tbs": "I owe you a million"}, Ret.BAD_PARAMETER),
        ({"tbs": ""}, Ret.BAD_PARAMETER),
        ({"tbs": "cardauth.v1."}, Ret.BAD_PARAMETER),
        ({"tbs": "cardauth.v2.abc"}, Ret.BAD_PARAMETER),
        ({"tbs": "xcardauth.v1.abc"}, Ret.BAD_PARAMETER),
        ({"tbs": "cardauth.v1.abc\nI owe you"}, Ret.BAD_PARAMETER),
        ({"tbs": "cardauth.v1.abc I owe you"}, Ret.BAD_PARAMETER),
        ({"tbs": base64.b64encode(b"I owe you").decode(), "tbsEncoding": "base64"}, Ret.BAD_PARAMETER),
        ({"tbs": challenge(aud="https://other.example")}, Ret.BAD_PARAMETER),
        ({"tbsEncoding": "hex"}, Ret.BAD_PARAMETER),
        ({"hashAlgorithm": "SHA1"}, Ret.BAD_PARAMETER),
        ({"nonce": "xyz"}, Ret.BAD_PARAMETER),
        ({"keyidb64": "!"}, Ret.BAD_PARAMETER),
        ({"signatureType": "RAW"}, Ret.UNSUPPORTED),
        ({"keyidb64": base64.b64encode(b"other").decode()}, Ret.NO_KEY),
        ({"slotDescription": "no such reader"}, Ret.NO_READER),
    ],
)
def test_nothing_but_a_challenge_is_signed(bridge: Bridge, fields: dict[str, str], code: Ret) -> None:
    answer = sign(bridge, **fields)
    assert answer["ret_code"] == code
    assert "signature" not in answer


def test_a_challenge_for_this_site_is_signed(bridge: Bridge) -> None:
    for tbs in (challenge(aud=ALLOWED), "cardauth.v1.not-json"):
        assert opened(sign(bridge, tbs=tbs)).content == tbs.encode()
    encoded = base64.b64encode(challenge().encode()).decode()
    assert opened(sign(bridge, tbs=encoded, tbsEncoding="base64")).content == challenge().encode()


def test_what_does_not_exist_is_absent(bridge: Bridge) -> None:
    absent = "__NotExistedTag__"
    names = (
        "nonce",
        "withCardSN",
        "slotDescription",
        "keyidb64",
        "checkValidity",
        "hashAlgorithm",
        "signatureType",
    )
    assert set(opened(sign(bridge, **dict.fromkeys(names, absent))).attributes) == {
        "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4", "1.2.840.113549.1.9.5",
    }  # fmt: skip
    assert sign(bridge, pin=absent)["ret_code"] == Ret.NO_PIN


@pytest.mark.parametrize(("kind", "code"), [("old", Ret.EXPIRED), ("new", Ret.NOT_YET_VALID)])
def test_validity_is_checked_when_asked_for(bridge: Bridge, folder: DemoFolder, kind: str, code: Ret) -> None:
    folder.put(READER, issued.signing(kind), PIN)
    assert sign(bridge, checkValidity="true")["ret_code"] == code
    assert sign(bridge)["ret_code"] == 0


def test_the_last_try_needs_a_word(bridge: Bridge, folder: DemoFolder) -> None:
    for _ in range(2):
        sign(bridge, pin="wrong pin")
    answer = sign(bridge)
    assert (answer["ret_code"], answer["last_error"]) == (Ret.CANCELLED, LastError.ONE_TRY_LEFT)
    told = send(f"{bridge.url}/prepare", body(pin=""), headers(bridge))[1]
    assert (told["triesLeft"], told["holder"], told["reader"]) == (1, "王小明", READER)
    assert sign(bridge, lastTryConfirmed="true")["ret_code"] == 0
    assert not (folder.path / READER / "tries-left").exists()


def test_a_broken_card_is_unknown(bridge: Bridge, folder: DemoFolder) -> None:
    (folder.path / READER / "certificate.pem").write_text("nothing")
    told = ask(bridge.url, "GetUserCert")
    assert [slot["token"] for slot in told["slots"]] == ["unknown token"]
    assert sign(bridge)["ret_code"] == Ret.NO_SESSION
