"""What the sources of revocation have in common."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from portal.domain.certificate import CardRefusal

SKEW: Final = timedelta(minutes=5)
"""How far the clocks of an authority and of this server may differ."""

MISREAD: Final = (
    *(ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, UnsupportedAlgorithm),
    *(x509.DuplicateExtension, x509.InvalidVersion, x509.UnsupportedGeneralNameType),
)
"""What the library raises for bytes that are not what they claim to be, some of it long after it read them."""


class Unchecked(Exception):
    """This source could not tell whether a certificate is revoked; another one may."""

    def __init__(self, reason: CardRefusal) -> None:
        super().__init__(reason.value)
        self.reason = reason
