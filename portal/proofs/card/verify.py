"""A card's answer to a challenge: everything is checked here, in the order that costs least."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from typing import Protocol

from asn1crypto import x509

from portal.domain.certificate import CardRefusal, PresentedCertificate, refusal
from portal.proofs.card.authorities import Authorities, Issuer
from portal.proofs.card.gate import CardAnswer, Signed, open_answer
from portal.proofs.card.keys import spki_of
from portal.proofs.card.path import issuer_of
from portal.proofs.card.profiles import holder_of
from portal.proofs.card.revocation import distribution_points


class StatusSource(Protocol):
    """Who tells whether a certificate is still good; `revocation.Revocation` in service."""

    def check(self, certificate: x509.Certificate, issuer: Issuer, now: datetime) -> str:
        """The source's name; raises `Refusal`."""


def verify(
    answer: CardAnswer, challenge: bytes, authorities: Authorities, revocation: StatusSource, now: datetime
) -> PresentedCertificate:
    """The certificate whose card signed exactly `challenge`; raises `Refusal` with a code of `CardRefusal`.

    The caller has spent the challenge before, whatever comes of this, and looks for the binding afterwards.
    Takes some milliseconds, and at most `fetch.OCSP_SECONDS` more when the responder is slow; outside of transactions.
    """
    return judge(open_signed(answer, challenge), authorities, revocation, now)


def open_signed(answer: CardAnswer, challenge: bytes) -> Signed:
    """Half of `verify`: the certificate whose key signed exactly `challenge`, whatever the certificate is worth."""
    signed = open_answer(answer, challenge)
    if not hmac.compare_digest(signed.content, challenge):
        raise refusal(CardRefusal.ANSWER_OTHER_CONTENT)
    return signed


def judge(
    signed: Signed, authorities: Authorities, revocation: StatusSource, now: datetime
) -> PresentedCertificate:
    """The other half: whether the certificate is worth anything, and who its holder is."""
    certificate = signed.certificate
    issuer = issuer_of(certificate, authorities, now)
    holder = holder_of(certificate, issuer.profile)
    source = revocation.check(certificate, issuer, now)
    return PresentedCertificate(
        issuer_key_id=issuer.key_id,
        serial=hex_serial(certificate.serial_number),
        fingerprint=fingerprint_of(certificate),
        spki_hash=hashlib.sha256(spki_of(certificate)).hexdigest(),
        not_before=certificate.not_valid_before,
        not_after=certificate.not_valid_after,
        card_number=signed.card_number,
        holder=holder,
        status_source=source,
        distribution_points=distribution_points(certificate),
    )


def fingerprint_of(certificate: x509.Certificate) -> str:
    """SHA-256 of the whole certificate in hex, by which the audit trail names it."""
    return hashlib.sha256(certificate.dump()).hexdigest()


def hex_serial(serial: int) -> str:
    """A serial number as it is kept: lower-case hex, two digits for each byte."""
    return serial.to_bytes((serial.bit_length() + 7) // 8 or 1, "big").hex()
