"""Generated authorities and certificates: for the demonstration and the tests, shaped like real ones, worth nothing."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID, ObjectIdentifier

from portal.domain.certificate import CardProfile
from portal.proofs.card.authorities import GENERATED_ROOT
from portal.proofs.card.path import LEVEL_3

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
Subject = Sequence[tuple[ObjectIdentifier, str]]

YEAR: Final = timedelta(days=365)
NAMES: Final = {
    CardProfile.MOICA: "內政部憑證管理中心",
    CardProfile.MOEACA: "工商憑證管理中心",
    CardProfile.HCA: "醫事憑證管理中心",
}


@dataclass(frozen=True)
class SignedBy:
    """An authority that can sign: what `cryptography` needs of it."""

    certificate: x509.Certificate
    key: Key

    @property
    def key_id(self) -> str:
        """Subject key identifier in hex."""
        return x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()).digest.hex()


@dataclass(frozen=True)
class CardText:
    """What is written on a certificate; tests change one line of it at a time."""

    subject: Subject
    attributes: Mapping[str, str] = field(default_factory=dict)
    """Subject directory attributes, OID to text; a value beginning with `oid:` is an OBJECT IDENTIFIER."""
    policies: Sequence[str] = (LEVEL_3,)
    encryption: bool = False
    serial: int | None = None
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = ()
    """More of them, with their criticality."""


def new_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """A fresh RSA key."""
    return rsa.generate_private_key(65537, bits)


def make_root(now: datetime, key: Key | None = None, organisation: str = GENERATED_ROOT) -> SignedBy:
    """A root like the government's, whose name says that it is none."""
    key = key or new_key()
    name = _name([(NameOID.COUNTRY_NAME, "TW"), (NameOID.ORGANIZATION_NAME, organisation)])
    return SignedBy(_authority(name, name, key, key, now), key)


def make_issuer(root: SignedBy, profile: CardProfile, now: datetime, key: Key | None = None) -> SignedBy:
    """An issuing authority with the name of the real one; only its key tells them apart."""
    key = key or new_key()
    subject = [
        (NameOID.COUNTRY_NAME, "TW"),
        (NameOID.ORGANIZATION_NAME, "行政院"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, NAMES[profile]),
    ]
    return SignedBy(_authority(_name(subject), root.certificate.subject, key, root.key, now), key)


def make_certificate(
    issuer: SignedBy,
    key: Key,
    text: CardText,
    not_before: datetime,
    life: timedelta = 5 * YEAR,
    digest: hashes.SHA256 | hashes.SHA384 | hashes.SHA512 | None = None,
) -> x509.Certificate:
    """A holder's certificate for `key`."""
    builder = _builder(
        _name(text.subject), issuer.certificate.subject, key.public_key(), not_before, life, text.serial
    )
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), False),
        (_usage(encryption=text.encryption), True),
    ]
    if text.policies:
        told = [x509.PolicyInformation(ObjectIdentifier(policy), None) for policy in text.policies]
        extensions.append((x509.CertificatePolicies(told), False))
    if text.attributes:
        value = directory_attributes(text.attributes)
        extensions.append((x509.UnrecognizedExtension(ObjectIdentifier("2.5.29.9"), value), False))
    for extension, critical in [*extensions, *text.extensions]:
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer.key, digest or hashes.SHA256())


def make_crl(
    issuer: SignedBy,
    entries: Mapping[int, x509.ReasonFlags],
    now: datetime,
    *,
    number: int = 1,
    life: timedelta = YEAR,
    part: x509.IssuingDistributionPoint | None = None,
) -> bytes:
    """DER of a list that names these serials."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(now)
        .next_update(now + life)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False
        )
        .add_extension(x509.CRLNumber(number), critical=False)
    )
    if part is not None:
        builder = builder.add_extension(part, critical=True)
    for serial, reason in entries.items():
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now)
        builder = builder.add_revoked_certificate(
            entry.add_extension(x509.CRLReason(reason), critical=False).build()
        )
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def encryption_twin(text: CardText) -> CardText:
    """The second certificate of the same card: it encrypts and opens no account."""
    return replace(text, encryption=True)


def directory_attributes(attributes: Mapping[str, str]) -> bytes:
    """DER of SubjectDirectoryAttributes: each one value, a PrintableString or an OBJECT IDENTIFIER."""
    parts = []
    for kind, text in attributes.items():
        value = _oid(text[4:]) if text.startswith("oid:") else tlv(0x13, text.encode("ascii"))
        parts.append(tlv(0x30, _oid(kind) + tlv(0x31, value)))
    return tlv(0x30, b"".join(parts))


def tlv(tag: int, content: bytes) -> bytes:
    """One DER value."""
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def _oid(dotted: str) -> bytes:
    from asn1crypto import core

    return bytes(core.ObjectIdentifier(dotted).dump())


def _name(parts: Subject) -> x509.Name:
    return x509.Name([x509.NameAttribute(kind, text) for kind, text in parts])


def _usage(*, encryption: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not encryption,
        content_commitment=False,
        key_encipherment=encryption,
        data_encipherment=encryption,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _authority(
    subject: x509.Name, issuer: x509.Name, key: Key, issuer_key: Key, now: datetime
) -> x509.Certificate:
    is_root = subject == issuer
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    builder = _builder(subject, issuer, key.public_key(), now - 10 * YEAR, 20 * YEAR, None)
    builder = builder.add_extension(x509.BasicConstraints(True, None if is_root else 0), critical=True)
    builder = builder.add_extension(usage, critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    if not is_root:
        policy = x509.PolicyInformation(ObjectIdentifier(LEVEL_3), None)
        builder = builder.add_extension(x509.CertificatePolicies([policy]), critical=False)
        aki = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
        builder = builder.add_extension(aki, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey,
    not_before: datetime,
    life: timedelta,
    serial: int | None,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(serial or secrets.randbits(126) | 1 << 126)
        .not_valid_before(not_before)
        .not_valid_after(not_before + life)
    )
