"""Serial numbers of revoked certificates as sorted bytes in a file, which all workers map and search in place.

400,000 entries of 16 bytes are 6.1 MiB, shared by every process; a look-up reads some twenty of them.

A file is: the line `MAGIC`, a line of JSON (`ListFacts`), the revoked serials, the suspended serials; each part sorted,
each serial big-endian and as wide as the longest.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import threading
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from portal.domain.certificate import CardRefusal, CertificateStatus
from portal.proofs.card.status import Unchecked

MAGIC: Final = b"revoked serials 1\n"
SUFFIX: Final = ".serials"
_LONGEST_HEAD: Final = 16 * 1024


@dataclass(frozen=True)
class ListFacts:
    """What a list says about itself."""

    issuer_key_id: str
    number: int
    """CRLNumber; never goes down."""
    this_update: int
    """Seconds since 1970, UTC."""
    next_update: int
    scope: tuple[str, ...]
    """Distribution points whose certificates it covers; empty: all certificates of the issuer."""
    digest: str
    """SHA-256 of the CRL in hex."""
    width: int
    """Bytes of a serial."""
    revoked: int
    suspended: int


class SerialFile:
    """One list, mapped."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        end = self._bytes.find(b"\n", len(MAGIC), _LONGEST_HEAD)
        if self._bytes[: len(MAGIC)] != MAGIC or end < 0:
            raise ValueError(f"{path} is no list of serials")
        told = json.loads(self._bytes[len(MAGIC) : end])
        self.facts = ListFacts(**{**told, "scope": tuple(told["scope"])})
        width, begin = self.facts.width, end + 1
        middle = begin + width * self.facts.revoked
        if len(self._bytes) != middle + width * self.facts.suspended:
            raise ValueError(f"{path} has another length than it says")
        self._revoked, self._suspended = begin, middle

    def status_of(self, serial: int) -> CertificateStatus:
        """What the list says of a serial number; not listed is good."""
        if serial.bit_length() > 8 * self.facts.width:
            return CertificateStatus.GOOD
        wanted = serial.to_bytes(self.facts.width, "big")
        if self._has(wanted, self._revoked, self.facts.revoked):
            return CertificateStatus.REVOKED
        held = self._has(wanted, self._suspended, self.facts.suspended)
        return CertificateStatus.SUSPENDED if held else CertificateStatus.GOOD

    def _has(self, wanted: bytes, begin: int, count: int) -> bool:
        low, high, width = 0, count, self.facts.width
        while low < high:
            middle = (low + high) // 2
            found = self._bytes[begin + middle * width : begin + (middle + 1) * width]
            if found == wanted:
                return True
            low, high = (middle + 1, high) if found < wanted else (low, middle)
        return False


class RevocationLists:
    """Every list in one folder. A list that a job replaced meanwhile is mapped anew; safe for threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._open: dict[Path, tuple[tuple[int, int, int], SerialFile]] = {}

    def of(self, issuer_key_id: str) -> list[SerialFile]:
        """The lists of one issuer; a damaged file counts as none."""
        found = []
        for path in sorted(self._folder.glob(f"{issuer_key_id}-*{SUFFIX}")):
            try:
                found.append(self._mapped(path))
            except (OSError, ValueError, TypeError, KeyError):
                continue
        return found

    def _mapped(self, path: Path) -> SerialFile:
        stat = path.stat()
        version = (stat.st_mtime_ns, stat.st_ino, stat.st_size)
        with self._lock:
            known = self._open.get(path)
            if known is None or known[0] != version:
                known = self._open[path] = (version, SerialFile(path))
            return known[1]

    def status_of(
        self, issuer_key_id: str, serial: int, points: Iterable[str], now: datetime
    ) -> CertificateStatus:
        """What fresh lists that cover the certificate say; `points` are its CRL distribution points.

        Raises `Unchecked`: no list, a list of other certificates only, none that is still fresh at `now`.
        """
        lists = self.of(issuer_key_id)
        named = set(points)
        covering = [one for one in lists if not one.facts.scope or named & set(one.facts.scope)]
        fresh = [one for one in covering if one.facts.next_update >= now.timestamp()]
        if not fresh:
            missing = CardRefusal.STATUS_CRL_OTHER_SHARD if lists else CardRefusal.STATUS_CRL_MISSING
            raise Unchecked(CardRefusal.STATUS_CRL_STALE if covering else missing)
        told = {one.status_of(serial) for one in fresh}
        worst_first = (CertificateStatus.REVOKED, CertificateStatus.SUSPENDED, CertificateStatus.GOOD)
        return next(status for status in worst_first if status in told)


def place_of(folder: Path, issuer_key_id: str, scope: Sequence[str]) -> Path:
    """Where the list of an issuer and a scope is kept."""
    name = hashlib.sha256("\n".join(scope).encode()).hexdigest()[:8] if scope else "complete"
    return folder / f"{issuer_key_id}-{name}{SUFFIX}"


def write_serials(path: Path, facts: ListFacts, revoked: Sequence[bytes], suspended: Sequence[bytes]) -> None:
    """Writes a list, all or nothing, also when the machine stops; the serials come sorted and of one width."""
    head = json.dumps(asdict(facts), separators=(",", ":")).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        with half.open("wb") as file:
            file.write(MAGIC + head + b"\n")
            file.write(b"".join(revoked))
            file.write(b"".join(suspended))
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
