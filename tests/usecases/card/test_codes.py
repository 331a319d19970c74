"""輸入驗證碼: five tries, fifteen minutes, one browser, one winner."""

from __future__ import annotations

from datetime import timedelta

from portal.domain.audit import EventType
from portal.domain.card_claim import CODES_BY_CLAIM
from portal.domain.counter import CODES_BY_ADDRESSEE
from portal.domain.one_time_token import TOKEN_LIFE, TokenPurpose
from portal.domain.refusal import Refusal
from portal.store.accounts import locked
from portal.store.database import write
from portal.usecases.card.claim_card import claim_card, confirm_claim, mail_code_again
from portal.usecases.entry.sign_in import SignedIn
from tests.rig.acts import HWMS, letters_to
from tests.rig.authority import NOON
from tests.rig.card_acts import BROWSER, all_bindings, events, presented
from tests.rig.card_holders import claim, holder_of_card, newest_code, present, type_code
from tests.rig.people import circumstance
from tests.rig.refusals import outcome
from tests.rig.smis import SMIS
from tests.rig.threads import together

LIFE = TOKEN_LIFE[TokenPurpose.BIND_CARD]
MOMENT = timedelta(microseconds=1)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**8:08}"


def test_the_code_as_people_type_it(at, clover, card):
    claim_id = claim(card, at)
    code = newest_code(clover.email, at)
    wide = code.translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)})
    assert type_code(claim_id, f"　{wide[:4]} {wide[4:]}\n", at).token


def test_what_is_no_code_costs_no_try(at, clover, card):
    claim_id = claim(card, at)
    for typed in ("", "1234567", "123456789", "一二三四五六七八", "１２３４５６７a", "²²²²²²²²", "x" * 5000):
        assert outcome(type_code, claim_id, typed, at).field == "code"
    assert type_code(claim_id, newest_code(clover.email, at), at).token


def test_five_wrong_codes_end_the_claim(at, clover, card):
    claim_id, code = claim(card, at), newest_code(clover.email, at)
    for left in range(CODES_BY_CLAIM.times - 1, 0, -1):
        refusal = outcome(type_code, claim_id, wrong(code), at)
        assert (refusal.field, refusal.code) == ("code", "code-wrong")
        assert f"還可以再試 {left} 次" in refusal.sentence
    assert "輸入錯誤 5 次" in outcome(type_code, claim_id, wrong(code), at).sentence
    assert outcome(type_code, claim_id, code, at).code == "claim-over", "even the right one"
    assert outcome(mail_code_again, SMIS, claim_id, BROWSER, at).code == "claim-over"
    assert all_bindings() == []
    refused, claimed = events(EventType.CARD_REFUSED), events(EventType.CARD_CLAIMED)[0].details
    assert [event.details["code"] for event in refused] == ["code-wrong"] * CODES_BY_CLAIM.times
    assert all(event.details == {**claimed, "code": "code-wrong"} for event in refused), "of which card"


def test_the_last_try_may_be_the_right_one(at, clover, card):
    claim_id, code = claim(card, at), newest_code(clover.email, at)
    for _ in range(CODES_BY_CLAIM.times - 1):
        outcome(type_code, claim_id, wrong(code), at)
    assert type_code(claim_id, code, at).token


def test_parallel_guesses_stay_within_the_limit(app, at, clover, card):
    claim_id, code = claim(card, at), newest_code(clover.email, at)
    guesses = [wrong(code)] * 8
    answers = together(app, lambda guess: type_code(claim_id, guess, circumstance(app, NOON)), guesses)
    assert sorted(answer.code for answer in answers) == ["claim-over"] * 4 + ["code-wrong"] * 4
    assert outcome(type_code, claim_id, code, at).code == "claim-over"


def test_of_eight_at_once_one_binds(app, at, clover, card):
    claim_id, code = claim(card, at), newest_code(clover.email, at)
    answers = together(app, lambda typed: type_code(claim_id, typed, circumstance(app, NOON)), [code] * 8)
    assert sum(isinstance(answer, SignedIn) for answer in answers) == 1
    assert {answer.code for answer in answers if not isinstance(answer, SignedIn)} == {"claim-over"}
    assert len(all_bindings()) == len(letters_to(clover.email, "certificate-bound")) == 1


def test_fifteen_minutes_to_the_moment(app, at, clover, card):
    claim_id, code = claim(card, at), newest_code(clover.email, at)
    assert outcome(type_code, claim_id, code, circumstance(app, NOON + LIFE)).code == "claim-over"
    assert type_code(claim_id, code, circumstance(app, NOON + LIFE - MOMENT)).token


def test_a_code_counts_in_the_browser_that_held_the_card(at, clover, card):
    claim_id, code = claim(card, at), newest_code(clover.email, at)
    for system, browser in ((SMIS, "another browser"), (HWMS, BROWSER)):
        assert outcome(confirm_claim, system, claim_id, code, browser, at).code == "claim-over"
    assert type_code(claim_id, code, at).token


def test_a_newer_claim_and_a_newer_letter_supersede(at, clover, card):
    first, old = claim(card, at), newest_code(clover.email, at)
    second = claim(card, at, "another browser")
    assert outcome(type_code, first, old, at).code == "claim-over"
    code = newest_code(clover.email, at)
    mail_code_again(SMIS, second, "another browser", at)
    assert outcome(type_code, second, code, at, "another browser").code == "code-wrong"
    assert type_code(second, newest_code(clover.email, at), at, "another browser").token


def test_three_letters_an_hour(app, at, clover, card):
    claim_id = claim(card, at)
    for _ in range(2):
        mail_code_again(SMIS, claim_id, BROWSER, at)
    assert outcome(mail_code_again, SMIS, claim_id, BROWSER, at).status == 429
    refusal = outcome(present, card, at)
    assert (refusal.status, refusal.code) == (429, "claim-letters")
    assert type_code(claim_id, newest_code(clover.email, at), at).token
    assert len(letters_to(clover.email, "card-code")) == 3


def test_people_who_share_a_mailbox_leave_each_other_their_codes(app, at):
    """Three for each of them, and a wider limit for the mailbox, which anybody may have named."""
    people = [holder_of_card(app, f"nurse{n}", nth=n) for n in range(11)]

    def ask(person) -> str | Refusal:
        with write() as session:
            account = locked(session, person.row)
            account.email, account.email_key = "clinic@example.com", "clinic@example.com"
            return claim_card(session, SMIS, presented(), [account], BROWSER, at)

    answers = [[isinstance(ask(person), str) for _ in range(4)] for person in people]
    assert answers == [[True, True, True, False]] * 10 + [[False] * 4]
    assert len(letters_to("clinic@example.com", "card-code")) == CODES_BY_ADDRESSEE.times
