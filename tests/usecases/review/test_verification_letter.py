"""發送認證信 by an administrator: few to one address, and not those of the network."""

from __future__ import annotations

from portal.domain.counter import LETTERS_BY_ADDRESS
from portal.domain.refusal import Refusal
from portal.usecases.apply.prove_email import ask_verification
from portal.usecases.review.decide_account import send_verification_letter
from tests.rig.acts import HWMS, acting, letters_to
from tests.rig.refusals import refusal_of


def test_the_letter_again_from_an_administrator(app, make_person):
    boss = make_person("boss", kind="unit-administrator")
    person, proved = make_person("fox", state="waiting"), make_person("proved", state="proved")
    with app.app_context():
        at = acting(app, boss)
        for _ in range(3):
            assert send_verification_letter(HWMS, person.account_id, at).done
        refusal = refusal_of(send_verification_letter, HWMS, person.account_id, at)
        assert refusal.status == 429
        assert len(letters_to(person.email, "verify-email")) == 4
        assert isinstance(refusal_of(send_verification_letter, HWMS, proved.account_id, at), Refusal)
        assert len(letters_to(proved.email, "verify-email")) == 1


def test_an_administrators_letters_are_not_those_of_the_network(app, make_person):
    boss = make_person("boss", kind="unit-administrator")
    fox = make_person("fox", state="waiting")
    with app.app_context():
        at = acting(app, boss)
        for number in range(LETTERS_BY_ADDRESS.times + 1):
            ask_verification(HWMS, f"other{number}@example.com", at)
        assert send_verification_letter(HWMS, fox.account_id, at).done
