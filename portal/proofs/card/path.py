"""From a card's certificate to a pinned root: RFC 5280 by pyHanko's validator, and what it leaves to the caller.

Only the pinned certificates are candidates; whatever an answer encloses beside the signer's is never looked at.
Nothing is fetched, and revocation is another module's work.
"""

from __future__ import annotations

from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any, Final

from asn1crypto import x509
from pyhanko_certvalidator import CertificateValidator, PKIXValidationParams, ValidationContext
from pyhanko_certvalidator.errors import (
    DisallowedAlgorithmError,
    ExpiredError,
    NotYetValidError,
    PathBuildingError,
    ValidationError,
)

from portal.domain.certificate import CardRefusal, refusal
from portal.domain.refusal import Refusal
from portal.proofs.card.authorities import Authorities, Issuer

LEVEL_3: Final = "2.16.886.101.0.3.3"
"""保證等級第 3 級 of the government's certificate policy: a card, handed over in person."""

_PARAMETERS: Final = PKIXValidationParams(
    user_initial_policy_set=frozenset({LEVEL_3}),
    initial_explicit_policy=True,
    initial_policy_mapping_inhibit=True,
)
_SIGN_IN_PURPOSES: Final = {
    "client_auth",
    "email_protection",
    "any_extended_key_usage",
    "1.3.6.1.4.1.311.20.2.2",
}
"""A certificate limited to other purposes, such as an OCSP responder's, opens no account."""
_MISREAD: Final = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)


def issuer_of(certificate: x509.Certificate, authorities: Authorities, now: datetime) -> Issuer:
    """The pinned authority whose key signed `certificate`, valid at `now` in every respect but revocation.

    Raises `Refusal`: no path, forged, expired, not yet valid, not level 3, not for signatures, an authority's own.
    """
    try:
        _check_form(certificate)
        issuer = _validated(certificate, authorities, now)
        _check_use(certificate)
    except Refusal:
        raise
    except _MISREAD:
        raise refusal(CardRefusal.CARD_MALFORMED) from None
    return issuer


def _check_form(certificate: x509.Certificate) -> None:
    """What RFC 5280 demands of a certificate and libraries let pass."""
    body = certificate["tbs_certificate"]
    serial = body["serial_number"]
    if serial.native <= 0 or len(serial.contents) > 20:
        raise refusal(CardRefusal.CARD_SERIAL)
    if (
        body["version"].native != "v3"
        or body["signature"].dump() != certificate["signature_algorithm"].dump()
    ):
        raise refusal(CardRefusal.CARD_MALFORMED)
    kinds = [extension["extn_id"].dotted for extension in body["extensions"]]
    if len(kinds) != len(set(kinds)):
        raise refusal(CardRefusal.CARD_MALFORMED)
    if certificate["signature_algorithm"].hash_algo not in ("sha256", "sha384", "sha512"):
        raise refusal(CardRefusal.CARD_WEAK_DIGEST)


def _validated(certificate: x509.Certificate, authorities: Authorities, now: datetime) -> Issuer:
    context = ValidationContext(
        trust_roots=[root.certificate for root in authorities.roots],
        other_certs=[issuer.certificate for issuer in authorities.issuers],
        moment=now,
        allow_fetching=False,
        revocation_mode="none",
        time_tolerance=timedelta(0),
    )
    validator = CertificateValidator(certificate, validation_context=context, pkix_params=_PARAMETERS)
    try:
        path = _at_once(validator.async_validate_path())
    except (ValidationError, PathBuildingError) as problem:
        raise refusal(_why(problem, certificate, now)) from None
    chain = list(path.iter_certs(include_root=False))
    signer = chain[-2] if len(chain) == 2 else None  # root, one issuing authority, the card
    issuer = next((one for one in authorities.issuers if one.certificate is signer), None)
    if issuer is None:
        raise refusal(CardRefusal.CARD_ISSUER_UNKNOWN)
    return issuer


def _check_use(certificate: x509.Certificate) -> None:
    """Level 3 named outright and the key meant for signatures: silence, which RFC 5280 lets pass, is a no."""
    policies = certificate.certificate_policies_value
    if policies is None or LEVEL_3 not in [policy["policy_identifier"].dotted for policy in policies]:
        raise refusal(CardRefusal.CARD_WRONG_POLICY)
    usage, purposes = certificate.key_usage_value, certificate.extended_key_usage_value
    if usage is None or "digital_signature" not in usage.native or certificate.ca:
        raise refusal(CardRefusal.CARD_WRONG_USAGE)
    if purposes is not None and not _SIGN_IN_PURPOSES & set(purposes.native):
        raise refusal(CardRefusal.CARD_WRONG_USAGE)


def _why(problem: Exception, certificate: x509.Certificate, now: datetime) -> CardRefusal:
    """The audit log's word for a path that failed."""
    if isinstance(problem, PathBuildingError):
        return CardRefusal.CARD_ISSUER_UNKNOWN
    if isinstance(problem, ExpiredError):
        late = certificate.not_valid_after < now
        return CardRefusal.CARD_EXPIRED if late else CardRefusal.CARD_ISSUER_EXPIRED
    if isinstance(problem, NotYetValidError):
        early = certificate.not_valid_before > now
        return CardRefusal.CARD_NOT_YET_VALID if early else CardRefusal.CARD_ISSUER_EXPIRED
    if isinstance(problem, DisallowedAlgorithmError):
        return CardRefusal.CARD_WEAK_DIGEST
    text = str(problem)
    if "could not be verified" in text:
        return CardRefusal.CARD_FORGED
    if "set of policies" in text:
        return CardRefusal.CARD_WRONG_POLICY
    return CardRefusal.CARD_PATH


def _at_once(work: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that has nothing to wait for: without an event loop it cannot reach a network."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value
    work.close()
    raise RuntimeError("the validator wanted to wait for something")
