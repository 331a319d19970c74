"""People of SMIS with cards: a card's name and last digits fit its holder, and the code is read from the outbox."""

from __future__ import annotations

from typing import Any, Final

from flask import Flask

from portal.domain.actor import Circumstance
from portal.domain.card_challenge import CardPurpose
from portal.domain.one_time_token import code_text
from portal.domain.personal_number import has_check_digit
from portal.usecases.card.prove_holder import ProvedHolder, prove_holder
from portal.usecases.card.sign_in_with_card import CodeMailed, sign_in_with_card, sign_in_with_code
from portal.usecases.entry.sign_in import SignedIn
from tests.rig.acts import letters_to
from tests.rig.authority import NOON
from tests.rig.card_acts import BROWSER, asked
from tests.rig.card_answers import Card
from tests.rig.smis import SMIS, SmisPerson, smis_person

HOLDER: Final = "王小明"
LAST_FOUR: Final = "6789"
"""Name and digits of the usual card, `tree.card()`."""


def number_ending(last_four: str = LAST_FOUR, nth: int = 0) -> str:
    """A 身分證字號 with these last digits; `nth`: another one."""
    found = (f"A1{n:04d}{last_four}" for n in range(10_000))
    return [number for number in found if has_check_digit(number)][nth]


def holder_of_card(app: Flask, name: str = "clover", nth: int = 0, **details: Any) -> SmisPerson:
    """Somebody of SMIS whom the usual card fits; namesakes differ by `nth`."""
    usual = {"holder": HOLDER, "number": number_ending(nth=nth), "now": NOON}
    return smis_person(app, name, **{**usual, **details})


def present(card: Card, at: Circumstance, browser: str = BROWSER) -> SignedIn | CodeMailed:
    """登入 of SMIS with a card; raises `Refusal`."""
    signed = asked(card, CardPurpose.SIGN_IN, at, browser, SMIS)
    return sign_in_with_card(SMIS, signed, browser, at)


def claim(card: Card, at: Circumstance, browser: str = BROWSER) -> str:
    """The id of the claim that such a sign-in made."""
    mailed = present(card, at, browser)
    assert isinstance(mailed, CodeMailed)
    return mailed.claim_id


def prove(card: Card, person: SmisPerson, at: Circumstance, browser: str = BROWSER) -> ProvedHolder | str:
    """身分驗證 of an applicant with a card; raises `Refusal`."""
    signed = asked(card, CardPurpose.STEP_UP, at, browser, SMIS)
    return prove_holder(SMIS, person.row, signed, browser, at)


def newest_code(address: str, at: Circumstance) -> str:
    """The eight digits in the newest letter to somebody."""
    token_id = letters_to(address, "card-code")[-1].token_id
    assert token_id
    return code_text(at.settings.key("one-time-token"), token_id)


def type_code(claim_id: str, typed: str, at: Circumstance, browser: str = BROWSER) -> SignedIn:
    """輸入驗證碼; raises `Refusal`."""
    return sign_in_with_code(SMIS, claim_id, typed, browser, at)


def enter_first(card: Card, person: SmisPerson, at: Circumstance) -> SignedIn:
    """Sign in with a first card, and the code of the letter."""
    return type_code(claim(card, at), newest_code(person.email, at), at)
