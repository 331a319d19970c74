"""Whom the portal believes: the file of the operator, and every mistake in it said with a cure."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization

from portal.domain.certificate import CardProfile
from portal.proofs.card.authorities import FILE, BadAuthorities, load_authorities
from tests.proofs.card.cards import key
from tests.rig.card_answers import Card


@pytest.fixture
def folder(tree, tmp_path):
    return tree.write(tmp_path, ocsp="http://ocsp.example/ask?x=1")


def changed(folder, *pairs):
    path = folder / FILE
    text = path.read_text(encoding="utf-8")
    for before, after in pairs:
        assert before in text
        text = text.replace(before, after)
    path.write_text(text, encoding="utf-8")
    return folder


def refused(folder, *, demonstration=True):
    with pytest.raises(BadAuthorities) as caught:
        load_authorities(folder, demonstration=demonstration)
    text = str(caught.value)
    assert text.startswith(str(folder / FILE))
    assert text.endswith(".")
    return text


def test_what_is_read(tree, folder):
    told = load_authorities(folder, demonstration=True)
    assert [one.profile for one in told.issuers] == list(CardProfile)
    assert told.demo
    assert told.addresses == {"http://ocsp.example/ask?x=1"}
    moica = told.by_key_id(tree.moica.key_id)
    assert (moica.name, moica.crls, moica.root) == ("moica", ("moica.crl",), told.roots[0])
    assert told.by_key_id("00") is None
    assert "certificate=" not in repr(moica)


def test_production_refuses_the_demonstration(folder):
    assert "demonstration" in refused(folder, demonstration=False)
    changed(folder, ("demo = true", "demo = false"))
    assert "demonstration" in refused(folder, demonstration=False), "its root's name says what it is"
    assert load_authorities(folder, demonstration=True).demo


def test_key_ids_may_be_written_with_colons(tree, folder):
    key_id = tree.moica.key_id
    told = ":".join(key_id[place : place + 2] for place in range(0, 40, 2)).upper()
    load_authorities(changed(folder, (key_id, told)), demonstration=True)


def _put(folder, card: Card):
    (folder / "moica.der").write_bytes(card.der)


def _rogue(folder, tree):
    der = tree.rogue.certificate.public_bytes(serialization.Encoding.DER)
    (folder / "moica.der").write_bytes(der)
    changed(folder, (tree.moica.key_id, tree.rogue.key_id))


MISTAKES = {
    "no file": (lambda folder, _: (folder / FILE).unlink(), "Put it there"),
    "no toml": (lambda folder, _: changed(folder, ("[[authority]]", "[[authority]")), "Correct the TOML"),
    "not utf-8": (lambda folder, _: (folder / FILE).write_bytes(b"\xff"), "Correct the TOML"),
    "empty": (lambda folder, _: (folder / FILE).write_text(""), "[[authority]]"),
    "another table": (
        lambda folder, _: (folder / FILE).write_text("x = 1\n[[authority]]\n"),
        "[[authority]]",
    ),
    "unknown key": (lambda folder, _: changed(folder, ("ocsp =", "oscp =")), "use only"),
    "no name": (lambda folder, _: changed(folder, ('name = "moica"\n', "")), "name is missing"),
    "unknown profile": (
        lambda folder, _: changed(folder, ('profile = "hca"', 'profile = "gca"')),
        "one of hca",
    ),
    "no certificate": (lambda folder, _: (folder / "moica.der").unlink(), "Put the DER file"),
    "pem": (lambda folder, _: (folder / "moica.der").write_bytes(b"-----BEGIN CERTIFICATE-----"), "in DER"),
    "trailing": (
        lambda folder, _: (folder / "moica.der").write_bytes((folder / "moica.der").read_bytes() + b"\n"),
        "in DER",
    ),
    "another file": (
        lambda folder, _: (folder / "moica.der").write_bytes((folder / "hca.der").read_bytes()),
        "not the one written here",
    ),
    "a card": (lambda folder, tree: _put(folder, tree.card()), "not the certificate of an authority"),
    "weak": (lambda folder, tree: _put(folder, tree.card(key=key("rsa-1024"))), "cannot be used"),
    "a root missing": (_rogue, "no root listed here signed moica"),
    "twice": (
        lambda folder, _: (folder / FILE).write_text((folder / FILE).read_text() * 2),
        "two entries have the same key_id",
    ),
    "no word on revocation": (
        lambda folder, _: changed(folder, ('crls = ["root.crl"]', "crls = []")),
        "without crls",
    ),
    "crls no list": (lambda folder, _: changed(folder, ('["hca.crl"]', '"hca.crl"')), "crls a list"),
    "a file elsewhere": (
        lambda folder, _: changed(folder, ('"hca.crl"', '"../hca.crl"')),
        "neither an address",
    ),
    "an absolute file": (
        lambda folder, _: changed(folder, ('"hca.crl"', '"/etc/hca.crl"')),
        "neither an address",
    ),
    "another scheme": (lambda folder, _: changed(folder, ('"hca.crl"', '"ldap://x/y"')), "not an http"),
    "a password": (lambda folder, _: changed(folder, ('"hca.crl"', '"http://a:b@x/y"')), "not an http"),
    "ocsp a file": (
        lambda folder, _: changed(folder, ("http://ocsp.example/ask?x=1", "ocsp.bin")),
        "neither an",
    ),
    "demo no truth": (lambda folder, _: changed(folder, ("demo = true", 'demo = "yes"')), "true or false"),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_is_said(what, tree, folder):
    make, words = MISTAKES[what]
    make(folder, tree)
    assert words in refused(folder)
