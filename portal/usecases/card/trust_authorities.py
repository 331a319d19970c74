"""Which certificate authorities the portal believes, and what they revoked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from portal.config import Settings, UnsafeSettings
from portal.domain.certificate import CardRefusal, CertificateStatus, PresentedCertificate, refusal
from portal.domain.certificate_binding import CertificateBinding
from portal.domain.refusal import Refusal
from portal.proofs.card.authorities import FILE, Authorities, load_authorities
from portal.proofs.card.crl import Refreshed, refresh_lists
from portal.proofs.card.demo_cards import CARDS, write_demonstration
from portal.proofs.card.fetch import LIST_LARGEST, LIST_SECONDS, fetcher
from portal.proofs.card.revocation import Revocation
from portal.proofs.card.serials import RevocationLists


@dataclass(frozen=True)
class Trust:
    """Pinned authorities, and who tells whether a certificate is still good."""

    authorities: Authorities
    revocation: Revocation

    def status_of(
        self, seen: PresentedCertificate | CertificateBinding, now: datetime, *, ask: bool
    ) -> CertificateStatus | None:
        """What is known of a certificate that was seen before; None: nobody can tell. `ask`: a responder, too."""
        issuer, points = self.authorities.issuer_of(seen.issuer_key_id), tuple(seen.distribution_points)
        if issuer is None:
            return None
        return self.revocation.status_of(issuer, int(seen.serial, 16), points, now, ask=ask)

    def check_again(self, seen: PresentedCertificate, now: datetime) -> None:
        """Whether it is still good, asking as at the first time; raises `Refusal`."""
        issuer = self.authorities.issuer_of(seen.issuer_key_id)
        if issuer is None:
            raise refusal(CardRefusal.CARD_ISSUER_UNKNOWN)
        self.revocation.check_again(issuer, int(seen.serial, 16), seen.distribution_points, now)


def cards_are_trusted(settings: Settings) -> bool:
    """Whether authorities are configured at all; without them no page offers a card."""
    return (_folder(settings) / FILE).is_file()


def trusted(settings: Settings) -> Trust:
    """What cards are verified with, read once; raises `Refusal` where nothing is configured."""
    if not cards_are_trusted(settings):
        raise Refusal("本站目前沒有開放憑證卡片，請用其他方式登入。", status=404)
    return _trust(_folder(settings), _lists(settings), settings.portal_demo)


def check_authorities(settings: Settings) -> None:
    """Raise `BadAuthorities` at the start rather than at the first card; generated ones only in the demonstration."""
    if cards_are_trusted(settings):
        trusted(settings)


def refresh_revocation_lists(settings: Settings, now: datetime) -> list[Refreshed]:
    """Fetch every configured list and keep its serial numbers for the workers; the nightly job."""
    authorities = trusted(settings).authorities
    fetch = fetcher(authorities.addresses, seconds=LIST_SECONDS, largest=LIST_LARGEST)
    return refresh_lists(authorities, _lists(settings), fetch, now)


def demonstration_cards_are_there(settings: Settings) -> bool:
    """Whether the generated authorities and every card of this version lie in the instance folder."""
    cards = _folder(settings).parent / "cards"
    whole = bool(settings.authorities_path) or all((cards / name).is_dir() for name in CARDS)
    return cards_are_trusted(settings) and whole


def make_demonstration_cards(settings: Settings, now: datetime) -> Path:
    """Generated authorities and cards under the instance folder, once; returns the folder of the cards.

    A folder that the operator named is never written to.
    """
    folder = _folder(settings).parent
    if not demonstration_cards_are_there(settings):
        if settings.authorities_path:
            raise UnsafeSettings(
                "AUTHORITIES_PATH has no authorities.toml; leave it empty for the demonstration"
            )
        write_demonstration(folder, now)
        _trust.cache_clear()
    refresh_revocation_lists(settings, now)  # each time: a start may have been broken off before this line
    return folder / "cards"


@lru_cache(maxsize=8)
def _trust(folder: Path, lists: Path, demonstration: bool) -> Trust:
    authorities = load_authorities(folder, demonstration=demonstration)
    return Trust(authorities, Revocation(RevocationLists(lists), fetcher(authorities.addresses)))


def _folder(settings: Settings) -> Path:
    if settings.authorities_path:
        return Path(settings.authorities_path)
    if settings.portal_demo:
        return settings.instance / "demonstration-cards" / "authorities"
    return settings.instance / "authorities"


def _lists(settings: Settings) -> Path:
    return settings.instance / "revocation"
