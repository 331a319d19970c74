"""Public keys: which are strong enough, and whether one of them made a signature."""

from __future__ import annotations

from typing import Any, Final

from asn1crypto import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

SMALLEST_RSA: Final = 2048
LARGEST_RSA: Final = 8192
"""Bits; a larger key would only cost the server time."""
CURVES: Final = ("secp256r1", "secp384r1")
DIGESTS: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
"""What may be signed over. Everything older, SHA-1 first, is refused."""

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


class WeakKey(ValueError):
    """A key of a kind or size that is not accepted."""


def strong_key(spki: bytes) -> PublicKey:
    """The key in a DER SubjectPublicKeyInfo: RSA of 2048 to 8192 bits, P-256 or P-384; raises `WeakKey`."""
    try:
        key = serialization.load_der_public_key(spki)
    except (ValueError, TypeError, UnsupportedAlgorithm) as problem:
        raise WeakKey(str(problem)) from None
    if isinstance(key, rsa.RSAPublicKey):
        if not SMALLEST_RSA <= key.key_size <= LARGEST_RSA:
            raise WeakKey(f"RSA with {key.key_size} bits")
        exponent = key.public_numbers().e
        if not 3 <= exponent < 1 << 33:
            raise WeakKey("an odd exponent")
        return key
    if isinstance(key, ec.EllipticCurvePublicKey):
        if key.curve.name not in CURVES:
            raise WeakKey(f"curve {key.curve.name}")
        return key
    raise WeakKey(type(key).__name__)


def key_of(certificate: x509.Certificate) -> PublicKey:
    """The key of a certificate; raises `WeakKey`."""
    return strong_key(spki_of(certificate))


def spki_of(certificate: x509.Certificate) -> bytes:
    """The DER SubjectPublicKeyInfo of a certificate, as it stands there."""
    spki: Any = certificate["tbs_certificate"]["subject_public_key_info"]
    return bytes(spki.dump())


def has_signed(key: PublicKey, signature: bytes, data: bytes, digest: str) -> bool:
    """Whether `key` signed `data`: RSA with PKCS #1 v1.5 padding, or ECDSA in DER.

    `digest` is one of `DIGESTS`, or `sha1` to tell an old component from a forger.
    """
    algorithm = DIGESTS.get(digest) or hashes.SHA1()  # noqa: S303
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), algorithm)
        else:
            key.verify(signature, data, ec.ECDSA(algorithm))
    except InvalidSignature:
        return False
    return True
