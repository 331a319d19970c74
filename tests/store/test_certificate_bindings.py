"""Bindings: one certificate and one key for one account of a system, decided by the database."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal.domain.certificate import CardProfile
from portal.domain.certificate_binding import CertificateBinding
from portal.store.certificate_bindings import (
    add_binding,
    binding_of,
    bindings_of,
    end_binding,
    note_use,
    renewed_from,
    taken_by,
)
from portal.store.database import read, write
from tests.rig.card_acts import presented
from tests.rig.rows import NOON, new_account
from tests.rig.threads import together

ONE, TWO = presented("01", "1" * 64), presented("02", "2" * 64)


@pytest.fixture
def fox(app):
    """An account, by its number."""
    with app.app_context():
        with write() as session:
            number = new_account(session).id
        yield number


@pytest.fixture
def hare(fox):
    with write() as session:
        return new_account(session).id


def row(account_id, certificate, system="hwms") -> CertificateBinding:
    holder = certificate.holder
    return CertificateBinding(
        account_id=account_id,
        system=system,
        profile=holder.profile,
        issuer_key_id=certificate.issuer_key_id,
        serial=certificate.serial,
        spki_hash=certificate.spki_hash,
        fingerprint=certificate.fingerprint,
        holder_name=holder.name,
        last_four=holder.last_four,
        subject_serial=holder.subject_serial,
        ubn=holder.ubn,
        not_after=certificate.not_after,
        bound_at=NOON,
    )


def bind(account_id, certificate, system="hwms") -> bool:
    with write() as session:
        return add_binding(session, row(account_id, certificate, system))


def only(account_id) -> CertificateBinding:
    (found,) = bindings_of(read(), account_id)
    return found


def test_what_was_bound_is_found_by_issuer_and_serial(fox):
    assert bind(fox, ONE)
    assert binding_of(read(), "hwms", ONE).account_id == fox
    assert binding_of(read(), "hwms", replace(ONE, spki_hash="x")), "the certificate says which key it has"
    for other in (TWO, replace(ONE, issuer_key_id="e" * 40), replace(ONE, serial="0101")):
        assert binding_of(read(), "hwms", other) is None
    assert binding_of(read(), "portal", ONE) is None


def test_a_certificate_and_a_key_are_taken_once_in_a_system(fox, hare):
    assert bind(fox, ONE)
    for again in (ONE, replace(ONE, spki_hash="3" * 64), replace(ONE, serial="03")):
        assert taken_by(read(), "hwms", again).account_id == fox
        assert not bind(hare, again)
        assert not bind(fox, again)
    assert taken_by(read(), "hwms", TWO) is None
    assert bind(hare, TWO)
    assert bind(hare, ONE, "portal")


def test_a_refused_row_leaves_the_transaction_whole(fox, hare):
    assert bind(fox, ONE)
    with write() as session:
        assert not add_binding(session, row(hare, ONE))
        assert add_binding(session, row(hare, TWO))
    assert only(hare).serial == TWO.serial


def test_sixteen_at_once_and_one_is_kept(app, fox, hare):
    answers = together(app, lambda account: bind(account, ONE), [fox, hare] * 8)
    assert sorted(answers) == [False] * 15 + [True]
    assert read().scalar(select(func.count()).select_from(CertificateBinding)) == 1


def test_a_binding_that_ended_is_kept_and_in_nobodys_way(fox, hare):
    for account, other in ((fox, hare), (hare, fox), (fox, hare)):
        assert bind(account, ONE)
        public_id = only(account).public_id
        with write() as session:
            assert not end_binding(session, other, public_id, NOON), "not theirs"
            assert not end_binding(session, account, "nothing", NOON)
            assert end_binding(session, account, public_id, NOON)
            assert not end_binding(session, account, public_id, NOON), "once"
        assert binding_of(read(), "hwms", ONE) is None
        assert taken_by(read(), "hwms", ONE) is None
        assert bindings_of(read(), account) == []
    assert read().scalar(select(func.count()).select_from(CertificateBinding)) == 3


def test_the_last_use_is_noted(fox):
    assert bind(fox, ONE)
    with write() as session:
        note_use(session, binding_of(session, "hwms", ONE), NOON + timedelta(hours=1))
    read().rollback()
    assert only(fox).last_used_at == NOON + timedelta(hours=1)


def test_several_are_told_oldest_first(fox):
    assert bind(fox, TWO)
    assert bind(fox, ONE)
    assert [found.serial for found in bindings_of(read(), fox)] == ["02", "01"]


@pytest.mark.parametrize(
    ("holder", "same"),
    [
        ({}, True),
        ({"name": "王大明"}, False),
        ({"last_four": "0000"}, False),
        ({"last_four": None}, False),
        ({"subject_serial": "9"}, False),
        ({"subject_serial": None}, False),
        ({"profile": CardProfile.HCA}, False),
    ],
)
def test_who_seems_to_be_the_same_holder(fox, holder, same):
    assert bind(fox, ONE)
    renewed = presented("03", "3" * 64, **holder)
    assert bool(renewed_from(read(), "hwms", renewed)) == same
    assert renewed_from(read(), "portal", renewed) is None


def test_a_holder_without_last_four_may_seem_the_same(fox):
    assert bind(fox, presented("01", "1" * 64, last_four=None))
    assert renewed_from(read(), "hwms", presented("03", "3" * 64, last_four=None))
    assert renewed_from(read(), "hwms", presented("03", "3" * 64)) is None


def test_an_ended_binding_makes_no_candidate(fox):
    assert bind(fox, ONE)
    with write() as session:
        assert end_binding(session, fox, bindings_of(session, fox)[0].public_id, NOON)
    assert renewed_from(read(), "hwms", presented("03", "3" * 64)) is None
