"""A card that was revoked or suspended ends the sessions of its account when the lists are taken in."""

from __future__ import annotations

import pytest

from portal.domain.audit import EventType
from portal.domain.certificate import CardProfile
from portal.domain.certificate_binding import CertificateBinding
from portal.domain.login_session import LoginSession
from portal.proofs.card.verify import hex_serial
from portal.store.database import read, write
from portal.usecases.entry.end_revoked_sessions import end_revoked_sessions
from tests.rig.acts import acting
from tests.rig.authority import NOON, REVOKED, SUSPENDED
from tests.rig.card_acts import events


@pytest.fixture
def app(tree_app):
    return tree_app


@pytest.mark.parametrize(
    ("serial", "ended"),
    [(REVOKED, True), (SUSPENDED, True), (4711, False)],
    ids=["revoked", "suspended", "good"],
)
def test_open_sessions_follow_the_card(app, make_person, tree, serial, ended):
    with app.app_context():
        at = acting(app, make_person("fox"), NOON)
        other = acting(app, make_person("hare"), NOON)
        with write() as session:
            session.add(
                CertificateBinding(
                    account_id=at.actor.account_id,
                    system="hwms",
                    profile=CardProfile.MOICA,
                    issuer_key_id=tree.moica.key_id,
                    serial=hex_serial(serial),
                    spki_hash="a" * 64,
                    fingerprint="b" * 64,
                    holder_name="王小明",
                    not_after=NOON,
                    bound_at=NOON,
                )
            )
        assert end_revoked_sessions(at) == ended
        assert end_revoked_sessions(at) == 0, "there is nothing left to end"
        session = read()
        session.rollback()
        assert (session.get_one(LoginSession, at.actor.session_hash).ended_at is not None) == ended
        assert session.get_one(LoginSession, other.actor.session_hash).ended_at is None
        assert [event.target for event in events(EventType.SESSIONS_ENDED)] == ["hwms/fox"] * ended
