"""憑證卡片: every good answer is let in, every bad one is refused with its own code."""

from __future__ import annotations

import pytest

from portal.domain.certificate import CardRefusal
from portal.domain.refusal import Refusal
from portal.proofs.card.verify import verify
from tests.proofs.card import answers, cards
from tests.proofs.card.answers import CHALLENGE, Case
from tests.rig.authority import NOON

GOOD = [*answers.GOOD, *cards.GOOD]
BAD = [*answers.BAD, *cards.BAD]


def named(case: Case) -> str:
    return case.name.replace(" ", "-")


@pytest.mark.parametrize("case", GOOD, ids=named)
def test_it_is_let_in(case, tree, pinned, revocation):
    told = verify(case.make(tree), CHALLENGE, pinned, revocation, NOON)
    assert told.holder.name
    assert told.status_source == "crl"


@pytest.mark.parametrize("case", BAD, ids=named)
def test_it_is_refused(case, tree, pinned, revocation):
    with pytest.raises(Refusal) as caught:
        verify(case.make(tree), CHALLENGE, pinned, revocation, NOON)
    assert caught.value.code == case.refused.value
    assert caught.value.sentence == CardRefusal(caught.value.code).trouble.value
