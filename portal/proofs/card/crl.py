"""Reads an authority's CRL, holds it to every rule, and keeps its serial numbers as a file. A job does this."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.x509.oid import CRLEntryExtensionOID, ExtensionOID

from portal.proofs.card.authorities import Authorities, Authority, Issuer
from portal.proofs.card.fetch import Fetch, NotFetched
from portal.proofs.card.keys import DIGESTS, has_signed
from portal.proofs.card.serials import ListFacts, SerialFile, place_of, write_serials
from portal.proofs.card.status import MISREAD, SKEW

_UNDERSTOOD: Final = {
    ExtensionOID.AUTHORITY_KEY_IDENTIFIER,
    ExtensionOID.CRL_NUMBER,
    ExtensionOID.ISSUING_DISTRIBUTION_POINT,
}


class BadList(Exception):
    """A CRL that is not taken; `code` is for the job's log: what was kept before stays in use until it is stale."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Refreshed:
    """What came of one address: `kept`, `unchanged`, or the code of what was wrong."""

    authority: str
    address: str
    outcome: str
    entries: int


def refresh_lists(authorities: Authorities, folder: Path, fetch: Fetch, now: datetime) -> list[Refreshed]:
    """Fetches every configured CRL and keeps what is good in `folder`; one bad list does not stop the others."""
    told = []
    for authority in (*authorities.roots, *authorities.issuers):
        for address in authority.crls:
            try:
                facts, outcome = take_crl(_bytes_of(authority, address, fetch), authority, folder, now)
                told.append(Refreshed(authority.name, address, outcome, facts.revoked + facts.suspended))
            except BadList as problem:
                told.append(Refreshed(authority.name, address, problem.code, 0))
    return told


def take_crl(der: bytes, authority: Authority, folder: Path, now: datetime) -> tuple[ListFacts, str]:
    """Keeps one CRL of `authority` in `folder`; `kept` or `unchanged`; raises `BadList`.

    Signed by the pinned key with SHA-256 or better, of the pinned name, numbered and not older than what is kept,
    fresh at `now`, of this authority's own certificates for every reason, with nothing critical that is not understood.
    """
    try:
        return _take(der, authority, folder, now)
    except MISREAD:
        raise BadList("crl-malformed") from None


def _take(der: bytes, authority: Authority, folder: Path, now: datetime) -> tuple[ListFacts, str]:
    crl = x509.load_der_x509_crl(der)
    _check_origin(crl, authority)
    this_update, next_update = crl.last_update_utc, crl.next_update_utc
    if this_update > now + SKEW:
        raise BadList("crl-early")
    if next_update is None or next_update < now:
        raise BadList("crl-stale")
    scope = _scope(crl, of_root=not isinstance(authority, Issuer))
    number, place = _number(crl), place_of(folder, authority.key_id, scope)
    digest = hashlib.sha256(der).hexdigest()
    before = _facts_at(place)
    if before is not None:
        if before.digest == digest:
            return before, "unchanged"
        if (number, int(this_update.timestamp())) < (before.number, before.this_update):
            raise BadList("crl-older")
    revoked, suspended, width = _serials(crl)
    facts = ListFacts(
        issuer_key_id=authority.key_id,
        number=number,
        this_update=int(this_update.timestamp()),
        next_update=int(next_update.timestamp()),
        scope=scope,
        digest=digest,
        width=width,
        revoked=len(revoked),
        suspended=len(suspended),
    )
    write_serials(place, facts, revoked, suspended)
    return facts, "kept"


def _bytes_of(authority: Authority, address: str, fetch: Fetch) -> bytes:
    try:
        return fetch(address, None) if "://" in address else (authority.folder / address).read_bytes()
    except NotFetched as problem:
        raise BadList(f"crl-{problem.reason}") from None
    except OSError:
        raise BadList("crl-no-file") from None


def _check_origin(crl: x509.CertificateRevocationList, authority: Authority) -> None:
    if crl.issuer.public_bytes() != authority.certificate.subject.dump():
        raise BadList("crl-other-issuer")
    digest = crl.signature_hash_algorithm
    if digest is None or digest.name not in DIGESTS:
        raise BadList("crl-weak-digest")
    if not has_signed(authority.key, crl.signature, crl.tbs_certlist_bytes, digest.name):
        raise BadList("crl-forged")
    unknown = {one.oid for one in crl.extensions if one.critical} - _UNDERSTOOD
    if unknown:  # a delta, first of all
        raise BadList("crl-not-understood")


def _number(crl: x509.CertificateRevocationList) -> int:
    try:
        return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    except x509.ExtensionNotFound:
        raise BadList("crl-without-number") from None


def _scope(crl: x509.CertificateRevocationList, *, of_root: bool) -> tuple[str, ...]:
    """The distribution points a partial list covers; a complete list has none."""
    try:
        part = crl.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    except x509.ExtensionNotFound:
        return ()
    others = part.only_contains_user_certs if of_root else part.only_contains_ca_certs
    if others or part.only_contains_attribute_certs or part.indirect_crl or part.only_some_reasons:
        raise BadList("crl-partial")
    if part.relative_name is not None:
        raise BadList("crl-not-understood")
    names = part.full_name or []
    if not all(isinstance(name, x509.UniformResourceIdentifier) for name in names):
        raise BadList("crl-not-understood")
    return tuple(sorted(str(name.value) for name in names))


def _serials(crl: Iterable[x509.RevokedCertificate]) -> tuple[list[bytes], list[bytes], int]:
    """Revoked and suspended serials, sorted, and their width in bytes."""
    revoked: list[int] = []
    suspended: list[int] = []
    for entry in crl:
        (suspended if _is_on_hold(entry) else revoked).append(entry.serial_number)
    if any(serial < 0 for serial in (*revoked, *suspended)):
        raise BadList("crl-malformed")
    width = max((serial.bit_length() + 7) // 8 for serial in (1, *revoked, *suspended))
    in_order = [sorted(serial.to_bytes(width, "big") for serial in part) for part in (revoked, suspended)]
    return in_order[0], in_order[1], width


def _is_on_hold(entry: x509.RevokedCertificate) -> bool:
    hold = False
    for extension in entry.extensions:
        if extension.oid == CRLEntryExtensionOID.CRL_REASON:
            hold = extension.value.reason is x509.ReasonFlags.certificate_hold
        elif extension.critical:  # the certificate of another issuer
            raise BadList("crl-not-understood")
    return hold


def _facts_at(place: Path) -> ListFacts | None:
    try:
        return SerialFile(place).facts
    except (OSError, ValueError, TypeError, KeyError):
        return None
