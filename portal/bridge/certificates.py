"""What the component tells of a certificate (protocol 1.5, 1.9): read from its DER, never from the card's labels."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from asn1crypto import core, x509

LAST_DIGITS: Final = "2.16.886.1.100.2.51"
CARD_RANK: Final = "2.16.886.1.100.2.2"
SHORT_NAMES: Final = {
    "common_name": "CN",
    "country_name": "C",
    "locality_name": "L",
    "organization_name": "O",
    "organizational_unit_name": "OU",
    "serial_number": "serialNumber",
}
USAGES: Final = {
    "digital_signature": "digitalSignature",
    "non_repudiation": "nonRepudiation",
    "key_encipherment": "keyEncipherment",
    "data_encipherment": "dataEncipherment",
    "key_agreement": "keyAgreement",
    "key_cert_sign": "keyCertSign",
    "crl_sign": "cRLSign",
}


class _Values(core.SetOf):  # type: ignore[misc]  # asn1crypto has no types
    _child_spec = core.Any


class _Attribute(core.Sequence):  # type: ignore[misc]
    _fields = [("type", core.ObjectIdentifier), ("values", _Values)]  # noqa: RUF012


class _Attributes(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _Attribute


@dataclass(frozen=True)
class Certificate:
    """A certificate of a card and the id of its key. Raises `ValueError` when what it holds is no certificate."""

    der: bytes
    key_id: bytes
    label: str = ""

    def __post_init__(self) -> None:
        self.usages  # noqa: B018  reads the extensions: broken ones are found now

    @cached_property
    def parsed(self) -> Any:
        return x509.Certificate.load(self.der, strict=True)

    @cached_property
    def usages(self) -> frozenset[str]:
        """The key usages, in the words of X.509."""
        told = self.parsed.key_usage_value
        return frozenset(told.native) if told is not None else frozenset()

    @property
    def is_authority(self) -> bool:
        told = self.parsed.basic_constraints_value
        return bool(told is not None and told["ca"].native)

    @property
    def signs(self) -> bool:
        """Made for signing, and not an authority's."""
        return "digital_signature" in self.usages and not self.is_authority

    @property
    def public_key_kind(self) -> str:
        """`rsa` or `ec`."""
        return str(self.parsed.public_key.algorithm)

    @property
    def holder(self) -> str:
        """CN of the subject, else what stands in its place for an organisation."""
        names = dict(_pairs(self.parsed.subject))
        return names.get("CN") or names.get("O", "")

    @property
    def validity(self) -> tuple[datetime, datetime]:
        return self.parsed.not_valid_before, self.parsed.not_valid_after

    def told(self, label: str) -> dict[str, object]:
        """One entry of `certs[]`."""
        before, after = self.validity
        return {
            "certb64": base64.b64encode(self.der).decode(),
            "id": self.key_id.hex(),
            "label": label,
            "sn": f"{self.parsed.serial_number:X}",
            "subjectDN": _line(self.parsed.subject),
            "subjectCN": self.holder,
            "issuerDN": _line(self.parsed.issuer),
            "notBefore": f"{before:%y%m%d%H%M%SZ}",
            "notAfter": f"{after:%y%m%d%H%M%SZ}",
            "notBeforeT": int(before.timestamp()),
            "notAfterT": int(after.timestamp()),
            "usage": "|".join(word for key, word in USAGES.items() if key in self.usages),
            "subjectID": self._directory_attribute(LAST_DIGITS),
            "holderRank": self._directory_attribute(CARD_RANK),
            "email": self._email(),
            "thumbprint": hashlib.sha1(self.der, usedforsecurity=False).hexdigest().upper(),
        }

    def _directory_attribute(self, wanted: str) -> str:
        for extension in self.parsed["tbs_certificate"]["extensions"] or ():
            if extension["extn_id"].dotted == "2.5.29.9":
                for attribute in _Attributes.load(extension["extn_value"].contents):
                    if attribute["type"].dotted == wanted and len(attribute["values"]):
                        return str(attribute["values"][0].parse().native)
        return ""

    def _email(self) -> str:
        names = self.parsed.subject_alt_name_value or ()
        return next((str(name.native) for name in names if name.name == "rfc822_name"), "")


def labelled(certificates: tuple[Certificate, ...]) -> list[tuple[str, Certificate]]:
    """The official labels: cert1 signs, cert2 encrypts, then the authorities; a third of its kind keeps its own."""
    given: list[tuple[str, Certificate]] = []
    for certificate in certificates:
        label = _official_label(certificate)
        taken = label in {"cert1", "cert2"} and label in {used for used, _ in given}
        given.append((certificate.label if taken else label, certificate))
    return given


def _official_label(certificate: Certificate) -> str:
    if certificate.is_authority:
        own = certificate.parsed.self_issued
        return "ROOT CA Cert" if own else "CA Cert"
    return "cert1" if certificate.signs else "cert2"


def _pairs(name: Any) -> list[tuple[str, str]]:
    return [
        (SHORT_NAMES.get(part["type"].native, part["type"].native), str(part["value"].native))
        for parts in name.chosen
        for part in parts
    ]


def _line(name: Any) -> str:
    return ",".join(f"{key}={value}" for key, value in _pairs(name))
