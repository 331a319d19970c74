"""The verifier once more, by other hands: asn1crypto reads the answer, `cryptography` builds the path.

Short and slow, for comparison only: both must come to the same verdict about every answer in these tests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asn1crypto import cms, core, parser
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import verification
from cryptography.x509.oid import NameOID, ObjectIdentifier

from portal.proofs.card.gate import CardAnswer

DIGESTS = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
POLICY = ObjectIdentifier("2.16.886.101.0.3.3")
FIT = {"1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.4", "2.5.29.37.0", "1.3.6.1.4.1.311.20.2.2"}
ARC = "2.16.886.1.100."
KNOWN = {
    "2.5.29.35",
    "2.5.29.14",
    "2.5.29.15",
    "2.5.29.32",
    "2.5.29.9",
    "2.5.29.19",
    "2.5.29.37",
    "1.3.6.1.5.5.7.1.1",
}


class No(Exception):
    """Refused."""


STUMBLES = (
    No,
    *(ValueError, TypeError, KeyError, IndexError, AttributeError, UserWarning, InvalidSignature),
    *(x509.ExtensionNotFound, x509.DuplicateExtension, x509.InvalidVersion, verification.VerificationError),
)


@dataclass(frozen=True)
class Pinned:
    """Whom to believe: the root, the issuers with their kinds, and what their lists say."""

    root: x509.Certificate
    issuers: Mapping[str, x509.Certificate]
    gone: frozenset[int]


def opinion(answer: CardAnswer, challenge: bytes, pinned: Pinned, now: datetime) -> tuple[Any, ...] | None:
    """Kind, name, last four, 統一編號, subject's number and card number; None: refused."""
    try:
        if answer.shape == "pkcs7":
            certificate, number = _read_pkcs7(answer.signature, challenge)
        else:
            certificate, number = _read_pkcs1(answer, challenge), None
        kind = _path(certificate, pinned, now)
        demand(certificate.serial_number not in pinned.gone)
        return (kind, *_holder(certificate, kind), number)
    except STUMBLES:
        return None


def demand(*conditions: bool) -> None:
    if not all(conditions):
        raise No


def _read_pkcs7(der: bytes, challenge: bytes) -> tuple[x509.Certificate, str | None]:
    demand(0 < len(der) <= 65536, der[1] != 0x80)
    envelope = cms.ContentInfo.load(der, strict=True)
    demand(envelope["content_type"].native == "signed_data")
    signed, told = envelope["content"], envelope["content"]["encap_content_info"]
    demand(told["content_type"].native == "data", told["content"].native == challenge)
    demand(len(signed["signer_infos"]) == 1, len(signed["certificates"]) <= 8)
    signer = signed["signer_infos"][0]
    sid = signer["sid"].native
    mine = [one.chosen for one in signed["certificates"] if one.chosen.serial_number == sid["serial_number"]]
    demand(len(mine) == 1, mine[0].issuer.native == sid["issuer"])
    kinds = [one["type"].dotted for one in signer["signed_attrs"]]
    demand(len(kinds) == len(set(kinds)), all(len(one["values"]) == 1 for one in signer["signed_attrs"]))
    values = {one["type"].dotted: one["values"][0].native for one in signer["signed_attrs"]}
    digest = signer["digest_algorithm"]["algorithm"].native
    demand(values["1.2.840.113549.1.9.3"] == "data", digest in DIGESTS)
    demand(values["1.2.840.113549.1.9.4"] == hashlib.new(digest, challenge).digest())
    demand(signer["signature_algorithm"]["algorithm"].native in (
        "rsassa_pkcs1v15", "rsaes_pkcs1v15", f"{digest}_rsa", f"{digest}_ecdsa"))  # fmt: skip
    certificate = x509.load_der_x509_certificate(mine[0].dump())
    signed_bytes = signer["signed_attrs"].untag().dump()
    _check_signature(certificate, signer["signature"].native, signed_bytes, digest)
    demand(("ecdsa" in signer["signature_algorithm"]["algorithm"].native) != _is_rsa(certificate))
    # The same bytes, though a SET may stand in another order: nothing was passed over, no length is odd.
    demand(sorted(envelope.dump(force=True)) == sorted(der))
    return certificate, values.get(f"{ARC}2.204")


