"""Whom the portal believes: pinned roots and issuing authorities, from a folder that the operator keeps.

`authorities.toml` lies beside the DER files it names:

    [[authority]]
    name = "內政部憑證管理中心 第三代"
    profile = "moica"                  # moica, moeaca, hca; "root" for an anchor of trust
    certificate = "moica-g3.der"
    key_id = "4720…115f"               # hex; must be the certificate's subject key identifier
    ocsp = "http://…"                  # may be left out
    crls = ["http://…", "crls/x.crl"]  # without a scheme: a file in this folder
    demo = false                       # true: refused outside of the demonstration, as is every generated root
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from asn1crypto import x509

from portal.domain.certificate import CardProfile
from portal.proofs.card.der import NotDer, check_der
from portal.proofs.card.keys import PublicKey, WeakKey, has_signed, key_of

FILE: Final = "authorities.toml"
GENERATED_ROOT: Final = "展示用政府憑證總管理中心"
"""Organisation in the name of every root that the portal generates: no word in the TOML makes one real."""
_ROOT: Final = "root"
_KEYS: Final = {"name", "profile", "certificate", "key_id", "ocsp", "crls", "demo"}


class BadAuthorities(Exception):
    """The portal does not accept cards with these files; the text names file, entry and cure."""


@dataclass(frozen=True, kw_only=True)
class Authority:
    """One pinned certificate, a root's or an issuer's, and where its own word on revocation is to be had."""

    name: str
    certificate: x509.Certificate = field(repr=False)
    key: PublicKey = field(repr=False)
    key_id: str
    """Subject key identifier in hex."""
    ocsp: str | None
    crls: tuple[str, ...]
    """Addresses, or paths within `folder`."""
    folder: Path
    demo: bool


@dataclass(frozen=True, kw_only=True)
class Issuer(Authority):
    """An authority that issues cards of one kind."""

    profile: CardProfile
    root: Authority


@dataclass(frozen=True)
class Authorities:
    """Every pinned certificate. Objects are read by many threads at once: they were parsed to the last bit."""

    roots: tuple[Authority, ...]
    issuers: tuple[Issuer, ...]

    @property
    def demo(self) -> bool:
        """Whether any of them is a generated one that anybody could have made, whatever its entry says."""
        generated = any(GENERATED_ROOT in root.certificate.subject.native.values() for root in self.roots)
        return generated or any(authority.demo for authority in (*self.roots, *self.issuers))

    @property
    def addresses(self) -> frozenset[str]:
        """Every address that may be asked; no other ever is."""
        told = {authority.ocsp for authority in (*self.roots, *self.issuers)}
        told |= {address for authority in (*self.roots, *self.issuers) for address in authority.crls}
        return frozenset(address for address in told if address and "://" in address)

    def issuer_of(self, key_id: str) -> Issuer | None:
        """The issuing authority with this subject key identifier; None once the operator took it out."""
        return next((one for one in self.issuers if one.key_id == key_id), None)

    def by_key_id(self, key_id: str) -> Authority | None:
        """The authority with this subject key identifier."""
        return next((one for one in (*self.issuers, *self.roots) if one.key_id == key_id), None)


def load_authorities(folder: Path, *, demonstration: bool = False) -> Authorities:
    """Reads and checks `authorities.toml` and its DER files; raises `BadAuthorities`.

    Unless this is the demonstration, what is marked `demo` and every generated root are refused: no secret keys.
    """
    path = folder / FILE
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise BadAuthorities(f"{path}: {problem.strerror}. Put it there.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise BadAuthorities(f"{path}: {problem}. Correct the TOML there.") from None
    entries = table.pop("authority", None)
    if table or not isinstance(entries, list) or not entries:
        raise BadAuthorities(f"{path}: write one [[authority]] table for each certificate, and nothing else.")
    read = [_read(folder, number, entry) for number, entry in enumerate(entries, 1)]
    roots = tuple(one for one, profile in read if profile is None)
    issuers = tuple(_issuer(path, one, profile, roots) for one, profile in read if profile is not None)
    authorities = Authorities(roots, issuers)
    if authorities.demo and not demonstration:
        raise BadAuthorities(f"{path}: demonstration authorities are only for `make run`; remove them.")
    everyone = [*authorities.roots, *authorities.issuers]
    if len({one.key_id for one in everyone}) != len(everyone):
        raise BadAuthorities(f"{path}: two entries have the same key_id; keep one.")
    return authorities


def _issuer(path: Path, one: Authority, profile: CardProfile, roots: tuple[Authority, ...]) -> Issuer:
    root = next((root for root in roots if _signed_by(one.certificate, root)), None)
    if root is None:
        raise BadAuthorities(f"{path}: no root listed here signed {one.name}; add its root.")
    return Issuer(**vars(one), profile=profile, root=root)


def _read(folder: Path, number: int, entry: Any) -> tuple[Authority, CardProfile | None]:
    where = f"{folder / FILE}, authority {number}"
    if not isinstance(entry, dict) or (set(entry) - _KEYS):
        raise BadAuthorities(f"{where}: use only {', '.join(sorted(_KEYS))}.")
    for needed in ("name", "profile", "certificate", "key_id"):
        if not isinstance(entry.get(needed), str) or not entry[needed]:
            raise BadAuthorities(f"{where}: {needed} is missing; add it as text.")
    profiles = {profile.value for profile in CardProfile} | {_ROOT}
    if entry["profile"] not in profiles:
        raise BadAuthorities(f"{where}: profile is one of {', '.join(sorted(profiles))}.")
    certificate, key = _read_certificate(folder, entry["certificate"], where)
    key_id = str(certificate.key_identifier.hex()) if certificate.key_identifier else ""
    if entry["key_id"].replace(":", "").lower() != key_id:
        raise BadAuthorities(
            f"{where}: {entry['certificate']} has key_id {key_id}, not the one written here."
        )
    ocsp, crls, demo = entry.get("ocsp") or None, entry.get("crls", []), entry.get("demo", False)
    if not isinstance(crls, list) or not all(isinstance(one, str) and one for one in [ocsp or "-", *crls]):
        raise BadAuthorities(f"{where}: ocsp is one address, crls a list of them.")
    if not isinstance(demo, bool):
        raise BadAuthorities(f"{where}: demo is true or false.")
    _check_addresses(where, ocsp, crls, is_root=entry["profile"] == _ROOT)
    profile = None if entry["profile"] == _ROOT else CardProfile(entry["profile"])
    authority = Authority(
        name=entry["name"],
        certificate=certificate,
        key=key,
        key_id=key_id,
        ocsp=ocsp,
        crls=tuple(crls),
        folder=folder,
        demo=demo,
    )
    return authority, profile


def _check_addresses(where: str, ocsp: str | None, crls: list[str], *, is_root: bool) -> None:
    if not crls and (is_root or not ocsp):
        raise BadAuthorities(f"{where}: without crls nothing tells what it revoked; add at least one.")
    for address in [ocsp, *crls]:
        if address and "://" in address:
            parts = urlsplit(address)
            if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
                raise BadAuthorities(f"{where}: {address} is not an http or https address.")
        elif address and (address == ocsp or Path(address).is_absolute() or ".." in Path(address).parts):
            raise BadAuthorities(f"{where}: {address} is neither an address nor a file in this folder.")


def _read_certificate(folder: Path, name: str, where: str) -> tuple[x509.Certificate, PublicKey]:
    try:
        der = (folder / name).read_bytes()
        check_der(der)
        certificate = x509.Certificate.load(der, strict=True)
        key = key_of(certificate)
        _parse_to_the_end(certificate)
    except OSError as problem:
        raise BadAuthorities(f"{where}: {name}: {problem.strerror}. Put the DER file there.") from None
    except (NotDer, WeakKey, ValueError, TypeError) as problem:
        raise BadAuthorities(f"{where}: {name} cannot be used: {problem}. Fetch it anew, in DER.") from None
    usage = certificate.key_usage_value
    if not certificate.ca or (usage is not None and "key_cert_sign" not in usage.native):
        raise BadAuthorities(f"{where}: {name} is not the certificate of an authority.")
    return certificate, key


def _parse_to_the_end(certificate: x509.Certificate) -> None:
    """asn1crypto parses when asked, and two threads that ask at the same time see half a list. Ask now."""
    told = [certificate.native, certificate.subject.hashable, certificate.issuer.hashable]
    told += [certificate.critical_extensions, certificate.issuer_serial, certificate.key_identifier]
    told += [certificate.authority_key_identifier, certificate.public_key.native, certificate.sha256]
    if not all(part is not None for part in told[:3]):
        raise ValueError("no name")


def _signed_by(certificate: x509.Certificate, root: Authority) -> bool:
    digest = str(certificate["signature_algorithm"].hash_algo)
    return (
        certificate.issuer.dump() == root.certificate.subject.dump()
        and digest in ("sha256", "sha384", "sha512")
        and has_signed(
            root.key, certificate["signature_value"].native, certificate["tbs_certificate"].dump(), digest
        )
    )
