"""Certificates of a small authority of the tests' own, shaped like those on citizens' cards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Issued:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@cache
def authority() -> Issued:
    """The issuer of all of them."""
    key = _rsa_key("authority")
    name = _name("測試憑證管理中心", "")
    builder = _builder(name, name, key, timedelta(days=-30), timedelta(days=300))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return Issued(builder.sign(key, hashes.SHA256()), key)


@cache
def signing(kind: str = "rsa") -> Issued:
    """What a person signs in with: `rsa`, `ec`, or expired (`old`) or not yet valid (`new`)."""
    key: Key = ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else _rsa_key("holder")
    first, last = {"old": (-20, -1), "new": (1, 20)}.get(kind, (-10, 200))
    return _issue(key, "digital_signature", timedelta(days=first), timedelta(days=last))


@cache
def encryption() -> Issued:
    """The other certificate of a card: it must never sign in."""
    return _issue(_rsa_key("holder"), "key_encipherment", timedelta(days=-10), timedelta(days=200))


def _issue(key: Key, usage: str, first: timedelta, last: timedelta) -> Issued:
    issuer = authority()
    builder = _builder(
        _name("王小明", "0000000112345678"), issuer.certificate.subject, key, first, last
    ).add_extension(_usage(usage), critical=True)
    return Issued(builder.sign(issuer.key, hashes.SHA256()), key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: Key, first: timedelta, last: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + first)
        .not_valid_after(now + last)
    )


def _name(common: str, number: str) -> x509.Name:
    parts = [(NameOID.COUNTRY_NAME, "TW"), (NameOID.COMMON_NAME, common), (NameOID.SERIAL_NUMBER, number)]
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in parts if value])


def _usage(wanted: str) -> x509.KeyUsage:
    names = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{name: name == wanted for name in names})


@cache
def _rsa_key(name: str) -> rsa.RSAPrivateKey:
    """One of each name: making a key takes a while."""
    return rsa.generate_private_key(65537, 2048)
