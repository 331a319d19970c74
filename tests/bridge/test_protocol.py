"""One suite for every component a page may meet: the bridge over each kind of card, and the official double."""

from __future__ import annotations

import base64
import json

import pytest

from portal.bridge.codes import LastError, Ret
from tests.bridge.shape import check, opened
from tests.rig.cards import issued
from tests.rig.cards.piv import GENERAL_AUTHENTICATE, PivCard
from tests.rig.cards.stands import PivStand, Stand, StandMaker

pytestmark = pytest.mark.card

CHALLENGE = "cardauth.v1." + base64.urlsafe_b64encode(json.dumps({"op": "login"}).encode()).decode().rstrip(
    "="
)
EVERYBODY = pytest.mark.parametrize("stand", ["piv", "softhsm", "demo", "official"], indirect=True)
WITH_CARDS = pytest.mark.parametrize("stand", ["piv", "demo", "official"], indirect=True)
PINS = ["a+b%41&", "密碼12", "p w=d#1", "100%sure", "'()*!~.-"]


@pytest.fixture
def stand(request: pytest.FixtureRequest, stands: StandMaker) -> Stand:
    return stands.get(request.param)


def sign(stand: Stand, pin: str | None = None, **more: str) -> dict[str, object]:
    usual = {
        "tbs": CHALLENGE, "tbsEncoding": "NONE", "hashAlgorithm": "SHA256", "signatureType": "PKCS7",
        "pin": stand.pin if pin is None else pin,
    }  # fmt: skip
    return stand.ask("MakeSignature", **{**usual, **more})


def wrong(stand: Stand, pin: str = "000000", **more: str) -> tuple[object, object]:
    answer = sign(stand, pin, **more)
    assert answer["func"] == "sign"
    return answer["ret_code"], answer["last_error"]


@EVERYBODY
def test_the_environment_is_told_without_certificates(stand: Stand) -> None:
    told = stand.ask("CheckEnvir")
    assert (told["func"], told["ret_code"]) == ("pkcs11info", 0)
    token = next(slot["token"] for slot in told["slots"] if slot["token"])
    assert token["certs"] == []
    assert token["serialNumber"]
    assert all(name in told for name in ("serverVersion", "libraryVersion", "libraryDescription"))


@EVERYBODY
def test_the_certificate_is_told_on_request(stand: Stand) -> None:
    told = stand.ask("GetUserCert")
    certificates = next(slot["token"]["certs"] for slot in told["slots"] if slot["token"])
    (signing,) = [found for found in certificates if found["label"] == "cert1"]
    assert signing["subjectCN"] == "王小明"
    assert signing["usage"] == "digitalSignature"
    assert signing["notAfter"].endswith("Z")
    assert isinstance(signing["notAfterT"], int)
    assert base64.b64decode(signing["certb64"]) in (issued.signing().der, issued.signing("ec").der)


@EVERYBODY
def test_a_challenge_is_signed_in_the_official_shape(stand: Stand) -> None:
    seen = opened(sign(stand))
    assert seen.content == CHALLENGE.encode()
    assert seen.hash_name == "sha256"
    assert not {"2.16.886.1.100.2.204", "1.2.840.113549.1.9.25.3"} & set(seen.attributes)


@EVERYBODY
def test_card_number_and_nonce_are_signed_when_asked_for(stand: Stand) -> None:
    answer = sign(stand, withCardSN="true", nonce="00ff10")
    seen = opened(answer)
    (number,) = seen.attributes["2.16.886.1.100.2.204"].native
    (nonce,) = seen.attributes["1.2.840.113549.1.9.25.3"].native
    assert (number, nonce) == (answer["cardSN"], b"\x00\xff\x10")
    assert number


@EVERYBODY
@pytest.mark.parametrize("algorithm", ["SHA384", "SHA512"])
def test_longer_digests(stand: Stand, algorithm: str) -> None:
    assert opened(sign(stand, hashAlgorithm=algorithm)).hash_name == algorithm.lower()


@EVERYBODY
def test_a_bare_signature(stand: Stand) -> None:
    answer = sign(stand, signatureType="PKCS1")
    assert answer["ret_code"] == 0
    check(str(answer["certb64"]), base64.b64decode(str(answer["signature"])), CHALLENGE.encode())


