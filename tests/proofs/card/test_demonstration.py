"""The demonstration's cards: written fast, where bridge and portal look for them, each doing what its label says."""

from __future__ import annotations

import stat
import time
import tomllib
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from portal.domain.refusal import Refusal
from portal.proofs.card.authorities import BadAuthorities, load_authorities
from portal.proofs.card.crl import refresh_lists
from portal.proofs.card.demo_cards import CARDS, DEMO_PIN, write_demonstration
from portal.proofs.card.fetch import fetcher
from portal.proofs.card.revocation import Revocation
from portal.proofs.card.serials import RevocationLists
from portal.proofs.card.verify import verify
from tests.proofs.card.answers import CHALLENGE
from tests.rig.authority import NOON
from tests.rig.card_answers import Card, pkcs1, pkcs7

TURNED_AWAY = {
    "expired": "card-expired",
    "revoked": "card-revoked",
    "suspended": "card-suspended",
    "institution": "card-institution",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demonstration")
    write_demonstration(folder, NOON)
    return folder


@pytest.fixture(scope="module")
def portal(folder):
    pinned = load_authorities(folder / "authorities", demonstration=True)
    told = refresh_lists(pinned, folder / "lists", fetcher(frozenset()), NOON)
    assert [one.outcome for one in told] == ["kept"] * 4
    return pinned, Revocation(RevocationLists(folder / "lists"), fetcher(frozenset()))


def inserted(folder, name) -> Card:
    there = folder / "cards" / name
    key = serialization.load_pem_private_key((there / "key.pem").read_bytes(), None)
    return Card(key, x509.load_pem_x509_certificate((there / "certificate.pem").read_bytes()))


def test_the_folder_has_what_a_bridge_wants(folder):
    assert {path.name for path in folder.iterdir()} >= {"authorities", "cards"}
    assert {path.name for path in (folder / "cards").iterdir()} == set(CARDS)
    for there in (folder / "cards").iterdir():
        told = tomllib.loads((there / "card.toml").read_text(encoding="utf-8"))
        assert (told["pin"], len(told["number"]), told["label"]) == (DEMO_PIN, 16, CARDS[there.name].label)
        assert stat.S_IMODE((there / "key.pem").stat().st_mode) == 0o600
    twin = x509.load_pem_x509_certificate((folder / "cards/citizen/encryption.pem").read_bytes())
    assert not twin.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature


@pytest.mark.parametrize("name", CARDS)
def test_each_card_does_what_its_label_says(name, folder, portal):
    sign = pkcs1 if CARDS[name].profile.value == "hca" else pkcs7
    answer = sign(inserted(folder, name), CHALLENGE)
    if name in TURNED_AWAY:
        with pytest.raises(Refusal) as caught:
            verify(answer, CHALLENGE, *portal, NOON)
        assert caught.value.code == TURNED_AWAY[name]
    else:
        assert verify(answer, CHALLENGE, *portal, NOON).holder.name in CARDS[name].label


def test_it_holds_for_a_year(folder, portal):
    answer = pkcs7(inserted(folder, "citizen"), CHALLENGE)
    assert verify(answer, CHALLENGE, *portal, NOON + timedelta(days=364)).holder.name == "王小明"


def test_production_does_not_start_with_it(folder):
    with pytest.raises(BadAuthorities):
        load_authorities(folder / "authorities")


def test_no_authority_key_is_left_behind(folder):
    for path in folder.joinpath("authorities").rglob("*"):
        assert path.is_dir() or b"PRIVATE KEY" not in path.read_bytes()


def test_it_is_written_anew_in_five_seconds(folder, tmp_path):
    begun = time.thread_time()
    write_demonstration(tmp_path, NOON)
    write_demonstration(tmp_path, NOON)
    assert time.thread_time() - begun < 10
    load_authorities(tmp_path / "authorities", demonstration=True)