def _read_pkcs1(answer: CardAnswer, challenge: bytes) -> x509.Certificate:
    certificate = x509.load_der_x509_certificate(answer.certificate or b"")
    for digest in DIGESTS:
        try:
            _check_signature(certificate, answer.signature, challenge, digest)
            return certificate
        except InvalidSignature:
            continue
    raise No


def _is_rsa(certificate: x509.Certificate) -> bool:
    return isinstance(certificate.public_key(), rsa.RSAPublicKey)


def _check_signature(certificate: x509.Certificate, signature: bytes, data: bytes, digest: str) -> None:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        demand(key.key_size >= 2048)
        key.verify(signature, data, padding.PKCS1v15(), DIGESTS[digest])
    else:
        demand(isinstance(key, ec.EllipticCurvePublicKey), key.curve.name in ("secp256r1", "secp384r1"))
        key.verify(signature, data, ec.ECDSA(DIGESTS[digest]))


def _path(certificate: x509.Certificate, pinned: Pinned, now: datetime) -> str:
    demand(0 < certificate.serial_number < 1 << 159, certificate.version is x509.Version.v3)
    demand(isinstance(certificate.signature_hash_algorithm, tuple(type(one) for one in DIGESTS.values())))
    anything = verification.ExtensionPolicy.permit_all()
    authority = anything.require_present(x509.BasicConstraints, verification.Criticality.AGNOSTIC, None)
    builder = (
        verification.PolicyBuilder().store(verification.Store([pinned.root])).time(now.replace(tzinfo=None))
    )
    builder = builder.extension_policies(ca_policy=authority, ee_policy=anything).max_chain_depth(1)
    chain = builder.build_client_verifier().verify(certificate, list(pinned.issuers.values())).chain
    demand(len(chain) == 3)
    extensions = {one.oid.dotted_string: one.value for one in certificate.extensions}
    demand(extensions.keys() <= KNOWN)
    demand(POLICY in [one.policy_identifier for one in extensions["2.5.29.32"]])
    demand(extensions["2.5.29.15"].digital_signature)
    demand("2.5.29.19" not in extensions or not extensions["2.5.29.19"].ca)
    purposes = extensions.get("2.5.29.37")
    demand(purposes is None or bool(FIT & {one.dotted_string for one in purposes}))
    return next(kind for kind, issuer in pinned.issuers.items() if issuer == chain[1])


def _within(der: bytes) -> list[bytes]:
    """The values in one value."""
    inside, parts = parser.parse(der)[4], []
    while inside:
        _, _, _, head, content, _ = parser.parse(inside)
        parts.append(inside[: len(head) + len(content)])
        inside = inside[len(head) + len(content) :]
    return parts


def _holder(certificate: x509.Certificate, kind: str) -> tuple[Any, ...]:
    extensions = {one.oid.dotted_string: one.value for one in certificate.extensions}
    told: dict[str, str] = {}
    if "2.5.29.9" in extensions:
        for attribute in _within(extensions["2.5.29.9"].value):
            kind_of_it, values = (core.load(part) for part in _within(attribute))
            (value,) = _within(values.dump())
            demand(kind_of_it.native not in told)
            told[kind_of_it.native] = core.load(value).native

    def part(oid: ObjectIdentifier) -> str | None:
        found = [str(one.value) for one in certificate.subject.get_attributes_for_oid(oid)]
        demand(len(found) <= 1)
        return found[0] if found else None

    name, number, organisation = map(
        part, (NameOID.COMMON_NAME, NameOID.SERIAL_NUMBER, NameOID.ORGANIZATION_NAME)
    )
    group, four, ubn = told.get(f"{ARC}2.1", ""), told.get(f"{ARC}2.51"), told.get(f"{ARC}2.101")
    demand(four is None or (len(four) == 4 and four.isdigit()))
    if kind == "moica":
        demand(not group.startswith(f"{ARC}3.2"), number is not None)
        ubn = None
    elif kind == "moeaca":
        demand(ubn is not None, len(ubn) == 8, ubn.isdigit(), number is None or number == ubn)
        demand(group.startswith(f"{ARC}3.2"), told.get(f"{ARC}2.2") in ("primary", "secondary"))
        name, four = organisation, None
    else:
        demand(group == f"{ARC}3.1.7")
        ubn = None
    demand(bool(name), name.isprintable())
    return name, four, ubn, number
