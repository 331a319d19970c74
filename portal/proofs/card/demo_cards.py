"""The demonstration's cards: a newcomer signs in with one, and meets every way in which a card can be turned away.

`write_demonstration` fills a folder:

    authorities/authorities.toml, *.der, crls/*.crl      for `authorities.load_authorities(…, demonstration=True)`
    cards/<card>/card.toml, certificate.pem, key.pem, [encryption.pem]      for the bridge's demonstration folder

The authorities' own keys are forgotten when it returns.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID

from portal.domain.certificate import CardProfile
from portal.proofs.card import profiles
from portal.proofs.card.authorities import FILE
from portal.proofs.card.demo_authority import (
    NAMES,
    YEAR,
    CardText,
    Key,
    SignedBy,
    encryption_twin,
    make_certificate,
    make_crl,
    make_issuer,
    make_root,
    new_key,
)

DEMO_PIN: Final = "123456"
COMPANY_CLASS: Final = "2.16.886.1.100.3.2.2.1.1"
INSTITUTION_CLASS: Final = "2.16.886.1.100.3.2.21"


@dataclass(frozen=True)
class DemoCard:
    """One card of the demonstration."""

    profile: CardProfile
    label: str
    text: CardText
    number: str
    age: timedelta = YEAR
    """How long ago it was issued."""
    life: timedelta = 5 * YEAR
    status: x509.ReasonFlags | None = None
    """Why the list names it."""


def citizen(name: str = "王小明", serial: str = "1234567890123456", last_four: str = "6789") -> CardText:
    """A natural person's signing certificate."""
    subject = [(NameOID.COUNTRY_NAME, "TW"), (NameOID.COMMON_NAME, name), (NameOID.SERIAL_NUMBER, serial)]
    return CardText(subject, {profiles.LAST_FOUR: last_four})


def company(name: str = "示範環保股份有限公司", ubn: str = "12345675", rank: str = "primary") -> CardText:
    """A company's signing certificate."""
    subject = [
        (NameOID.COUNTRY_NAME, "TW"),
        (NameOID.ORGANIZATION_NAME, name),
        (NameOID.SERIAL_NUMBER, ubn),
    ]
    kind = f"oid:{COMPANY_CLASS}"
    return CardText(subject, {profiles.CLASS: kind, profiles.RANK: rank, profiles.UBN: ubn})


def professional(name: str = "林怡君", kind: str = profiles.HEALTH_PROFESSIONAL) -> CardText:
    """A health professional's certificate, or an institution's with another `kind`."""
    subject = [
        (NameOID.COUNTRY_NAME, "TW"),
        (NameOID.COMMON_NAME, name),
        (NameOID.SERIAL_NUMBER, "0000012345678901"),
    ]
    return CardText(subject, {profiles.CLASS: f"oid:{kind}", profiles.LAST_FOUR: "4321"})


CARDS: Final = {
    "citizen": DemoCard(CardProfile.MOICA, "自然人憑證 王小明（有效）", citizen(), "AB12345678901234"),
    "expired": DemoCard(
        CardProfile.MOICA,
        "自然人憑證 陳美玲（已過期）",
        citizen("陳美玲", "2234567890123456", "1234"),
        "AB22345678901234",
        age=6 * YEAR,
    ),
    "revoked": DemoCard(
        CardProfile.MOICA,
        "自然人憑證 張志豪（已廢止）",
        citizen("張志豪", "3234567890123456", "2345"),
        "AB32345678901234",
        status=x509.ReasonFlags.key_compromise,
    ),
    "suspended": DemoCard(
        CardProfile.MOICA,
        "自然人憑證 李淑芬（停用中）",
        citizen("李淑芬", "4234567890123456", "3456"),
        "AB42345678901234",
        status=x509.ReasonFlags.certificate_hold,
    ),
    "company": DemoCard(
        CardProfile.MOEACA, "工商憑證 示範環保股份有限公司（正卡）", company(), "MO12345678901234"
    ),
    "professional": DemoCard(CardProfile.HCA, "醫事人員卡 林怡君", professional(), "HC12345678901234"),
    "institution": DemoCard(
        CardProfile.HCA,
        "醫事機構卡 示範診所",
        professional("示範診所", INSTITUTION_CLASS),
        "HC22345678901234",
    ),
}

_PEOPLE: Final = {
    "central": ("陳建宏", "5234567890123456", "5501"),
    "bureau": ("吳雅雯", "6234567890123456", "5602"),
    "dormant": ("周志明", "7234567890123456", "5703"),
    "applicant": ("鄭佩珊", "8234567890123456", "5804"),
    "newcomer": ("李宜蓁", "9234567890123456", "5905"),
}
"""More citizens, good ones: what becomes of them depends on their accounts."""
CARDS.update(
    {
        key: DemoCard(
            CardProfile.MOICA, f"自然人憑證 {name}（有效）", citizen(name, serial, four), f"AB{serial[:14]}"
        )
        for key, (name, serial, four) in _PEOPLE.items()
    }
)


def write_demonstration(folder: Path, now: datetime) -> None:
    """Fills `folder` anew: authorities whose lists hold for a year, and one sub-folder for each of `CARDS`.

    Takes some three seconds, for the keys.
    """
    for part in ("authorities", "cards"):
        shutil.rmtree(folder / part, ignore_errors=True)
    (folder / "authorities" / "crls").mkdir(parents=True)
    root = make_root(now)
    issuers = {profile: make_issuer(root, profile, now) for profile in CardProfile}
    revoked: dict[CardProfile, dict[int, x509.ReasonFlags]] = {profile: {} for profile in CardProfile}
    for name, card in CARDS.items():
        serial = _write_card(folder / "cards" / name, card, issuers[card.profile], now)
        if card.status is not None:
            revoked[card.profile][serial] = card.status
    entries = [
        _write_authority(folder / "authorities", "展示用根憑證", "root", root, make_crl(root, {}, now))
    ]
    for profile, issuer in issuers.items():
        crl = make_crl(issuer, revoked[profile], now)
        title = f"展示用{NAMES[profile]}"
        entries.append(_write_authority(folder / "authorities", title, profile.value, issuer, crl))
    (folder / "authorities" / FILE).write_text("\n".join(entries), encoding="utf-8")


def _write_card(folder: Path, card: DemoCard, issuer: SignedBy, now: datetime) -> int:
    """The serial number of the signing certificate."""
    folder.mkdir(parents=True)
    key, begin = new_key(), now - card.age
    certificate = make_certificate(issuer, key, card.text, begin, card.life)
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    _write_key(folder / "key.pem", key)
    told = f'number = "{card.number}"\nlabel = "{card.label}"\npin = "{DEMO_PIN}"\n'
    (folder / "card.toml").write_text(told, encoding="utf-8")
    if card is CARDS["citizen"]:
        twin = make_certificate(issuer, key, encryption_twin(card.text), begin, card.life)
        (folder / "encryption.pem").write_bytes(twin.public_bytes(serialization.Encoding.PEM))
    return certificate.serial_number


def _write_key(path: Path, key: Key) -> None:
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


def _write_authority(folder: Path, title: str, profile: str, one: SignedBy, crl: bytes) -> str:
    """The entry of `authorities.toml`."""
    (folder / f"{profile}.der").write_bytes(_der(one.certificate))
    (folder / "crls" / f"{profile}.crl").write_bytes(crl)
    return (
        f'[[authority]]\nname = "{title}"\nprofile = "{profile}"\ncertificate = "{profile}.der"\n'
        f'key_id = "{one.key_id}"\ncrls = ["crls/{profile}.crl"]\ndemo = true\n'
    )


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)
