"""Two other implementations judge every answer of these tests: a small one of our own, and pyHanko as a whole."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from pyhanko.sign.validation.generic_cms import cms_basic_validation
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import PKIXValidationParams, ValidationContext

from portal.domain.refusal import Refusal
from portal.proofs.card.verify import verify
from tests.proofs.card import answers, cards
from tests.proofs.card.answers import CHALLENGE, Case
from tests.proofs.card.second_opinion import Pinned, opinion
from tests.rig.authority import NOON, REVOKED, SUSPENDED

CASES = [*answers.GOOD, *cards.GOOD, *answers.BAD, *cards.BAD]
PKCS7 = [case for case in CASES if not case.name.startswith("bare") and case.by_pyhanko is not None]
POLICY = PKIXValidationParams(
    user_initial_policy_set=frozenset({"2.16.886.101.0.3.3"}), initial_explicit_policy=True
)


def named(case: Case) -> str:
    return case.name.replace(" ", "-")


@pytest.fixture(scope="module")
def others(tree):
    issuers = {profile.value: one.certificate for profile, one in tree.issuers.items()}
    return Pinned(tree.root.certificate, issuers, frozenset({REVOKED, SUSPENDED}))


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_second_implementation_agrees(case, tree, pinned, revocation, others):
    answer = case.make(tree)
    try:
        told = verify(answer, CHALLENGE, pinned, revocation, NOON)
    except Refusal:
        first = None
    else:
        one = told.holder
        first = (one.profile.value, one.name, one.last_four, one.ubn, one.subject_serial, told.card_number)
    assert (first is None) == (case.refused is not None)
    assert opinion(answer, CHALLENGE, others, NOON) == first


def pyhanko_lets_in(der: bytes, tree: Any) -> bool:
    context = ValidationContext(
        trust_roots=[_parsed(tree.root)],
        other_certs=[_parsed(one) for one in tree.issuers.values()],
        moment=NOON,
        time_tolerance=timedelta(0),
        allow_fetching=False,
        revocation_mode="none",
    )
    try:
        envelope = cms.ContentInfo.load(der)
        told = _finished(
            cms_basic_validation(
                envelope["content"],
                validation_context=context,
                pkix_validation_params=POLICY,
                key_usage_settings=KeyUsageConstraints(key_usage={"digital_signature"}),
            )
        )
    except Exception:  # noqa: BLE001  a library may stumble over these in any way it likes
        return False
    return bool(told["intact"] and told["valid"] and told["trust_problem_indic"] is None)


def _finished(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What it comes to, in a thread of its own: in this one a browser of other tests may keep a loop running."""
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(asyncio.run, coroutine).result()


def _parsed(one: Any) -> asn1_x509.Certificate:
    from cryptography.hazmat.primitives.serialization import Encoding

    return asn1_x509.Certificate.load(one.certificate.public_bytes(Encoding.DER))


@pytest.mark.parametrize("case", PKCS7, ids=named)
def test_pyhanko_agrees_or_its_laxness_is_written_down(case, tree):
    let_in = pyhanko_lets_in(case.make(tree).signature, tree)
    assert let_in == (case.refused is None or not case.by_pyhanko)
