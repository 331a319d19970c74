"""憑證綁定 where the account has a personal number: another card has to tell the same person."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.proofs.card.demo_cards import citizen
from portal.usecases.entry.sign_in import actor_of
from tests.rig.authority import NOON
from tests.rig.card_acts import add, all_bindings
from tests.rig.card_holders import enter_first
from tests.rig.people import circumstance
from tests.rig.refusals import outcome
from tests.rig.smis import SMIS


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (citizen("王小明", "9999999999999999", "6789"), None),
        (citizen("王大明", "9999999999999999", "6789"), "card-other-person"),
        (citizen("王小明", "9999999999999999", "6780"), "card-other-person"),
        (replace(citizen("王小明", "9999999999999999"), attributes={}), "card-no-number"),
    ],
)
def test_a_card_must_tell_what_the_account_proved(app, at, clover, tree, card, text, code):
    """Where the account has a personal number; manual 1 asks for none, and there the holder is told by letter."""
    opened = enter_first(card, clover, at)
    own = circumstance(app, NOON, actor=actor_of(opened.token, at))
    other = tree.card(text=text, key=tree.keys[1])
    answer = outcome(add, other, own, SMIS)
    assert getattr(answer, "code", None) == code
    assert len(all_bindings()) == (1 if code else 2)
