"""A certificate that was seen before: what lists and responder say of it now, where nobody holds the card."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.x509 import ocsp

from portal.domain.certificate import CertificateStatus
from portal.proofs.card.crl import refresh_lists
from portal.proofs.card.demo_authority import make_crl
from portal.proofs.card.fetch import fetcher
from tests.proofs.card.asking import Portal
from tests.rig.authority import DAY, NOON, REVOKED, SUSPENDED

GOOD, BAD, HELD = CertificateStatus.GOOD, CertificateStatus.REVOKED, CertificateStatus.SUSPENDED


@pytest.fixture
def portal(tree, authority_server, tmp_path):
    return Portal(tree, authority_server, tmp_path)


def told(portal, serial=4711, now=NOON, ask=True):
    issuer = portal.pinned.issuer_of(portal.tree.moica.key_id)
    return portal.sources.status_of(issuer, serial, (), now, ask=ask)


@pytest.mark.parametrize(("serial", "status"), [(4711, GOOD), (REVOKED, BAD), (SUSPENDED, HELD)])
def test_the_lists_answer_and_nobody_is_asked(portal, serial, status):
    assert told(portal, serial) is status
    assert portal.server.asked == []


def test_a_responder_is_asked_where_the_lists_cannot_tell(portal):
    portal.lose_lists()
    portal.answers(status=ocsp.OCSPCertStatus.REVOKED, reason=x509.ReasonFlags.key_compromise)
    assert told(portal, ask=False) is None
    assert portal.server.asked == []
    assert told(portal) is BAD
    assert portal.server.asked == ["/ocsp"]


def test_nobody_can_tell(portal):
    portal.lose_lists()
    assert told(portal) is None, "the responder has nothing to say"
    assert told(portal, now=NOON + 30 * DAY, ask=False) is None


def test_with_its_authority_every_certificate_is_revoked(portal):
    (root,) = portal.pinned.roots
    serial = portal.tree.moica.certificate.serial_number
    crl = make_crl(portal.tree.root, {serial: x509.ReasonFlags.ca_compromise}, NOON, number=2)
    (root.folder / "root.crl").write_bytes(crl)
    refresh_lists(portal.pinned, portal.folder / "lists", fetcher(frozenset()), NOON)
    assert told(portal) is BAD


def test_an_authority_that_the_operator_took_out_is_nobodys(portal):
    assert portal.pinned.issuer_of("00") is None
    assert portal.pinned.issuer_of(portal.tree.root.key_id) is None, "a root issues no cards"
