"""Answers of reader components: good ones, and every way in which one can be wrong. Tests run them all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from asn1crypto import cms, core
from asn1crypto import x509 as asn1_x509

from portal.domain.certificate import CardProfile, CardRefusal
from portal.proofs.card.demo_authority import tlv
from portal.proofs.card.gate import CardAnswer
from tests.rig.authority import NOON, REVOKED, YEAR, Tree
from tests.rig.card_answers import CARD_NUMBER, Attributes, pkcs1, pkcs7

CHALLENGE = b"cardauth.v1.eyJhdWQiOiJodHRwczovL3BvcnRhbC5leGFtcGxlIn0"


@dataclass(frozen=True)
class Case:
    """One answer, and the code it is refused with; None: it is good."""

    name: str
    make: Callable[[Tree], CardAnswer]
    refused: CardRefusal | None = None
    by_pyhanko: bool | None = True
    """Whether pyHanko alone, asked for the explicit policy, comes to the same verdict; None: that depends."""


def bytes_of(change: Callable[[bytes], bytes]) -> Callable[[Tree], CardAnswer]:
    return lambda tree: CardAnswer("pkcs7", change(pkcs7(tree.card(), CHALLENGE).signature))


def answer(**how: Any) -> Callable[[Tree], CardAnswer]:
    return lambda tree: pkcs7(tree.card(), CHALLENGE, **how)


def _set(*path_and_value: Any) -> Callable[[Any], None]:
    *path, last, value = path_and_value

    def change(thing: Any) -> None:
        for part in path:
            thing = thing[part]
        thing[last] = value

    return change


def _indefinite(der: bytes) -> bytes:
    return b"\x30\x80" + _inside(der) + b"\x00\x00"


def _inside(der: bytes) -> bytes:
    size = der[1] & 0x7F if der[1] & 0x80 else 0
    return der[2 + size :]


def _long_length(der: bytes) -> bytes:
    return b"\x30\x83" + len(_inside(der)).to_bytes(3, "big") + _inside(der)


def _deep(_: bytes) -> bytes:
    nested = b""
    for _level in range(60):
        nested = tlv(0x30, nested)
    return nested


def _twice(signed: cms.SignedData) -> None:
    signed["signer_infos"] = cms.SignerInfos([signed["signer_infos"][0].copy() for _ in range(2)])


def _no_signers(signed: cms.SignedData) -> None:
    signed["signer_infos"] = cms.SignerInfos([])


def _without(kind: str) -> Callable[[Attributes], Attributes]:
    return lambda told: [one for one in told if one[0] != kind]


def _again(kind: str) -> Callable[[Attributes], Attributes]:
    return lambda told: [*told, next(one for one in told if one[0] == kind)]


def _replaced(kind: str, values: list[Any]) -> Callable[[Attributes], Attributes]:
    return lambda told: [(one, values if one == kind else had) for one, had in told]


def _twins(tree: Tree) -> CardAnswer:
    """Two certificates of one issuer and serial: which of them signed is anybody's guess."""
    card, other = tree.card(), None
    serial = card.certificate.serial_number
    text = _with_serial(serial)
    other = tree.card(text=text, key=tree.keys[1])
    both = [asn1_x509.Certificate.load(one.der) for one in (card, other)]
    return pkcs7(card, CHALLENGE, change=_set("certificates", cms.CertificateSet(both)))


def _with_serial(serial: int) -> Any:
    from dataclasses import replace

    from portal.proofs.card.demo_cards import citizen

    return replace(citizen(), serial=serial)


def _key_id_signer(info: cms.SignerInfo) -> None:
    info["sid"] = cms.SignerIdentifier(name="subject_key_identifier", value=b"\x01" * 20)


def _no_certificates(signed: cms.SignedData) -> None:
    signed["certificates"] = cms.CertificateSet([])


def _unsorted(tree: Tree) -> CardAnswer:
    """A signer that leaves its attributes in the order in which it thought of them."""
    good = pkcs7(tree.card(), CHALLENGE)
    envelope = cms.ContentInfo.load(good.signature)
    info = envelope["content"]["signer_infos"][0]
    parts = [one.dump() for one in info["signed_attrs"]][::-1]
    raw = tlv(0x31, b"".join(parts))
    info["signed_attrs"] = cms.CMSAttributes.load(raw)
    info["signature"] = tree.card().sign(raw)
    return CardAnswer("pkcs7", envelope.dump())


