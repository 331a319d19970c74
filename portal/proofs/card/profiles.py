"""What the three kinds of cards say about their holder. The kind comes from the issuer's key, never from a name.

Sources: the subject directory attributes of the government's certificate profiles, as relying parties read them.
"""

from __future__ import annotations

import re
from typing import Any, Final

from asn1crypto import core, x509

from portal.domain.certificate import CardHolder, CardProfile, CardRefusal, refusal
from portal.domain.refusal import Refusal

CLASS: Final = "2.16.886.1.100.2.1"
RANK: Final = "2.16.886.1.100.2.2"
LAST_FOUR: Final = "2.16.886.1.100.2.51"
UBN: Final = "2.16.886.1.100.2.101"
_ATTRIBUTES: Final = "2.5.29.9"

PERSONS: Final = "2.16.886.1.100.3.1"
ORGANISATIONS: Final = "2.16.886.1.100.3.2"
HEALTH_PROFESSIONAL: Final = "2.16.886.1.100.3.1.7"

_COMMON_NAME, _SERIAL_NUMBER, _ORGANISATION = "2.5.4.3", "2.5.4.5", "2.5.4.10"
_LONGEST_NAME: Final = 120
_MISREAD: Final = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)


def holder_of(certificate: x509.Certificate, profile: CardProfile) -> CardHolder:
    """The holder as the authority certified them; raises `Refusal`.

    Refused: what the kind must tell and does not, or tells twice; a 統一編號 that differs from the subject's number;
    an institution's card where a person's is meant.
    """
    try:
        subject, attributes = _subject(certificate), _attributes(certificate)
        readers = {CardProfile.MOICA: _citizen, CardProfile.MOEACA: _company, CardProfile.HCA: _professional}
        return readers[profile](subject, attributes)
    except Refusal:
        raise
    except _MISREAD:
        raise refusal(CardRefusal.CARD_PROFILE) from None


def _citizen(subject: dict[str, str], attributes: dict[str, str]) -> CardHolder:
    kind = attributes.get(CLASS)
    if kind is not None and _within(kind, ORGANISATIONS):
        raise refusal(CardRefusal.CARD_INSTITUTION)
    if _SERIAL_NUMBER not in subject:
        raise refusal(CardRefusal.CARD_PROFILE)
    return CardHolder(
        profile=CardProfile.MOICA,
        name=_name(subject, _COMMON_NAME),
        last_four=_last_four(attributes),
        subject_serial=subject[_SERIAL_NUMBER],
        ubn=None,
        subject_class=kind,
        rank=None,
    )


def _company(subject: dict[str, str], attributes: dict[str, str]) -> CardHolder:
    ubn, number = attributes.get(UBN, ""), subject.get(_SERIAL_NUMBER)
    if not re.fullmatch(r"[0-9]{8}", ubn):
        raise refusal(CardRefusal.CARD_PROFILE)
    if number is not None and re.fullmatch(r"[0-9]{8}", number) and number != ubn:
        raise refusal(CardRefusal.CARD_UBN_MISMATCH)
    kind, rank = attributes.get(CLASS), attributes.get(RANK)
    if (kind is not None and not _within(kind, ORGANISATIONS)) or rank not in (None, "primary", "secondary"):
        raise refusal(CardRefusal.CARD_PROFILE)
    return CardHolder(
        profile=CardProfile.MOEACA,
        name=_name(subject, _ORGANISATION if _ORGANISATION in subject else _COMMON_NAME),
        last_four=None,
        subject_serial=number,
        ubn=ubn,
        subject_class=kind,
        rank=rank,
    )


def _professional(subject: dict[str, str], attributes: dict[str, str]) -> CardHolder:
    kind = attributes.get(CLASS, "")
    if _within(kind, ORGANISATIONS):
        raise refusal(CardRefusal.CARD_INSTITUTION)
    if not _within(kind, HEALTH_PROFESSIONAL):
        raise refusal(CardRefusal.CARD_PROFILE)
    return CardHolder(
        profile=CardProfile.HCA,
        name=_name(subject, _COMMON_NAME),
        last_four=_last_four(attributes),
        subject_serial=subject.get(_SERIAL_NUMBER),
        ubn=None,
        subject_class=kind,
        rank=None,
    )


def _within(kind: str, above: str) -> bool:
    return kind == above or kind.startswith(above + ".")


def _last_four(attributes: dict[str, str]) -> str | None:
    text = attributes.get(LAST_FOUR)
    if text is not None and not re.fullmatch(r"[0-9]{4}", text):
        raise refusal(CardRefusal.CARD_PROFILE)
    return text


def _name(subject: dict[str, str], kind: str) -> str:
    name = subject.get(kind, "").strip()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise refusal(CardRefusal.CARD_PROFILE)
    return name


def _subject(certificate: x509.Certificate) -> dict[str, str]:
    """Parts of the subject by OID. Name and number may stand there once; organisational units are nobody's name."""
    parts: dict[str, str] = {}
    for names in certificate.subject.chosen:
        for part in names:
            kind = part["type"].dotted
            if kind in parts and kind in (_COMMON_NAME, _SERIAL_NUMBER, _ORGANISATION):
                raise refusal(CardRefusal.CARD_PROFILE)
            parts[kind] = str(part["value"].native)
    return parts


def _attributes(certificate: x509.Certificate) -> dict[str, str]:
    """Subject directory attributes by OID, texts and OIDs alike as text; each has one value and stands there once."""
    found: dict[str, str] = {}
    for extension in certificate["tbs_certificate"]["extensions"]:
        if extension["extn_id"].dotted != _ATTRIBUTES:
            continue
        for attribute in extension["extn_value"].parsed:
            kind = attribute["type"].dotted
            if kind in found or len(attribute["values"]) != 1:
                raise refusal(CardRefusal.CARD_PROFILE)
            found[kind] = _text(attribute["values"][0])
    return found


def _text(value: Any) -> str:
    parsed = core.load(value.dump(), strict=True)
    return str(parsed.dotted) if isinstance(parsed, core.ObjectIdentifier) else str(parsed.native)
