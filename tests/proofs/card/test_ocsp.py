"""憑證狀態 by OCSP: a real responder on the loopback address, good, lying, late, slow and gone."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from portal.domain.certificate import CardProfile, CardRefusal
from portal.proofs.card import revocation as sources
from portal.proofs.card.authorities import load_authorities
from portal.proofs.card.crl import refresh_lists
from portal.proofs.card.demo_authority import CardText, make_crl
from portal.proofs.card.demo_cards import citizen
from portal.proofs.card.fetch import fetcher
from portal.proofs.card.serials import RevocationLists
from tests.proofs.card.asking import Portal
from tests.proofs.card.cards import key
from tests.rig.authority import DAY, NOON, REVOKED, ocsp_answer

MINUTE = timedelta(minutes=1)
HOLD = x509.ReasonFlags.certificate_hold
R = CardRefusal
RESPONDER = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])


@pytest.fixture
def portal(tree, authority_server, tmp_path):
    return Portal(tree, authority_server, tmp_path)


def test_good(portal):
    portal.answers()
    assert portal.sign_in().status_source == "ocsp"
    assert portal.server.asked == ["/ocsp"]


def test_revoked_and_suspended(portal):
    portal.answers(status=ocsp.OCSPCertStatus.REVOKED, reason=x509.ReasonFlags.key_compromise)
    assert portal.refused() == R.CARD_REVOKED.value
    portal.answers(status=ocsp.OCSPCertStatus.REVOKED)
    assert portal.refused() == R.CARD_REVOKED.value
    portal.answers(status=ocsp.OCSPCertStatus.REVOKED, reason=HOLD)
    assert portal.refused() == R.CARD_SUSPENDED.value


def test_unknown_is_refused_whatever_the_lists_say(portal):
    portal.answers(status=ocsp.OCSPCertStatus.UNKNOWN)
    assert portal.refused() == R.STATUS_UNKNOWN.value


def test_a_delegated_responder(portal):
    portal.answers(signer=portal.responder((RESPONDER, False), (x509.OCSPNoCheck(), False)))
    assert portal.sign_in().status_source == "ocsp"
    portal.answers(signer=portal.responder((RESPONDER, False)))  # its own status is on the list
    assert portal.sign_in().status_source == "ocsp"


def wrong(**how):
    return lambda portal, asked: ocsp_answer(asked, portal.tree.moica, **how)


def by(*more, **how):
    return lambda portal, asked: ocsp_answer(asked, portal.tree.moica, signer=portal.responder(*more, **how))


def changed(place: int):
    def make(portal, asked):
        answer = bytearray(ocsp_answer(asked, portal.tree.moica))
        answer[place] ^= 1
        return bytes(answer)

    return make


def refusing(_, asked):
    answer = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED)
    return answer.public_bytes(serialization.Encoding.DER)


def over_sha1(portal, asked):
    """The same answer, signed anew by the true key in the old way."""
    answer = asn1_ocsp.OCSPResponse.load(ocsp_answer(asked, portal.tree.moica))
    basic = answer["response_bytes"]["response"].parsed
    basic["signature_algorithm"] = {"algorithm": "sha1_rsa"}
    data = basic["tbs_response_data"].dump()
    basic["signature"] = portal.tree.moica.key.sign(data, padding.PKCS1v15(), hashes.SHA1())
    answer["response_bytes"]["response"] = basic
    return answer.dump(force=True)


NO_CHECK = (x509.OCSPNoCheck(), False)
PROVES_NOTHING = {
    "not signed by it": (changed(-1), R.STATUS_OCSP_UNSIGNED),
    "over sha-1": (over_sha1, R.STATUS_OCSP_UNSIGNED),
    "no answer at all": (lambda *_: b"", R.STATUS_OCSP_MALFORMED),
    "a page": (lambda *_: b"<html>maintenance", R.STATUS_OCSP_MALFORMED),
    "trailing bytes": (lambda portal, asked: ocsp_answer(asked, portal.tree.moica) + b"\0", R.STATUS_OCSP_MALFORMED),
    "the responder refuses": (refusing, R.STATUS_OCSP_REFUSED),
    "another card": (wrong(serial=77), R.STATUS_OCSP_OTHER_CARD),
    "stale": (wrong(begin=NOON - DAY, life=DAY - MINUTE), R.STATUS_OCSP_STALE),
    "old, without an end": (wrong(begin=NOON - 11 * MINUTE, life=None), R.STATUS_OCSP_STALE),
    "from tomorrow": (wrong(begin=NOON + 6 * MINUTE), R.STATUS_OCSP_EARLY),
    "replayed": (wrong(nonce=b"another sixteen."), R.STATUS_OCSP_REPLAYED),
    "a citizen answers": (by(), R.STATUS_OCSP_RESPONDER),
    "for servers": (
        by((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False), NO_CHECK),
        R.STATUS_OCSP_RESPONDER,
    ),
    "responder of another authority": (
        by((RESPONDER, False), NO_CHECK, profile=CardProfile.HCA), R.STATUS_OCSP_RESPONDER,
    ),
    "responder of a rogue": (
        lambda portal, asked: ocsp_answer(asked, portal.tree.moica, signer=portal.responder(
            (RESPONDER, False), NO_CHECK, issuer=portal.tree.rogue)), R.STATUS_OCSP_RESPONDER,
    ),
    "the rogue itself": (
        lambda portal, asked: ocsp_answer(asked, portal.tree.moica, signer=portal.tree.rogue), R.STATUS_OCSP_RESPONDER,
    ),
    "expired responder": (
        by((RESPONDER, False), NO_CHECK, begin=NOON - 9 * DAY, life=8 * DAY), R.STATUS_OCSP_RESPONDER,
    ),
    "weak responder": (
        lambda portal, asked: ocsp_answer(asked, portal.tree.moica, signer=portal.tree.card(
            text=CardText(citizen().subject, extensions=((RESPONDER, False), NO_CHECK)), key=key("rsa-1024"))),
        R.STATUS_OCSP_RESPONDER,
    ),
    "down": (lambda *_: (500, b""), R.STATUS_OCSP_DOWN),
    "moved": (lambda *_: (302, b""), R.STATUS_OCSP_DOWN),
    "huge": (lambda *_: b"x" * 70_000, R.STATUS_OCSP_TOO_LARGE),
}  # fmt: skip


@pytest.mark.parametrize("what", PROVES_NOTHING)
def test_an_answer_that_proves_nothing(what, portal):
    make, reason = PROVES_NOTHING[what]
    portal.server.answers["/ocsp"] = lambda asked: make(portal, asked)
    assert portal.sign_in().status_source == "crl"  # the lists can still tell
    portal.lose_lists()
    assert portal.refused() == reason.value
    assert portal.refused(citizen()) == reason.value


def test_a_revoked_responder(portal):
    """Without the mark that spares it, its own certificate must be clear of the list."""
    text = CardText(citizen().subject, serial=REVOKED, extensions=((RESPONDER, False),))
    portal.answers(signer=portal.tree.card(text=text, key=portal.tree.keys[1]))
    assert portal.sign_in().status_source == "crl"


def test_clocks_may_differ_by_five_minutes(portal):
    portal.answers(begin=NOON + 5 * MINUTE)
    assert portal.sign_in().status_source == "ocsp"
    portal.answers(begin=NOON - 9 * MINUTE, life=None)
    assert portal.sign_in().status_source == "ocsp"


def test_an_old_responder_leaves_the_nonce_out(portal):
    portal.answers(nonce=None)
    assert portal.sign_in().status_source == "ocsp"


@pytest.mark.parametrize("how", ["wait", "drip"])
def test_a_slow_responder_is_left_alone_for_a_while(how, portal):
    portal.answers()
    portal.waits(0.3)
    setattr(
        portal.server, how, 6.0 if how == "wait" else 0.05
    )  # a drip of 1400 bytes takes more than a minute
    begun = time.monotonic()
    assert portal.sign_in().status_source == "crl"
    assert time.monotonic() - begun < 5.0
    assert portal.sign_in(now=NOON + sources.REST / 2).status_source == "crl"
    assert len(portal.server.asked) == 1
    portal.lose_lists()
    assert portal.refused(now=NOON + sources.REST / 2) == R.STATUS_OCSP_SLOW.value
    assert portal.refused(now=NOON + sources.REST) == R.STATUS_OCSP_SLOW.value
    assert len(portal.server.asked) == 2


def test_a_responder_that_comes_back_is_asked_again(portal):
    portal.server.answers["/ocsp"] = lambda _: (503, b"")
    assert portal.sign_in().status_source == "crl"
    portal.answers()
    assert portal.sign_in().status_source == "crl"
    assert portal.sign_in(now=NOON + sources.REST).status_source == "ocsp"
    assert len(portal.server.asked) == 2


def test_nobody_listens(portal):
    portal.pinned = load_authorities(
        portal.tree.write(portal.folder / "authorities", ocsp="http://127.0.0.1:9/ocsp"), demonstration=True
    )
    portal.sources = sources.Revocation(
        RevocationLists(portal.folder / "lists"), fetcher(portal.pinned.addresses)
    )
    assert portal.sign_in().status_source == "crl"
    portal.lose_lists()
    assert portal.refused() == R.STATUS_OCSP_DOWN.value


def test_the_issuer_itself_is_looked_up(portal):
    portal.answers()
    root = next(one for one in portal.pinned.roots)
    serial = portal.tree.moica.certificate.serial_number
    crl = make_crl(portal.tree.root, {serial: x509.ReasonFlags.ca_compromise}, NOON, number=2)
    (root.folder / "root.crl").write_bytes(crl)
    refresh_lists(portal.pinned, portal.folder / "lists", fetcher(frozenset()), NOON)
    assert portal.refused() == R.ISSUER_REVOKED.value
    next((portal.folder / "lists").glob(f"{root.key_id}-*")).unlink()
    assert portal.refused() == R.STATUS_CRL_MISSING.value
