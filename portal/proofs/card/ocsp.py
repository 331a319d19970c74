"""Asks the authority's responder about one certificate, and believes only an answer it really gave, just now."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from portal.domain.certificate import CardRefusal, CertificateStatus
from portal.proofs.card.authorities import Authority
from portal.proofs.card.keys import DIGESTS, PublicKey, WeakKey, has_signed, strong_key
from portal.proofs.card.status import MISREAD, SKEW, Unchecked

WITHOUT_END: Final = timedelta(minutes=10)
"""How old an answer without nextUpdate may be."""

NotRevoked = Callable[[int], bool]
"""Whether the authority's lists clear the serial number of a responder's own certificate."""


def build_request(issuer: Authority, serial: int, nonce: bytes) -> bytes:
    """DER of a question about one serial number. SHA-1 names the issuer there, as every responder understands."""
    names = (_digest("sha1", _name(issuer)), _digest("sha1", _key_bits(issuer.certificate)))
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(*names, serial, hashes.SHA1())  # noqa: S303
    request = builder.add_extension(x509.OCSPNonce(nonce), critical=False).build()
    return request.public_bytes(serialization.Encoding.DER)


def read_response(
    der: bytes, issuer: Authority, serial: int, nonce: bytes, now: datetime, not_revoked: NotRevoked
) -> CertificateStatus:
    """What the responder says of `serial`; raises `Unchecked` for every answer that proves nothing.

    Signed by the issuer itself or by a responder it certified for this; about this certificate; with our nonce, if
    with any; fresh at `now`. `unknown` is no answer either.
    """
    try:
        response = ocsp.load_der_ocsp_response(der)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise Unchecked(CardRefusal.STATUS_OCSP_REFUSED)
        _check_signature(response, issuer, now, not_revoked)
        _check_nonce(response, nonce)
        single = next((one for one in response.responses if _is_about(one, issuer, serial)), None)
        if single is None:
            raise Unchecked(CardRefusal.STATUS_OCSP_OTHER_CARD)
        _check_fresh(single, now)
        return _status(single)
    except MISREAD:
        raise Unchecked(CardRefusal.STATUS_OCSP_MALFORMED) from None


def _status(single: ocsp.OCSPSingleResponse) -> CertificateStatus:
    if single.certificate_status is ocsp.OCSPCertStatus.GOOD:
        return CertificateStatus.GOOD
    if single.certificate_status is ocsp.OCSPCertStatus.REVOKED:
        held = single.revocation_reason is x509.ReasonFlags.certificate_hold
        return CertificateStatus.SUSPENDED if held else CertificateStatus.REVOKED
    raise Unchecked(CardRefusal.STATUS_UNKNOWN)


def _check_signature(
    response: ocsp.OCSPResponse, issuer: Authority, now: datetime, not_revoked: NotRevoked
) -> None:
    digest = response.signature_hash_algorithm
    if digest is None or digest.name not in DIGESTS:
        raise Unchecked(CardRefusal.STATUS_OCSP_UNSIGNED)
    key = _responder_key(response, issuer, now, not_revoked)
    if not has_signed(key, response.signature, response.tbs_response_bytes, digest.name):
        raise Unchecked(CardRefusal.STATUS_OCSP_UNSIGNED)
    if any(extension.critical for extension in response.extensions):
        raise Unchecked(CardRefusal.STATUS_OCSP_MALFORMED)


def _responder_key(
    response: ocsp.OCSPResponse, issuer: Authority, now: datetime, not_revoked: NotRevoked
) -> PublicKey:
    """The key that may speak for `issuer`: its own, or one in a certificate it made for OCSP."""
    name, key_hash = response.responder_name, response.responder_key_hash

    def is_named(subject: bytes, bits: bytes) -> bool:
        if name is not None:
            return name.public_bytes() == subject
        return key_hash == _digest("sha1", bits)

    if is_named(_name(issuer), _key_bits(issuer.certificate)):
        return issuer.key
    for certificate in response.certificates[:4]:
        parsed = asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
        if is_named(parsed.subject.dump(), _key_bits(parsed)) and _is_responder(
            certificate, issuer, now, not_revoked
        ):
            return strong(parsed)
    raise Unchecked(CardRefusal.STATUS_OCSP_RESPONDER)


def strong(certificate: asn1_x509.Certificate) -> PublicKey:
    """The responder's key; raises `Unchecked` if it is weak."""
    try:
        return strong_key(certificate["tbs_certificate"]["subject_public_key_info"].dump())
    except WeakKey:
        raise Unchecked(CardRefusal.STATUS_OCSP_RESPONDER) from None


def _is_responder(
    certificate: x509.Certificate, issuer: Authority, now: datetime, not_revoked: NotRevoked
) -> bool:
    digest = certificate.signature_hash_algorithm
    if digest is None or digest.name not in DIGESTS or certificate.issuer.public_bytes() != _name(issuer):
        return False
    if not has_signed(issuer.key, certificate.signature, certificate.tbs_certificate_bytes, digest.name):
        return False
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        return False
    try:
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    spared = any(isinstance(extension.value, x509.OCSPNoCheck) for extension in certificate.extensions)
    return ExtendedKeyUsageOID.OCSP_SIGNING in purposes and (spared or not_revoked(certificate.serial_number))


def _check_nonce(response: ocsp.OCSPResponse, nonce: bytes) -> None:
    """Old responders leave the nonce out; one that is there must be ours."""
    for extension in response.extensions:
        if isinstance(extension.value, x509.OCSPNonce) and extension.value.nonce != nonce:
            raise Unchecked(CardRefusal.STATUS_OCSP_REPLAYED)


def _check_fresh(single: ocsp.OCSPSingleResponse, now: datetime) -> None:
    begin, end = single.this_update_utc, single.next_update_utc
    if begin > now + SKEW:
        raise Unchecked(CardRefusal.STATUS_OCSP_EARLY)
    if (end or begin + WITHOUT_END) < now:
        raise Unchecked(CardRefusal.STATUS_OCSP_STALE)


def _is_about(single: ocsp.OCSPSingleResponse, issuer: Authority, serial: int) -> bool:
    algorithm = single.hash_algorithm.name
    return (
        single.serial_number == serial
        and algorithm in ("sha1", *DIGESTS)
        and single.issuer_name_hash == _digest(algorithm, _name(issuer))
        and single.issuer_key_hash == _digest(algorithm, _key_bits(issuer.certificate))
    )


def _name(issuer: Authority) -> bytes:
    return bytes(issuer.certificate.subject.dump())


def _key_bits(certificate: asn1_x509.Certificate) -> bytes:
    """The bits of the public key, without their algorithm, as OCSP hashes them."""
    bits = certificate["tbs_certificate"]["subject_public_key_info"]["public_key"]
    return bytes(bits.contents[1:])


def _digest(algorithm: str, data: bytes) -> bytes:
    return hashlib.new(algorithm, data, usedforsecurity=algorithm != "sha1").digest()
