"""A session that a card opened ends when the lists or its responder say that the card is good no more."""

from __future__ import annotations

import pytest
from cryptography import x509

from portal.domain.audit import EventType
from portal.domain.login_session import LoginSession
from portal.proofs.card.crl import take_crl
from portal.proofs.card.demo_authority import CardText, make_crl
from portal.proofs.card.demo_cards import citizen
from portal.store.database import read
from portal.store.login_sessions import token_hash
from portal.usecases.card.bind_certificate import own_certificates, unbind_certificate
from portal.usecases.card.trust_authorities import trusted
from portal.usecases.entry.end_revoked_sessions import end_revoked_sessions
from tests.rig.acts import HWMS
from tests.rig.authority import NOON
from tests.rig.card_acts import add_for, all_bindings, enter, events, revoke
from tests.rig.people import circumstance

SHARD = x509.UniformResourceIdentifier("http://crl.example/2.crl")


@pytest.fixture
def app(tree_app):
    return tree_app


@pytest.fixture
def at(app):
    with app.app_context():
        yield circumstance(app, NOON)


@pytest.fixture
def fox(app, at, make_person, tree):
    """Who signed in with the password, and with a card that names the partial list which covers it."""
    points = x509.CRLDistributionPoints([x509.DistributionPoint([SHARD], None, None, None)])
    usual = citizen()
    card = tree.card(text=CardText(usual.subject, usual.attributes, extensions=[(points, False)]))
    by_password = add_for(app, make_person("fox"), card)
    return card, by_password, token_hash(enter(card, at).token)


def still_open(fox):
    """Whether the session of the password is, and that of the card."""
    session = read()
    session.rollback()
    hashes = (fox[1].actor.session_hash, fox[2])
    return [session.get_one(LoginSession, one, populate_existing=True).ended_at is None for one in hashes]


@pytest.mark.parametrize("on_hold", [False, True], ids=["revoked", "suspended"])
def test_what_the_card_opened_ends_and_what_the_password_opened_stays(app, at, tree, fox, on_hold):
    assert end_revoked_sessions(at) == 0
    assert still_open(fox) == [True, True]
    revoke(app, tree, fox[0], on_hold)
    assert end_revoked_sessions(at) == 1
    assert still_open(fox) == [True, False]
    assert end_revoked_sessions(at) == 0, "there is nothing left to end"
    (event,) = events(EventType.SESSIONS_ENDED)
    told = (event.target, event.details["reason"], event.details["card"])
    assert told == ("hwms/fox", "certificate", all_bindings()[0].fingerprint)


def test_a_card_that_was_removed_meanwhile_still_ends_what_it_opened(app, at, tree, fox):
    unbind_certificate(HWMS, own_certificates(fox[1]).certificates[0].public_id, fox[1])
    revoke(app, tree, fox[0])
    assert end_revoked_sessions(at) == 1
    assert still_open(fox) == [True, False]


def test_the_partial_list_that_the_card_names_is_looked_at(at, tree, fox):
    assert all_bindings()[0].distribution_points == [SHARD.value]
    part = x509.IssuingDistributionPoint([SHARD], None, False, False, None, False, False)
    named = {fox[0].certificate.serial_number: x509.ReasonFlags.key_compromise}
    issuer = trusted(at.settings).authorities.issuer_of(tree.moica.key_id)
    take_crl(make_crl(tree.moica, named, NOON, part=part), issuer, at.settings.instance / "revocation", NOON)
    assert end_revoked_sessions(at) == 1
    assert still_open(fox) == [True, False]
