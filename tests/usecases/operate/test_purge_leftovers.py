"""What decides nothing any more is dropped, and nothing that something else still names."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.domain.card_claim import CardClaim
from portal.domain.letter import LetterState, OutgoingLetter
from portal.domain.one_time_token import TOKEN_LIFE, OneTimeToken, TokenPurpose
from portal.store.database import read, write
from portal.store.one_time_tokens import issue_token
from portal.usecases.operate.purge_leftovers import LETTERS_KEPT, SPENT_KEPT, TOKENS_KEPT, purge_leftovers
from tests.rig.authority import DAY, NOON
from tests.rig.card_holders import claim, holder_of_card
from tests.rig.people import circumstance

LIFE = TOKEN_LIFE[TokenPurpose.BIND_CARD]


@pytest.fixture
def at(tree_app):
    with tree_app.app_context():
        yield circumstance(tree_app, NOON)


def ids(kind):
    read().rollback()
    return set(read().scalars(select(kind.id)))


def test_a_claim_goes_after_a_day_and_its_token_with_the_letter(tree_app, tree, at):
    holder_of_card(tree_app)
    claim(tree.card(), at)
    (token,) = ids(OneTimeToken)
    purge_leftovers(NOON + LIFE + SPENT_KEPT)
    assert ids(CardClaim)
    purge_leftovers(NOON + LIFE + SPENT_KEPT + DAY)
    assert not ids(CardClaim)
    purge_leftovers(NOON + TOKENS_KEPT + DAY)
    assert ids(OneTimeToken) == {token}, "the letter names it"
    with write() as session:
        for letter in session.scalars(select(OutgoingLetter)):
            letter.state = LetterState.SENT
    purge_leftovers(NOON + LETTERS_KEPT + DAY)
    assert (ids(OneTimeToken), ids(OutgoingLetter)) == (set(), set())


def test_a_token_that_nothing_names_goes_after_a_month(at):
    with write() as session:
        for email, now in (("old@example.com", NOON), ("new@example.com", NOON + DAY)):
            issue_token(session, TokenPurpose.RESET_PASSWORD, "hwms", email, None, now)
    purge_leftovers(NOON + TOKENS_KEPT + TOKEN_LIFE[TokenPurpose.RESET_PASSWORD] + DAY / 2)
    assert [row.email_key for row in read().scalars(select(OneTimeToken))] == ["new@example.com"]
