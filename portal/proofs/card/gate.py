"""The strict gate: what an answer must look like before anything in it is believed.

Two shapes come in. `pkcs7` is the CMS SignedData of the official component: content attached, signer's certificate
alone, signed attributes. `pkcs1` is a bare signature with the certificate beside it, as health cards give.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Final, Literal

from asn1crypto import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from portal.domain.certificate import CardRefusal, refusal
from portal.domain.refusal import Refusal
from portal.proofs.card.cms import (
    CONTENT_TYPE,
    DATA,
    MESSAGE_DIGEST,
    OCTET_STRING,
    OID,
    SignedContent,
    read_signed_content,
)
from portal.proofs.card.der import NotDer, Value, check_der, dotted, values_in
from portal.proofs.card.keys import DIGESTS, PublicKey, WeakKey, has_signed, key_of

LARGEST: Final = 64 * 1024
"""Bytes of an answer, signature and certificate together, and as many characters of base64."""

_CARD_NUMBER: Final = "2.16.886.1.100.2.204"
_CARD_NUMBER_FORM: Final = re.compile(rb"[A-Z]{2}[A-Z0-9]{2}[0-9]{12}")  # test cards begin with four letters
_DIGESTS: Final = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_RSA: Final[dict[str, str | None]] = {
    "1.2.840.113549.1.1.1": None,  # rsaEncryption: the digest is named elsewhere
    "1.2.840.113549.1.1.11": "sha256",
    "1.2.840.113549.1.1.12": "sha384",
    "1.2.840.113549.1.1.13": "sha512",
}
_ECDSA: Final[dict[str, str | None]] = {
    "1.2.840.10045.4.3.2": "sha256",
    "1.2.840.10045.4.3.3": "sha384",
    "1.2.840.10045.4.3.4": "sha512",
}
_MISREAD: Final = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)
"""What the ASN.1 library raises for bytes that are not what they claim to be."""

Shape = Literal["pkcs7", "pkcs1"]


@dataclass(frozen=True)
class CardAnswer:
    """What a reader component gave back."""

    shape: Shape
    signature: bytes
    certificate: bytes | None = None
    """DER; of the shape `pkcs1` alone."""


@dataclass(frozen=True)
class Signed:
    """An answer that passed the gate: who signed what. Nothing is known yet about the certificate's worth."""

    certificate: x509.Certificate
    key: PublicKey
    content: bytes
    card_number: str | None


def read_answer(shape: str, signature: str, certificate: str = "") -> CardAnswer:
    """An answer as it came in a form: base64 texts; raises `Refusal`."""
    if shape not in ("pkcs7", "pkcs1"):
        raise refusal(CardRefusal.ANSWER_SHAPE)
    if len(signature) + len(certificate) > LARGEST:
        raise refusal(CardRefusal.ANSWER_TOO_LARGE)
    try:
        parts = [base64.b64decode(text.encode("ascii"), validate=True) for text in (signature, certificate)]
    except (binascii.Error, UnicodeEncodeError):
        raise refusal(CardRefusal.ANSWER_NOT_BASE64) from None
    return CardAnswer("pkcs7" if shape == "pkcs7" else "pkcs1", parts[0], parts[1] or None)


def open_answer(answer: CardAnswer, challenge: bytes) -> Signed:
    """The signer and the content, the signature checked with the key of the enclosed certificate; raises `Refusal`.

    Of a bare signature the content is `challenge` itself: it verifies over nothing else.
    """
    if not answer.signature or (answer.shape == "pkcs1" and not answer.certificate):
        raise refusal(CardRefusal.ANSWER_EMPTY)
    if len(answer.signature) + len(answer.certificate or b"") > LARGEST:
        raise refusal(CardRefusal.ANSWER_TOO_LARGE)
    try:
        return _open_pkcs7(answer.signature) if answer.shape == "pkcs7" else _open_pkcs1(answer, challenge)
    except Refusal:
        raise
    except _MISREAD:
        raise refusal(CardRefusal.ANSWER_MALFORMED) from None


def _open_pkcs1(answer: CardAnswer, challenge: bytes) -> Signed:
    der = answer.certificate or b""
    _demand_der(der)
    certificate, key = _certificate(der)
    if not any(has_signed(key, answer.signature, challenge, digest) for digest in DIGESTS):
        weak = has_signed(key, answer.signature, challenge, "sha1")  # what old components still make
        raise refusal(CardRefusal.ANSWER_WEAK_DIGEST if weak else CardRefusal.ANSWER_SIGNATURE)
    return Signed(certificate, key, challenge, None)


def _open_pkcs7(der: bytes) -> Signed:
    _demand_der(der)
    told = read_signed_content(der)
    certificate, key = _certificate(told.certificate)
    digest = _digest(told, key)
    attributes = told.attributes
    kind, hashed = attributes.get(CONTENT_TYPE), attributes.get(MESSAGE_DIGEST)
    if kind is None or hashed is None or kind.tag != OID or dotted(kind.content) != DATA:
        raise refusal(CardRefusal.ANSWER_ATTRIBUTES)
    if hashed.tag != OCTET_STRING or hashed.content != hashlib.new(digest, told.content).digest():
        raise refusal(CardRefusal.ANSWER_DIGEST)
    if not has_signed(key, told.signature, told.signed, digest):
        raise refusal(CardRefusal.ANSWER_SIGNATURE)
    return Signed(certificate, key, told.content, _card_number(attributes.get(_CARD_NUMBER)))


def _demand_der(data: bytes) -> None:
    try:
        check_der(data)
    except NotDer as problem:
        reason = CardRefusal.ANSWER_TRAILING_BYTES if problem.trailing else CardRefusal.ANSWER_NOT_DER
        raise refusal(reason) from None


def _certificate(der: bytes) -> tuple[x509.Certificate, PublicKey]:
    certificate = x509.Certificate.load(der, strict=True)
    # What nobody signed has one form only: three values, of which the signature is whole bytes.
    parts = values_in(values_in(der)[0].content)
    if len(parts) != 3 or parts[2].content[:1] != b"\0":
        raise refusal(CardRefusal.CARD_MALFORMED)
    try:
        return certificate, key_of(certificate)
    except WeakKey:
        raise refusal(CardRefusal.CARD_WEAK_KEY) from None


def _digest(told: SignedContent, key: PublicKey) -> str:
    """The digest of content and attributes alike: the one named twice, fit for the signer's key."""
    digest = _DIGESTS.get(told.digest)
    if digest is None:
        raise refusal(CardRefusal.ANSWER_WEAK_DIGEST)
    if told.digest not in told.announced:
        raise refusal(CardRefusal.ANSWER_MALFORMED)
    fitting = _RSA if isinstance(key, rsa.RSAPublicKey) else _ECDSA
    if told.algorithm not in fitting or fitting[told.algorithm] not in (None, digest):
        raise refusal(CardRefusal.ANSWER_ALGORITHM)
    return digest


def _card_number(value: Value | None) -> str | None:
    """A number of the known form, whatever text type it came in; anything else is none."""
    if value is None or not _CARD_NUMBER_FORM.fullmatch(value.content):
        return None
    return value.content.decode("ascii")
