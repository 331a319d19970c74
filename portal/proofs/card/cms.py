"""Reads CMS SignedData (RFC 5652) by its grammar, value by value: nothing is skipped, nothing may be left over.

Libraries pass over values they do not expect; one that is not understood here ends the reading.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NoReturn

from portal.domain.certificate import CardRefusal, refusal
from portal.proofs.card.der import Value, dotted, values_in

INTEGER, BIT_STRING, OCTET_STRING, NULL, OID, SEQUENCE, SET = 0x02, 0x03, 0x04, 0x05, 0x06, 0x30, 0x31
CONTEXT_0, CONTEXT_1 = 0xA0, 0xA1

SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
DATA: Final = "1.2.840.113549.1.7.1"
CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
MOST_CERTIFICATES: Final = 8


@dataclass(frozen=True)
class SignedContent:
    """One signer's word on attached content; nothing of it is checked yet."""

    content: bytes
    certificate: bytes
    """DER of the one enclosed certificate that the signer names by issuer and serial number."""
    attributes: dict[str, Value]
    """The one value of each signed attribute, by OID."""
    signed: bytes
    """What the signature covers: the attributes as a SET OF (RFC 5652, 5.4)."""
    digest: str
    """OID."""
    algorithm: str
    """OID."""
    signature: bytes
    announced: tuple[str, ...]
    """OIDs of the digests that the envelope says are used."""


def read_signed_content(der: bytes) -> SignedContent:
    """The content and its signer; `der` has passed `check_der`. Raises `Refusal`, or `NotDer` within."""
    kind, wrapped = _parts(der, OID, CONTEXT_0)
    if dotted(kind.content) != SIGNED_DATA:
        _malformed()
    (signed_data,) = _parts(wrapped.content, SEQUENCE, within=True)
    values = _Row(values_in(signed_data.content))
    if values.take(INTEGER).content not in (b"\x01", b"\x03"):
        _malformed()
    digests = tuple(_algorithm(one) for one in values_in(values.take(SET).content))
    content = _content(values.take(SEQUENCE))
    enclosed = values.take_if(CONTEXT_0)
    values.take_if(CONTEXT_1)  # lists of revoked certificates: ours come from elsewhere
    signers = values_in(values.take(SET).content)
    values.end()
    if len(signers) != 1:
        raise refusal(CardRefusal.ANSWER_SIGNERS)
    return _read_signer(signers[0], digests, content, enclosed)


def _read_signer(
    signer: Value, digests: tuple[str, ...], content: bytes, enclosed: Value | None
) -> SignedContent:
    values = _Row(values_in(signer.content) if signer.tag == SEQUENCE else [])
    version = values.take(INTEGER).content
    named = values.take_if(SEQUENCE)
    if named is None or enclosed is None:
        raise refusal(CardRefusal.ANSWER_NO_CERTIFICATE)
    if version != b"\x01":  # that of a signer named by issuer and serial number
        _malformed()
    certificate = _named_certificate(enclosed, named)
    digest = _algorithm(values.take(SEQUENCE))
    attributes = values.take_if(CONTEXT_0)
    if attributes is None or not attributes.content:
        raise refusal(CardRefusal.ANSWER_NO_SIGNED_ATTRIBUTES)
    algorithm = _algorithm(values.take(SEQUENCE))
    signature = values.take(OCTET_STRING).content
    values.take_if(CONTEXT_1)  # unsigned attributes: nobody vouches for them
    values.end()
    read = _attributes(attributes)
    return SignedContent(
        content=content,
        certificate=certificate,
        attributes=read,
        signed=b"\x31" + attributes.whole[1:],
        digest=digest,
        algorithm=algorithm,
        signature=signature,
        announced=digests,
    )


def _content(enclosed: Value) -> bytes:
    values = _Row(values_in(enclosed.content))
    kind, wrapped = values.take(OID), values.take_if(CONTEXT_0)
    values.end()
    if dotted(kind.content) != DATA:
        _malformed()
    if wrapped is None:
        raise refusal(CardRefusal.ANSWER_DETACHED)
    (content,) = _parts(wrapped.content, OCTET_STRING, within=True)
    return content.content


def _named_certificate(enclosed: Value, named: Value) -> bytes:
    issuer, serial = _parts(named.whole, SEQUENCE, INTEGER)
    certificates = values_in(enclosed.content)
    if len(certificates) > MOST_CERTIFICATES:
        _malformed()
    found = [one for one in certificates if _issuer_and_serial(one) == (issuer.whole, serial.whole)]
    if len(found) != 1:
        raise refusal(CardRefusal.ANSWER_NO_CERTIFICATE)
    return found[0].whole


def _issuer_and_serial(certificate: Value) -> tuple[bytes, bytes]:
    if certificate.tag != SEQUENCE:
        _malformed()
    body, _, _ = _parts(certificate.whole, SEQUENCE, SEQUENCE, BIT_STRING)
    values = _Row(values_in(body.content))
    values.take_if(CONTEXT_0)
    serial, _, issuer = values.take(INTEGER), values.take(SEQUENCE), values.take(SEQUENCE)
    return issuer.whole, serial.whole


def _attributes(attributes: Value) -> dict[str, Value]:
    """Each kind stands there once and has one value."""
    read: dict[str, Value] = {}
    for attribute in values_in(attributes.content):
        if attribute.tag != SEQUENCE:
            _malformed()
        kind, told = _parts(attribute.whole, OID, SET)
        values = values_in(told.content)
        name = dotted(kind.content)
        if name in read or len(values) != 1:
            raise refusal(CardRefusal.ANSWER_ATTRIBUTES)
        read[name] = values[0]
    return read


def _algorithm(value: Value) -> str:
    """The OID of an AlgorithmIdentifier. Parameters are none or NULL; with others it is one that is not accepted."""
    if value.tag != SEQUENCE:
        _malformed()
    values = _Row(values_in(value.content))
    name = dotted(values.take(OID).content)
    values.take_if(NULL)
    if not values.at_end:
        raise refusal(CardRefusal.ANSWER_ALGORITHM)
    return name


def _parts(der: bytes, *tags: int, within: bool = False) -> list[Value]:
    """The values in the SEQUENCE `der`, or beside each other `within` it, which must be of these tags."""
    if not within:
        (whole,) = values_in(der)
        if whole.tag != SEQUENCE:
            _malformed()
        der = whole.content
    values = values_in(der)
    if [value.tag for value in values] != list(tags):
        _malformed()
    return values


class _Row:
    """Values side by side, taken from the left."""

    def __init__(self, values: list[Value]) -> None:
        self._values: Iterator[Value] = iter(values)
        self._next = next(self._values, None)

    @property
    def at_end(self) -> bool:
        return self._next is None

    def take_if(self, tag: int) -> Value | None:
        value = self._next
        if value is None or value.tag != tag:
            return None
        self._next = next(self._values, None)
        return value

    def take(self, tag: int) -> Value:
        value = self.take_if(tag)
        if value is None:
            _malformed()
        return value

    def end(self) -> None:
        if not self.at_end:
            _malformed()


def _malformed() -> NoReturn:
    raise refusal(CardRefusal.ANSWER_MALFORMED)