@WITH_CARDS
def test_a_wrong_pin_counts_down_to_the_lock(stand: Stand) -> None:
    login_failed = Ret.LOGIN_FAILED.value
    assert wrong(stand) == (login_failed, LastError.TWO_TRIES_LEFT)
    assert wrong(stand) == (login_failed, LastError.ONE_TRY_LEFT)
    assert wrong(stand, lastTryConfirmed="true") == (login_failed, LastError.PIN_LOCKED)
    assert wrong(stand, stand.pin) == (login_failed, LastError.PIN_LOCKED)


@pytest.mark.parametrize("stand", ["softhsm"], indirect=True)
def test_without_a_known_number_of_tries_none_is_claimed(stand: Stand) -> None:
    assert wrong(stand) == (Ret.LOGIN_FAILED, LastError.PIN_WRONG)
    assert opened(sign(stand)).content == CHALLENGE.encode()


@WITH_CARDS
def test_the_right_pin_gives_all_tries_back(stand: Stand) -> None:
    wrong(stand)
    opened(sign(stand))
    assert wrong(stand) == (Ret.LOGIN_FAILED, LastError.TWO_TRIES_LEFT)


@WITH_CARDS
def test_a_pin_of_impossible_length_costs_no_try(stand: Stand) -> None:
    assert wrong(stand, "1") == (Ret.LOGIN_FAILED, LastError.PIN_LENGTH)
    assert wrong(stand) == (Ret.LOGIN_FAILED, LastError.TWO_TRIES_LEFT)


@EVERYBODY
def test_no_pin(stand: Stand) -> None:
    assert sign(stand, "")["ret_code"] == Ret.NO_PIN


@WITH_CARDS
@pytest.mark.parametrize("pin", PINS)
def test_a_pin_arrives_as_it_was_typed(stand: Stand, pin: str) -> None:
    stand.set_pin(pin)
    assert sign(stand, pin)["ret_code"] == 0


@WITH_CARDS
def test_an_empty_reader(stand: Stand) -> None:
    stand.remove()
    told = stand.ask("GetUserCert")
    assert [slot["token"] for slot in told["slots"]] == [None, None]
    assert sign(stand)["ret_code"] == Ret.NO_CARD


@WITH_CARDS
def test_a_card_for_encryption_only(stand: Stand) -> None:
    stand.put(None, issued.encryption())
    assert sign(stand)["ret_code"] == Ret.NO_CERTIFICATE


@WITH_CARDS
def test_two_readers(stand: Stand) -> None:
    other = issued.signing("old")
    stand.put(other, place=1)
    told = stand.ask("CheckEnvir")
    assert [slot["slotDescription"] for slot in told["slots"]] == list(stand.readers)
    assert opened(sign(stand)).certificate == issued.signing().der
    assert opened(sign(stand, slotDescription=stand.readers[1])).certificate == other.der
    stand.remove()
    assert sign(stand, slotDescription=stand.readers[0])["ret_code"] == Ret.NO_CARD
    assert opened(sign(stand)).certificate == other.der, "without a name, the first reader with a card"


@pytest.mark.parametrize("stand", ["piv"], indirect=True)
def test_a_card_pulled_out_while_it_signs(stand: Stand) -> None:
    assert isinstance(stand, PivStand)
    card = stand.cards[0]
    assert card
    card.leave_at = GENERAL_AUTHENTICATE
    assert sign(stand)["ret_code"] == Ret.NO_CARD
    assert sign(stand)["ret_code"] == Ret.NO_CARD


@pytest.mark.parametrize("stand", ["piv"], indirect=True)
def test_a_card_that_nobody_knows(stand: Stand) -> None:
    assert isinstance(stand, PivStand)
    stand.remove()
    stand.pcscd.readers[0].insert(PivCard(silent=True))
    told = stand.bridge.until(lambda state: any(slot["token"] for slot in state["slots"]))
    assert [slot["token"] for slot in told["slots"]] == ["unknown token", None]
    assert sign(stand)["ret_code"] == Ret.NO_SESSION
    stand.remove()
