"""What a card sign-in costs the server beyond a page: B10 of `make bench`, or alone: `python -m tests.bench.card`.

The verification with a list of 400,000 revoked serials beside the bare check of one RSA-2048 signature, in turn, for
some rounds. Everything is generated; the OCSP responder is a thread of its own on the loopback address, so its line
counts the waiting too. Answers are checked before anything is timed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from statistics import median

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from portal.domain.certificate import CardProfile
from portal.proofs.card.authorities import FILE, Authorities, load_authorities
from portal.proofs.card.crl import refresh_lists
from portal.proofs.card.demo_authority import make_issuer, make_root, new_key
from portal.proofs.card.fetch import fetcher
from portal.proofs.card.gate import CardAnswer
from portal.proofs.card.revocation import Revocation
from portal.proofs.card.serials import RevocationLists
from portal.proofs.card.verify import verify
from tests.bench.table import RESTLESS, Line, print_table
from tests.rig.authority import Tree, ocsp_answer
from tests.rig.big_lists import big_crl
from tests.rig.card_answers import Card, pkcs1, pkcs7

LISTED = 400_000
CHALLENGE = b"cardauth.v1." + b"eyJhdWQiOiJodHRwczovL3BvcnRhbC5leGFtcGxlIiwib3AiOiJsb2dpbiJ9" * 4
MIB = 1024 * 1024


@dataclass
class Work:
    """A line of the table."""

    key: str
    words: str
    act: Callable[[], object]
    cpu: list[float] = field(default_factory=list)
    """Milliseconds of this thread for one; a figure a round, so are those below."""
    rate: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)

    def run(self, seconds: float) -> None:
        """One round."""
        taken, used, begun = [], time.thread_time(), time.perf_counter()
        while (sent := time.perf_counter()) - begun < seconds:
            self.act()
            taken.append((time.perf_counter() - sent) * 1000)
        used, whole = time.thread_time() - used, time.perf_counter() - begun
        taken.sort()
        self.cpu.append(used * 1000 / len(taken))
        self.rate.append(len(taken) / whole)
        self.p50.append(taken[len(taken) // 2])
        self.p99.append(taken[len(taken) * 99 // 100])

    def line(self, value: float | None = None, unit: str = "") -> Line:
        """As the table shows it."""
        return Line(
            self.key, self.words, median(self.cpu), value, unit,
            median(self.rate), median(self.p50), median(self.p99),
        )  # fmt: skip


class Portal:
    """Pinned authorities, one very long list, and a responder."""

    def __init__(self, folder: Path, now: datetime) -> None:
        self.now, self.folder = now, folder
        root = make_root(
            now, organisation="量測用憑證總管理中心"
        )  # a generated one does not serve in production
        issuers = {profile: make_issuer(root, profile, now) for profile in CardProfile}
        self.tree = Tree(root, issuers, root, (new_key(), new_key()))
        (folder / "authorities").mkdir()
        self.authorities = self.tree.write(folder / "authorities", now)
        pins = self.authorities / FILE
        pins.write_text(
            pins.read_text(encoding="utf-8").replace("demo = true", "demo = false"), encoding="utf-8"
        )
        self.pinned = load_authorities(self.authorities)
        (folder / "authorities/moica.crl").write_bytes(
            big_crl(self.tree.moica, LISTED, now - timedelta(days=1))
        )
        begun = time.perf_counter()
        told = refresh_lists(self.pinned, folder / "lists", fetcher(frozenset()), now)
        self.took = time.perf_counter() - begun
        assert max(one.entries for one in told) == LISTED
        self.lists = RevocationLists(folder / "lists")
        self.sources = Revocation(self.lists, fetcher(frozenset()))

    def card(self, profile: CardProfile = CardProfile.MOICA) -> Card:
        """A card that was issued a month ago."""
        return self.tree.card(profile, begin=self.now - timedelta(days=30))

    def answer(self, profile: CardProfile, shape: str) -> CardAnswer:
        """What it answers."""
        card = self.card(profile)
        return pkcs7(card, CHALLENGE) if shape == "pkcs7" else pkcs1(card, CHALLENGE)

    def verifying(self, answer: CardAnswer, sources: Revocation, pinned: Authorities) -> Callable[[], object]:
        """One verification, tried before it is timed."""

        def act() -> object:
            return verify(answer, CHALLENGE, pinned, sources, self.now)

        act()
        return act

    def asking_first(self) -> tuple[Authorities, Revocation]:
        """The same portal with a responder to ask."""
        tree, now = self.tree, self.now

        class Responder(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = self.rfile.read(int(self.headers["Content-Length"]))
                answer = ocsp_answer(asked, tree.moica, begin=now)
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Quietly."""

        server = HTTPServer(("127.0.0.1", 0), Responder)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        folder = self.folder / "asking"
        folder.mkdir()
        address = f"http://127.0.0.1:{server.server_address[1]}/"
        pinned = load_authorities(tree.write(folder, now, ocsp=address), demonstration=True)
        return pinned, Revocation(self.lists, fetcher(pinned.addresses))