def _many_certificates(tree: Tree) -> CardAnswer:
    many = [asn1_x509.Certificate.load(tree.card().der) for _ in range(9)]
    return pkcs7(tree.card(), CHALLENGE, change=_set("certificates", cms.CertificateSet(many)))


R = CardRefusal
GOOD = [
    Case("citizen", answer()),
    Case("sha-384", answer(digest="sha384")),
    Case("sha-512", answer(digest="sha512")),
    Case("with signing time", answer(at=NOON)),
    Case("the visitor's clock is two years late", answer(at=NOON - 2 * YEAR)),
    Case("the visitor's clock is ahead", answer(at=NOON + timedelta(hours=9))),
    Case("without card number", answer(card_number=None)),
    Case("attributes unsorted", _unsorted),
    Case("bare signature", lambda tree: pkcs1(tree.card(CardProfile.HCA), CHALLENGE)),
    Case("bare signature, sha-512", lambda tree: pkcs1(tree.card(CardProfile.HCA), CHALLENGE, "sha512")),
]
BAD = [
    Case("nothing", lambda _: CardAnswer("pkcs7", b""), R.ANSWER_EMPTY),
    Case("trailing byte", bytes_of(lambda der: der + b"\0"), R.ANSWER_TRAILING_BYTES, by_pyhanko=False),
    Case("two answers", bytes_of(lambda der: der + der), R.ANSWER_TRAILING_BYTES, by_pyhanko=False),
    Case("trailing inside", bytes_of(lambda der: tlv(0x30, _inside(der) + b"\5\0")), R.ANSWER_MALFORMED,
         by_pyhanko=False),
    Case("cut off", bytes_of(lambda der: der[:-1]), R.ANSWER_NOT_DER),
    Case("indefinite length", bytes_of(_indefinite), R.ANSWER_NOT_DER, by_pyhanko=False),
    Case("length with a zero", bytes_of(_long_length), R.ANSWER_NOT_DER, by_pyhanko=False),
    Case("nested deeply", bytes_of(_deep), R.ANSWER_NOT_DER),
    Case("many values", bytes_of(lambda _: tlv(0x30, b"\5\0" * 5000)), R.ANSWER_NOT_DER),
    Case("huge", bytes_of(lambda _: tlv(0x30, b"\4\3abc" * 14_000)), R.ANSWER_TOO_LARGE),
    Case("text", bytes_of(lambda _: b"-----BEGIN PKCS7-----"), R.ANSWER_NOT_DER),
    Case("a number", bytes_of(lambda _: b"\2\1\5"), R.ANSWER_MALFORMED),
    Case("only data", bytes_of(lambda _: cms.ContentInfo({"content_type": "data", "content": b"x"}).dump()),
         R.ANSWER_MALFORMED),
    Case("a bare certificate", lambda tree: CardAnswer("pkcs7", tree.card().der), R.ANSWER_MALFORMED),
    Case("detached", answer(change=lambda signed: signed["encap_content_info"].__delitem__("content")),
         R.ANSWER_DETACHED),
    Case("other kind of content", answer(change=_set("encap_content_info", "content_type", "1.2.3.4")),
         R.ANSWER_MALFORMED),
    Case("two signers", answer(change=_twice), R.ANSWER_SIGNERS),
    Case("no signer", answer(change=_no_signers), R.ANSWER_SIGNERS),
    Case("no certificate", answer(change=_no_certificates), R.ANSWER_NO_CERTIFICATE),
    Case("two certificates of one serial", _twins, R.ANSWER_NO_CERTIFICATE, by_pyhanko=None),
    Case("nine certificates", _many_certificates, R.ANSWER_MALFORMED),
    Case("signer named by key", answer(change_signer=_key_id_signer), R.ANSWER_NO_CERTIFICATE),
    Case("no signed attributes", answer(attributes=lambda _: []), R.ANSWER_NO_SIGNED_ATTRIBUTES, by_pyhanko=False),
    Case("no content type", answer(attributes=_without("content_type")), R.ANSWER_ATTRIBUTES),
    Case("no message digest", answer(attributes=_without("message_digest")), R.ANSWER_ATTRIBUTES),
    Case("message digest twice", answer(attributes=_again("message_digest")), R.ANSWER_ATTRIBUTES),
    Case("card number twice", answer(attributes=_again(CARD_NUMBER)), R.ANSWER_ATTRIBUTES, by_pyhanko=False),
    Case("two digests in one", answer(attributes=_replaced("message_digest", [b"a" * 32, b"b" * 32])),
         R.ANSWER_ATTRIBUTES),
    Case("two card numbers in one",
         answer(attributes=_replaced(CARD_NUMBER, [core.PrintableString(text) for text in "ab"])),
         R.ANSWER_ATTRIBUTES, by_pyhanko=False),
    Case("another content type", answer(attributes=_replaced("content_type", ["signed_data"])), R.ANSWER_ATTRIBUTES),
    Case("wrong digest", answer(attributes=_replaced("message_digest", [b"a" * 32])), R.ANSWER_DIGEST),
    Case("content exchanged", answer(change=_set("encap_content_info", "content", b"cardauth.v1.other")),
         R.ANSWER_DIGEST),
    Case("sha-1", answer(digest="sha1"), R.ANSWER_WEAK_DIGEST),
    Case("md5 named", answer(change_signer=_set("digest_algorithm", "algorithm", "md5")), R.ANSWER_WEAK_DIGEST),
    Case("digests differ", answer(change_signer=_set("signature_algorithm", "algorithm", "sha512_rsa")),
         R.ANSWER_ALGORITHM),
    Case("padding of another kind", answer(change_signer=_set("signature_algorithm", "algorithm", "rsassa_pss")),
         R.ANSWER_ALGORITHM),
    Case("a curve's algorithm", answer(change_signer=_set("signature_algorithm", "algorithm", "sha256_ecdsa")),
         R.ANSWER_ALGORITHM),
    Case("signed by another key", lambda tree: pkcs7(
        tree.card(), CHALLENGE, signer=tree.card(key=tree.keys[1])), R.ANSWER_SIGNATURE),
    Case("signature of something else", answer(change_signer=_set("signature", b"\1" * 256)), R.ANSWER_SIGNATURE),
    Case("another challenge", lambda tree: pkcs7(tree.card(), CHALLENGE[:-1] + b"A"), R.ANSWER_OTHER_CONTENT,
         by_pyhanko=False),
    Case("a challenge and more", lambda tree: pkcs7(tree.card(), CHALLENGE + b"A"), R.ANSWER_OTHER_CONTENT,
         by_pyhanko=False),
    Case("a constant, as samples sign", lambda tree: pkcs7(tree.card(), b"TBS"), R.ANSWER_OTHER_CONTENT,
         by_pyhanko=False),
    Case("bare signature, no certificate", lambda tree: CardAnswer("pkcs1", tree.card().sign(CHALLENGE)),
         R.ANSWER_EMPTY),
    Case("bare signature of another challenge", lambda tree: pkcs1(tree.card(CardProfile.HCA), b"TBS"),
         R.ANSWER_SIGNATURE),
    Case("bare signature, sha-1", lambda tree: pkcs1(tree.card(CardProfile.HCA), CHALLENGE, "sha1"),
         R.ANSWER_WEAK_DIGEST),
    Case("bare signature by another key", lambda tree: CardAnswer(
        "pkcs1", tree.card(key=tree.keys[1]).sign(CHALLENGE), tree.card().der), R.ANSWER_SIGNATURE),
    Case("bare signature, bytes after the certificate", lambda tree: CardAnswer(
        "pkcs1", tree.card().sign(CHALLENGE), tree.card().der + b"\0"), R.ANSWER_TRAILING_BYTES),
    Case("bare signature, revoked", lambda tree: pkcs1(
        tree.card(CardProfile.HCA, _revoked_professional()), CHALLENGE), R.CARD_REVOKED),
]  # fmt: skip


def _revoked_professional() -> Any:
    from dataclasses import replace

    from portal.proofs.card.demo_cards import professional

    return replace(professional(), serial=REVOKED)
