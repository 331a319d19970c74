"""Whatever people do at the same moment, nobody waits for somebody who waits for them."""

from __future__ import annotations

import pytest

from portal.domain.refusal import Refusal
from portal.store.audit_events import broken_links
from portal.store.counters import take
from portal.store.database import read
from portal.usecases.apply.apply_for_account import apply_for_account
from portal.usecases.apply.prove_email import ask_verification, prove_email, resend_verification
from portal.usecases.entry.reset_password import ask_reset, change_password, reset_password
from portal.usecases.entry.sign_in import actor_of, sign_in, sign_out
from portal.usecases.review.decide_account import activate_account, delete_account, send_verification_letter
from tests.rig.acts import HWMS, OTHER_PASSWORD, PASSWORD, acting, newest_link, signed_in, submission
from tests.rig.people import circumstance
from tests.rig.threads import together

ROUNDS = 6


@pytest.fixture
def everybody(app, make_person, monkeypatch):
    """Sixteen acts that touch the same accounts, the same address and the same network."""
    monkeypatch.setattr("portal.usecases.post_letter.take", lambda *arguments: take(*arguments) or True)
    fox = make_person("fox", state="waiting")
    wolf = make_person("wolf")
    boss = make_person("boss", kind="unit-administrator")
    with app.app_context():
        here = acting(app, boss)
        token = signed_in(app, wolf).token
        actor = actor_of(token, here)
        at = circumstance(app)
        prove = newest_link(fox.email, "verify-email", at)
        ask_reset(HWMS, wolf.email, at)
        reset = newest_link(wolf.email, "reset-password", at)
    as_wolf = circumstance(app, actor=actor)
    return [
        lambda: ask_verification(HWMS, fox.email, here),
        lambda: resend_verification(HWMS, fox.application_id, here),
        lambda: send_verification_letter(HWMS, fox.account_id, here),
        lambda: ask_verification(HWMS, fox.email, here),
        lambda: send_verification_letter(HWMS, fox.account_id, here),
        lambda: ask_reset(HWMS, fox.email, here),
        lambda: prove_email(HWMS, prove, here),
        lambda: activate_account(HWMS, fox.account_id, here),
        lambda: delete_account(HWMS, wolf.account_id, "", here),
        lambda: sign_out(as_wolf),
        lambda: change_password(HWMS, PASSWORD, OTHER_PASSWORD, as_wolf),
        lambda: reset_password(HWMS, reset, "wolf", "Tg5%pWy8sMdF", here),
        lambda: sign_in(HWMS, "wolf", PASSWORD, "", here),
        lambda: sign_in(HWMS, "wolf", "wrong", "", here),
        lambda: apply_for_account(HWMS, submission("fox", nonce="another"), here),
        lambda: ask_reset(HWMS, wolf.email, here),
    ]


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_nobody_is_told_that_the_database_gave_up(app, everybody, turn):
    acts = everybody[turn * 3 :] + everybody[: turn * 3]
    answers = together(app, lambda act: act(), acts)
    assert len(answers) == 16
    assert not [
        answer for answer in answers if isinstance(answer, Exception) and not isinstance(answer, Refusal)
    ]
    with app.app_context():
        assert broken_links(read()) == []