def anonymous_memory() -> int:
    """Bytes of this process that are its own."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("RssAnon")).split()[1]) * 1024


def bare_check(portal: Portal) -> Callable[[], object]:
    """The one step that nobody can do without."""
    card = portal.tree.card()
    key, signature = card.key.public_key(), card.sign(CHALLENGE)
    assert isinstance(key, rsa.RSAPublicKey)

    def act() -> object:
        return key.verify(signature, CHALLENGE, padding.PKCS1v15(), hashes.SHA256())

    return act


def measure(portal: Portal, rounds: int, seconds: float) -> tuple[list[Line], float]:
    """Lines of the table, and how far the bare check varied."""
    pinned, asking = portal.asking_first()
    citizen, professional = portal.answer(CardProfile.MOICA, "pkcs7"), portal.answer(CardProfile.HCA, "pkcs1")
    works = [
        Work("bare", "RSA-2048 signature alone", bare_check(portal)),
        Work(
            "B10",
            f"card verified, list of {LISTED:,}",
            portal.verifying(citizen, portal.sources, portal.pinned),
        ),
        Work(
            "hca",
            "bare signature with certificate",
            portal.verifying(professional, portal.sources, portal.pinned),
        ),
        Work("ocsp", "card verified, responder asked", portal.verifying(citizen, asking, pinned)),
    ]
    before = anonymous_memory()
    for number in range(-1, rounds):
        for work in works:
            work.run(seconds if number >= 0 else seconds / 4)
            if number < 0:
                for figures in (work.cpu, work.rate, work.p50, work.p99):
                    figures.clear()
    grown = (anonymous_memory() - before) / MIB
    size = next(portal.folder.glob(f"lists/{portal.tree.moica.key_id}-*")).stat().st_size / MIB
    bare = works[0]
    lines = [works[0].line()]
    lines += [work.line(median(work.p50), "ms, p50") for work in works[1:]]
    lines += [
        Line("B10m", "list on disk, mapped by all workers", value=size, unit="MiB"),
        Line("own", "a worker's own memory for it", value=grown, unit="MiB"),
        Line("job", "list taken in by the job", value=portal.took, unit="s"),
    ]
    return lines, (max(bare.cpu) - min(bare.cpu)) / median(bare.cpu)


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.card", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="portal-bench-card-") as folder:
        portal = Portal(Path(folder), datetime.now(UTC).replace(microsecond=0))
        lines, swing = measure(portal, options.rounds, options.seconds)
    print_table(lines, calm=swing <= RESTLESS)
    print(
        f"\nThe bare check varied by {swing:.0%} between rounds"
        + ("." if swing <= RESTLESS else ": no verdict.")
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
