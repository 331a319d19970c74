"""Mail 認證: the link proves the address once; the letter again; withdrawal."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.domain.account import Account, AccountState
from portal.domain.application import Application, ApplicationState
from portal.domain.audit import AuditEvent, EventType
from portal.domain.counter import LETTERS_BY_ADDRESS
from portal.domain.one_time_token import OneTimeToken, TokenPurpose
from portal.domain.proof import Proof, ProofState
from portal.store.database import read
from portal.usecases.apply.apply_for_account import apply_for_account
from portal.usecases.apply.prove_email import (
    ADDRESS_LIMITED,
    NETWORK_LIMITED,
    BadLink,
    ask_verification,
    open_link,
    prove_email,
    resend_verification,
    withdraw_application,
)
from portal.usecases.entry.reset_password import ask_reset
from tests.rig.acts import DESK, HWMS, letters_to, link_in, more_rows, newest_link, row_counts, submission
from tests.rig.people import circumstance
from tests.rig.refusals import refusal_of
from tests.rig.threads import together

ADDRESS = "fox@example.com"
WEEK = timedelta(days=7)
MOMENT = timedelta(microseconds=1)
JUNK = [
    "",
    ".",
    "x",
    "a.b",
    "\0",
    "狐",
    "a" * 5000,
    "../../etc/passwd",
    "' or 1=1 --",
    "%00",
    "\ud800",
    "x.y.z",
]


@pytest.fixture
def applied(app):
    """An application just sent: the circumstance of its letter, and its link."""
    at = circumstance(app)
    with app.app_context():
        apply_for_account(HWMS, submission(), at)
        yield at, newest_link(ADDRESS, "verify-email", at)


def later(app, at, by: timedelta):
    return circumstance(app, now=at.now + by)


def account() -> Account:
    read().rollback()
    return read().scalars(select(Account)).one()


def reason(act, *arguments) -> str:
    refusal = refusal_of(act, *arguments)
    assert isinstance(refusal, BadLink)
    return refusal.reason


def test_the_button_proves_the_address(app, applied):
    at, link = applied
    proved = prove_email(HWMS, link, later(app, at, WEEK - MOMENT))
    assert (proved.account_name, proved.active, proved.outstanding) == ("fox", False, ("review",))
    proof = read().scalars(select(Proof)).one()
    assert (proof.state, proof.proved_at) == (ProofState.PROVEN, at.now + WEEK - MOMENT)
    assert account().state is AccountState.PENDING


def test_looking_at_a_link_changes_nothing(app, applied):
    at, link = applied
    before = row_counts()
    for _ in range(3):
        assert open_link(link, at).account_name == "fox"
    assert more_rows(before) == {}
    assert read().scalars(select(OneTimeToken.used_at)).one() is None


def test_a_link_works_once(app, applied):
    at, link = applied
    prove_email(HWMS, link, at)
    for act in (lambda: prove_email(HWMS, link, at), lambda: open_link(link, at)):
        assert reason(act) == "used"
    assert refusal_of(withdraw_application, HWMS, link, at).code == "link-used"


def test_eight_at_once_prove_it_once(app, applied):
    at, link = applied
    answers = together(app, lambda _: prove_email(HWMS, link, at), range(8))
    assert sum(not isinstance(answer, BadLink) for answer in answers) == 1
    assert {answer.reason for answer in answers if isinstance(answer, BadLink)} == {"used"}
    read().rollback()
    proved = select(AuditEvent).where(AuditEvent.type == EventType.EMAIL_PROVED)
    assert len(read().scalars(proved).all()) == 1


def test_late_is_late(app, applied):
    at, link = applied
    assert reason(open_link, link, later(app, at, WEEK)) == "late"
    assert reason(prove_email, HWMS, link, later(app, at, WEEK)) == "late"
    assert account().state is AccountState.PENDING


def test_a_newer_letter_supersedes_and_says_so(app, applied):
    at, link = applied
    ask_verification(HWMS, ADDRESS, at)
    assert reason(prove_email, HWMS, link, at) == "superseded"
    prove_email(HWMS, newest_link(ADDRESS, "verify-email", at), at)


def test_what_is_no_link(app, applied):
    at, _ = applied
    for text in JUNK:
        for act in (open_link, lambda junk, at: prove_email(HWMS, junk, at)):
            refusal = refusal_of(act, text, at)
            assert (refusal.reason, refusal.status) == ("forged", 404), ascii(text)


def test_a_link_made_with_another_key_or_cut_short(app, make_app, applied):
    at, link = applied
    stranger = make_app(SECRET_KEY="another key, of somebody who knows the table only")
    forged = link_in(letters_to(ADDRESS)[0], circumstance(stranger))
    for text in (forged, link[:-1], link.partition(".")[0]):
        assert reason(prove_email, HWMS, text, at) == "forged"


def test_a_link_of_another_purpose_opens_nothing(app, applied):
    at, link = applied
    ask_reset(HWMS, ADDRESS, at)
    reset = newest_link(ADDRESS, "reset-password", at)
    assert reason(prove_email, HWMS, reset, at) == "forged"
    assert reason(withdraw_application, HWMS, reset, at) == "forged"
    assert open_link(reset, at).purpose is TokenPurpose.RESET_PASSWORD
    prove_email(HWMS, link, at)


def test_a_link_of_another_system_proves_nothing_and_is_not_used_up(app, applied):
    at, link = applied
    assert reason(prove_email, DESK, link, at) in {"used", "forged"}
    prove_email(HWMS, link, at)


def test_withdrawal_ends_the_account_and_the_application(app, applied):
    at, link = applied
    assert withdraw_application(HWMS, link, at) == "fox"
    assert account().state is AccountState.ENDED
    assert read().scalars(select(Application.state)).one() is ApplicationState.WITHDRAWN
    assert reason(prove_email, HWMS, link, at) == "used"
    apply_for_account(HWMS, submission(nonce="again"), at)
    names = read().scalars(select(Account.name).order_by(Account.id)).all()
    assert names == ["fox", "fox01"], "a name is never given again"


def test_withdrawal_and_proof_at_once_do_one_of_the_two(app, applied):
    at, link = applied
    acts = [prove_email, withdraw_application] * 4
    answers = together(app, lambda act: act(HWMS, link, at), acts)
    assert sum(not isinstance(answer, Exception) for answer in answers) == 1
    state = account().state
    assert state in {AccountState.PENDING, AccountState.ENDED}
    proved = read().scalars(select(Proof.state)).one() is ProofState.PROVEN
    assert proved == (state is AccountState.PENDING)


def test_an_account_in_use_is_not_withdrawn(app, make_person):
    make_person("fox", state="reviewed")
    at = circumstance(app)
    with app.app_context():
        link = newest_link(ADDRESS, "verify-email", at)
        prove_email(HWMS, link, at)
        assert account().state is AccountState.ACTIVE
        assert reason(withdraw_application, HWMS, link, at) == "used"


def test_the_letter_again_for_every_waiting_account_of_the_address(app, applied):
    at, _ = applied
    apply_for_account(HWMS, submission(nonce="second"), at)
    prove_email(HWMS, newest_link(ADDRESS, "verify-email", at), at)
    apply_for_account(HWMS, submission(nonce="third"), at)
    before = len(letters_to(ADDRESS))
    ask_verification(HWMS, " Ｆｏｘ@EXAMPLE.com ", at)
    again = letters_to(ADDRESS)[before:]
    assert [letter.context["account_name"] for letter in again] == ["fox", "fox02"], (
        "not the one proved already"
    )


def test_three_letters_an_hour_to_one_address_whoever_asks(app, applied):
    at, _ = applied
    for number in range(6):
        ask_verification(HWMS, ADDRESS, later(app, at, number * MOMENT))
    assert len(letters_to(ADDRESS)) == 1 + 3
    ask_verification(HWMS, ADDRESS, later(app, at, timedelta(hours=1, seconds=1)))
    assert len(letters_to(ADDRESS)) == 1 + 4


def test_on_the_receipt_page_the_limit_is_told(app, applied):
    at, _ = applied
    public_id = read().scalars(select(Application.public_id)).one()
    for _ in range(3):
        resend_verification(HWMS, public_id, at)
    refusal = refusal_of(resend_verification, HWMS, public_id, at)
    assert (refusal.status, refusal.sentence) == (429, ADDRESS_LIMITED)
    assert len(letters_to(ADDRESS)) == 4


def test_a_network_that_asked_for_too_many_letters_is_told_so_and_not_the_address(app, applied):
    at, _ = applied
    public_id = read().scalars(select(Application.public_id)).one()
    for number in range(LETTERS_BY_ADDRESS.times):
        ask_verification(HWMS, f"other{number}@example.com", at)
    refusal = refusal_of(resend_verification, HWMS, public_id, at)
    assert (refusal.status, refusal.sentence) == (429, NETWORK_LIMITED)
    for _ in range(3):
        ask_verification(HWMS, ADDRESS, at)
        resend_verification(HWMS, public_id, circumstance(app))
    assert len(letters_to(ADDRESS)) == 1 + 3, "what a network may not ask for costs the address nothing"


def test_on_the_receipt_page_nothing_is_sent_that_makes_no_sense(app, applied):
    at, link = applied
    public_id = read().scalars(select(Application.public_id)).one()
    assert refusal_of(resend_verification, HWMS, "nobody", at).status == 404
    assert refusal_of(resend_verification, DESK, public_id, at).status in {404, 409}
    prove_email(HWMS, link, at)
    assert refusal_of(resend_verification, HWMS, public_id, at).status == 422
    assert len(letters_to(ADDRESS)) == 1
