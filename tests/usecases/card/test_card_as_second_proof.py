"""A bound card is a second proof by itself; where one is bound, a password alone sets up no authenticator."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete

from portal.domain.authenticator import Authenticator
from portal.domain.refusal import Overtaken
from portal.store.certificate_bindings import bindings_of
from portal.store.database import read, write
from portal.usecases.entry.second_proof import candidate_owner, ways_on
from portal.usecases.entry.sign_in import actor_of, sign_in
from portal.usecases.operate.reset_second_proof import reset_second_proof
from tests.rig.acts import HWMS, PASSWORD
from tests.rig.authority import NOON, YEAR
from tests.rig.card_acts import add_for, enter
from tests.rig.people import circumstance
from tests.rig.refusals import refusal_of


@pytest.fixture
def boss(app, make_person, card):
    """Somebody who reviews, with a card and without an authenticator."""
    person = make_person("boss", kind="unit-administrator")
    with app.app_context():
        add_for(app, person, card)
        with write() as session:
            session.execute(delete(Authenticator))
    return person


def test_the_card_alone_opens_a_session(app, boss, card, at):
    assert actor_of(enter(card, at).token, at).name == "boss"


@pytest.mark.parametrize("age", [timedelta(), 6 * YEAR], ids=["good", "expired"])
def test_the_password_then_leads_to_the_card_and_to_no_new_authenticator(app, boss, at, age):
    at = circumstance(app, NOON + age)
    half = sign_in(HWMS, "boss", PASSWORD, "", at)
    ways = ways_on(HWMS, half.ticket, at)
    assert (ways.has_card, ways.has_authenticator, ways.begins) == (True, False, False)
    assert isinstance(refusal_of(candidate_owner, HWMS, half.ticket, at), Overtaken)


def test_the_operator_takes_the_card_away_as_well(app, boss, card, at):
    reset_second_proof(HWMS, "boss", at)
    assert refusal_of(enter, card, at).code == "card-not-bound"
    assert bindings_of(read(), 1) == []
