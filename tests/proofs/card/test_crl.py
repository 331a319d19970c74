"""憑證狀態 by lists: which are taken, which are not, and what a kept one says."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from portal.domain.certificate import CardProfile, CardRefusal, CertificateStatus
from portal.proofs.card.crl import BadList, refresh_lists, take_crl
from portal.proofs.card.demo_authority import make_crl
from portal.proofs.card.fetch import fetcher
from portal.proofs.card.serials import RevocationLists
from portal.proofs.card.status import Unchecked
from tests.rig.authority import DAY, NOON, REVOKED, SUSPENDED

REASON, HOLD = x509.ReasonFlags.key_compromise, x509.ReasonFlags.certificate_hold
WEEK = 7 * DAY
SHARD, OTHER = "http://crl.example/1.crl", "http://crl.example/2.crl"


@pytest.fixture
def moica(pinned, tree):
    return pinned.by_key_id(tree.moica.key_id)


def crl(tree, *, issuer=None, entries=None, at=NOON - DAY, **how):
    how.setdefault("life", WEEK)
    named = {REVOKED: REASON, SUSPENDED: HOLD} if entries is None else entries
    return make_crl(issuer or tree.moica, named, at, **how)


def part(*addresses, **how):
    names = [x509.UniformResourceIdentifier(address) for address in addresses]
    told = {"only_contains_user_certs": False, "only_contains_ca_certs": False, "only_some_reasons": None,
            "indirect_crl": False, "only_contains_attribute_certs": False, **how}  # fmt: skip
    return x509.IssuingDistributionPoint(full_name=names or None, relative_name=None, **told)


def more(tree, extension, *, critical=True, digest=None):
    """A list with one more extension."""
    builder = x509.CertificateRevocationListBuilder().issuer_name(tree.moica.certificate.subject)
    builder = builder.last_update(NOON - DAY).next_update(NOON + WEEK)
    if extension is not None:
        builder = builder.add_extension(extension, critical)
    return builder.sign(tree.moica.key, digest or hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def status(folder, moica, serial, points=(), now=NOON):
    return RevocationLists(folder).status_of(moica.key_id, serial, points, now)


def unchecked(folder, moica, points=(), now=NOON):
    with pytest.raises(Unchecked) as caught:
        status(folder, moica, 7, points, now)
    return caught.value.reason


def test_a_list_tells_revoked_from_suspended(tree, moica, tmp_path):
    facts, outcome = take_crl(crl(tree), moica, tmp_path, NOON)
    assert (outcome, facts.revoked, facts.suspended) == ("kept", 1, 1)
    assert status(tmp_path, moica, REVOKED) is CertificateStatus.REVOKED
    assert status(tmp_path, moica, SUSPENDED) is CertificateStatus.SUSPENDED
    for serial in (1, REVOKED - 1, REVOKED + 7, 1 << 159):
        assert status(tmp_path, moica, serial) is CertificateStatus.GOOD


def test_an_empty_list(tree, moica, tmp_path):
    take_crl(crl(tree, entries={}), moica, tmp_path, NOON)
    assert status(tmp_path, moica, REVOKED) is CertificateStatus.GOOD


def test_serials_of_all_lengths(tree, moica, tmp_path):
    serials = {1: REASON, 255: HOLD, 1 << 64: REASON, (1 << 159) - 1: REASON}
    take_crl(crl(tree, entries=serials), moica, tmp_path, NOON)
    assert [status(tmp_path, moica, serial).value for serial in (*serials, 2, 1 << 63)] == [
        "revoked", "suspended", "revoked", "revoked", "good", "good",
    ]  # fmt: skip


BAD = {
    "forged": (lambda tree: crl(tree, issuer=tree.rogue), "crl-forged"),
    "one bit other": (lambda tree: crl(tree)[:-1] + bytes([crl(tree)[-1] ^ 1]), "crl-forged"),
    "of another authority": (
        lambda tree: crl(tree, issuer=tree.issuers[CardProfile.HCA]),
        "crl-other-issuer",
    ),
    "of the root": (lambda tree: crl(tree, issuer=tree.root), "crl-other-issuer"),
    "stale": (lambda tree: crl(tree, at=NOON - WEEK - DAY), "crl-stale"),
    "from tomorrow": (lambda tree: crl(tree, at=NOON + timedelta(minutes=6)), "crl-early"),
    "without number": (lambda tree: more(tree, None), "crl-without-number"),
    "a delta": (lambda tree: more(tree, x509.DeltaCRLIndicator(3)), "crl-not-understood"),
    "something critical": (
        lambda tree: more(tree, x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b"\5\0")),
        "crl-not-understood",
    ),
    "of authorities only": (lambda tree: crl(tree, part=part(only_contains_ca_certs=True)), "crl-partial"),
    "of attributes only": (
        lambda tree: crl(tree, part=part(only_contains_attribute_certs=True)),
        "crl-partial",
    ),
    "for others too": (lambda tree: crl(tree, part=part(indirect_crl=True)), "crl-partial"),
    "for some reasons": (
        lambda tree: crl(tree, part=part(only_some_reasons=frozenset([REASON]))),
        "crl-partial",
    ),
    "nothing": (lambda _: b"", "crl-malformed"),
    "a page": (lambda _: b"<html>", "crl-malformed"),
    "trailing bytes": (lambda tree: crl(tree) + b"\0", "crl-malformed"),
    "cut off": (lambda tree: crl(tree)[:-9], "crl-malformed"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_list_that_is_not_taken(what, tree, moica, tmp_path):
    make, code = BAD[what]
    take_crl(crl(tree, number=1), moica, tmp_path, NOON)
    with pytest.raises(BadList) as caught:
        take_crl(make(tree), moica, tmp_path, NOON)
    assert caught.value.code == code
    assert status(tmp_path, moica, REVOKED) is CertificateStatus.REVOKED  # what was kept still serves


def test_numbers_never_go_down(tree, moica, tmp_path):
    newer = crl(tree, number=5)
    assert take_crl(newer, moica, tmp_path, NOON)[1] == "kept"
    assert take_crl(newer, moica, tmp_path, NOON)[1] == "unchanged"
    for older in (crl(tree, number=4, entries={}), crl(tree, number=5, at=NOON - 2 * DAY, entries={})):
        with pytest.raises(BadList) as caught:
            take_crl(older, moica, tmp_path, NOON)
        assert caught.value.code == "crl-older"
    assert status(tmp_path, moica, REVOKED) is CertificateStatus.REVOKED
    take_crl(crl(tree, number=6, entries={}), moica, tmp_path, NOON)
    assert status(tmp_path, moica, REVOKED) is CertificateStatus.GOOD  # a suspension was lifted, say


def test_a_kept_list_grows_stale(tree, moica, tmp_path):
    assert unchecked(tmp_path, moica) is CardRefusal.STATUS_CRL_MISSING
    take_crl(crl(tree), moica, tmp_path, NOON)
    end = NOON - DAY + WEEK
    assert status(tmp_path, moica, 7, now=end) is CertificateStatus.GOOD
    assert unchecked(tmp_path, moica, now=end + timedelta(seconds=1)) is CardRefusal.STATUS_CRL_STALE


def test_a_shard_speaks_for_its_own_certificates_only(tree, moica, tmp_path):
    take_crl(crl(tree, part=part(SHARD)), moica, tmp_path, NOON)
    assert status(tmp_path, moica, REVOKED, (SHARD,)) is CertificateStatus.REVOKED
    assert unchecked(tmp_path, moica, (OTHER,)) is CardRefusal.STATUS_CRL_OTHER_SHARD
    assert unchecked(tmp_path, moica) is CardRefusal.STATUS_CRL_OTHER_SHARD
    take_crl(crl(tree, entries={}, part=part(OTHER)), moica, tmp_path, NOON)
    assert status(tmp_path, moica, REVOKED, (OTHER,)) is CertificateStatus.GOOD
    take_crl(crl(tree), moica, tmp_path, NOON)  # the complete one
    assert status(tmp_path, moica, REVOKED, (OTHER,)) is CertificateStatus.REVOKED


def test_lists_come_over_http(tree, moica, pinned, authority_server, tmp_path):
    from dataclasses import replace

    from portal.proofs.card.authorities import Authorities

    address = f"{authority_server.address}/moica.crl"
    there = replace(moica, crls=(address, f"{authority_server.address}/missing.crl", "../../etc/none"))
    authorities = Authorities(pinned.roots, (there,))
    authority_server.answers["/moica.crl"] = lambda _: crl(tree, number=9)
    told = refresh_lists(authorities, tmp_path, fetcher(authorities.addresses), NOON)
    assert [(one.outcome, one.entries) for one in told] == [
        ("kept", 0), ("kept", 2), ("crl-down", 0), ("crl-no-file", 0),
    ]  # fmt: skip
    assert status(tmp_path, moica, REVOKED) is CertificateStatus.REVOKED


def test_a_damaged_file_counts_as_none(tree, moica, tmp_path):
    take_crl(crl(tree), moica, tmp_path, NOON)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    for broken in (whole[:-1], whole + b"x", b"", b"revoked serials 2\n{}\n", whole[:30]):
        path.write_bytes(broken)
        assert unchecked(tmp_path, moica) is CardRefusal.STATUS_CRL_MISSING
    take_crl(crl(tree), moica, tmp_path, NOON)
    assert status(tmp_path, moica, REVOKED) is CertificateStatus.REVOKED


def test_a_new_list_is_seen_by_those_who_had_the_old_one(tree, moica, tmp_path):
    lists = RevocationLists(tmp_path)
    take_crl(crl(tree, number=1, entries={}), moica, tmp_path, NOON)
    assert lists.status_of(moica.key_id, REVOKED, (), NOON) is CertificateStatus.GOOD
    take_crl(crl(tree, number=2), moica, tmp_path, NOON)
    assert lists.status_of(moica.key_id, REVOKED, (), NOON) is CertificateStatus.REVOKED
    assert [path.name for path in tmp_path.iterdir()] == [f"{moica.key_id}-complete.serials"]
