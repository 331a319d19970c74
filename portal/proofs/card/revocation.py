"""Whether a certificate is still good: the responder first, then the lists; when nobody can tell, it is refused."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Final

from asn1crypto import core, x509

from portal.domain.certificate import CardRefusal, CertificateStatus, refusal
from portal.domain.refusal import Refusal
from portal.proofs.card.authorities import Issuer
from portal.proofs.card.fetch import Fetch, NotFetched
from portal.proofs.card.ocsp import build_request, read_response
from portal.proofs.card.serials import RevocationLists
from portal.proofs.card.status import Unchecked

REST: Final = timedelta(seconds=30)
"""How long a responder that was down or slow is left alone: the lists answer meanwhile, and no worker waits."""

_NOT_FETCHED: Final = {
    "slow": CardRefusal.STATUS_OCSP_SLOW,
    "too-large": CardRefusal.STATUS_OCSP_TOO_LARGE,
}
_REFUSED: Final = {
    CertificateStatus.REVOKED: CardRefusal.CARD_REVOKED,
    CertificateStatus.SUSPENDED: CardRefusal.CARD_SUSPENDED,
}


class Revocation:
    """The sources of one portal; one object for all threads of a worker."""

    def __init__(self, lists: RevocationLists, fetch: Fetch) -> None:
        self._lists, self._fetch = lists, fetch
        self._resting: dict[str, tuple[datetime, CardRefusal]] = {}

    def check(self, certificate: x509.Certificate, issuer: Issuer, now: datetime) -> str:
        """Who cleared the certificate, `ocsp` or `crl`; raises `Refusal`: revoked, suspended, nobody can tell."""
        return self.check_again(issuer, certificate.serial_number, distribution_points(certificate), now)

    def check_again(self, issuer: Issuer, serial: int, points: tuple[str, ...], now: datetime) -> str:
        """The same of a certificate that was seen before: its serial number and distribution points.

        The issuing authority itself is looked up in its root's list.
        """
        self._check_issuer(issuer, now)
        try:
            status, source = self._status_of(issuer, serial, points, now)
        except Unchecked as problem:
            raise refusal(problem.reason) from None
        if status is not CertificateStatus.GOOD:
            raise refusal(_REFUSED[status])
        return source

    def status_of(
        self, issuer: Issuer, serial: int, points: tuple[str, ...], now: datetime, *, ask: bool
    ) -> CertificateStatus | None:
        """What is known of a certificate that was seen before, by the lists; None: nobody can tell.

        `ask`: the responder, too, where the lists cannot tell. With its authority every certificate is revoked.
        """
        try:
            self._check_issuer(issuer, now)
        except Refusal as refused:
            if refused.code == CardRefusal.ISSUER_REVOKED.value:
                return CertificateStatus.REVOKED
        try:
            return self._lists.status_of(issuer.key_id, serial, points, now)
        except Unchecked:
            if not ask or not issuer.ocsp:
                return None
        try:
            return self._ask(issuer.ocsp, issuer, serial, now)
        except Unchecked:
            return None

    def _check_issuer(self, issuer: Issuer, now: datetime) -> None:
        points = distribution_points(issuer.certificate)
        try:
            status = self._lists.status_of(issuer.root.key_id, issuer.certificate.serial_number, points, now)
        except Unchecked as problem:
            raise refusal(problem.reason) from None
        if status is not CertificateStatus.GOOD:
            raise refusal(CardRefusal.ISSUER_REVOKED)

    def _status_of(
        self, issuer: Issuer, serial: int, points: tuple[str, ...], now: datetime
    ) -> tuple[CertificateStatus, str]:
        why_not = None
        if issuer.ocsp:
            try:
                return self._ask(issuer.ocsp, issuer, serial, now), "ocsp"
            except Unchecked as problem:
                why_not = problem
                if problem.reason is CardRefusal.STATUS_UNKNOWN:
                    raise  # its own authority does not know it: no list can clear it
        try:
            return self._lists.status_of(issuer.key_id, serial, points, now), "crl"
        except Unchecked as problem:
            raise why_not or problem from None

    def _ask(self, address: str, issuer: Issuer, serial: int, now: datetime) -> CertificateStatus:
        until, reason = self._resting.get(address, (now, CardRefusal.STATUS_OCSP_DOWN))
        if until > now:
            raise Unchecked(reason)
        nonce = secrets.token_bytes(16)
        try:
            answer = self._fetch(address, build_request(issuer, serial, nonce))
        except NotFetched as problem:
            reason = _NOT_FETCHED.get(problem.reason, CardRefusal.STATUS_OCSP_DOWN)
            self._resting[address] = (now + REST, reason)
            raise Unchecked(reason) from None

        def not_revoked(own_serial: int) -> bool:
            try:
                return self._lists.status_of(issuer.key_id, own_serial, (), now) is CertificateStatus.GOOD
            except Unchecked:
                return False

        return read_response(answer, issuer, serial, nonce, now, not_revoked)


def distribution_points(certificate: x509.Certificate) -> tuple[str, ...]:
    """The CRL distribution points a certificate names: to match a partial list with, never to be asked."""
    value = certificate.crl_distribution_points_value
    if value is None:
        return ()
    names = []
    for point in value:
        place = point["distribution_point"]
        if not isinstance(place, core.Void) and place.name == "full_name":
            names += [str(name.native) for name in place.chosen if name.name == "uniform_resource_identifier"]
    return tuple(names)
