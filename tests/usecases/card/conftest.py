"""What the tests of cards start from: a portal that trusts `tree`, the moment NOON, cards and their holders."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from portal.domain.actor import Circumstance
from portal.proofs.card.demo_cards import citizen
from tests.rig.authority import NOON, Tree
from tests.rig.card_answers import Card
from tests.rig.card_holders import holder_of_card
from tests.rig.people import Person, circumstance
from tests.rig.smis import SmisPerson


@pytest.fixture
def app(tree_app: Flask) -> Flask:
    """A portal that trusts the authorities of `tree`."""
    return tree_app


@pytest.fixture
def at(app: Flask) -> Iterator[Circumstance]:
    """Nobody in particular, at NOON, within the application."""
    with app.app_context():
        yield circumstance(app, NOON)


@pytest.fixture
def card(tree: Tree) -> Card:
    """The usual card."""
    return tree.card()


@pytest.fixture
def cards(tree: Tree) -> tuple[Card, Card]:
    """Two cards of two people."""
    return tree.card(), tree.card(text=citizen("陳小華", "9876543210987654", "1111"), key=tree.keys[1])


@pytest.fixture
def fox(make_person: Callable[..., Person]) -> Person:
    """Somebody with an account and a password."""
    return make_person("fox")


@pytest.fixture
def clover(app: Flask) -> SmisPerson:
    """Somebody in use, without a card yet, whom the usual card fits."""
    return holder_of_card(app)
