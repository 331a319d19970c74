"""A test authority: its tree of keys, its cards, and real servers for OCSP and lists on the loopback address."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp

from portal.domain.certificate import CardProfile
from portal.proofs.card.authorities import FILE, Authorities, load_authorities
from portal.proofs.card.crl import refresh_lists
from portal.proofs.card.demo_authority import (
    CardText,
    Key,
    SignedBy,
    make_certificate,
    make_crl,
    make_issuer,
    make_root,
    new_key,
)
from portal.proofs.card.demo_cards import citizen, company, professional
from portal.proofs.card.fetch import fetcher
from portal.proofs.card.revocation import Revocation
from portal.proofs.card.serials import RevocationLists
from tests.rig.card_answers import Card

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
YEAR = timedelta(days=365)
REVOKED, SUSPENDED = 0x5EAD_0001, 0x5EAD_0002
"""Serial numbers that every issuer's list names."""


@dataclass(frozen=True)
class Tree:
    """Root, issuers and a few holders' keys; keys are slow to make, so cards share them."""

    root: SignedBy
    issuers: dict[CardProfile, SignedBy]
    rogue: SignedBy
    """The name of MOICA, and even its key identifier beside; another key, from nobody."""
    keys: tuple[Key, Key]

    @property
    def moica(self) -> SignedBy:
        """Who signs citizens' cards."""
        return self.issuers[CardProfile.MOICA]

    def card(
        self,
        profile: CardProfile = CardProfile.MOICA,
        text: CardText | None = None,
        *,
        begin: datetime = NOON - YEAR,
        life: timedelta = 5 * YEAR,
        key: Key | None = None,
        issuer: SignedBy | None = None,
        **more: Any,
    ) -> Card:
        """A card, a good citizen's unless said otherwise."""
        key = key or self.keys[0]
        text = text or _text(profile)
        return Card(key, make_certificate(issuer or self.issuers[profile], key, text, begin, life, **more))

    def write(self, folder: Path, now: datetime = NOON, ocsp: str = "") -> Path:
        """The folder of `authorities.toml`; lists lie beside it."""
        named = {REVOKED: x509.ReasonFlags.key_compromise, SUSPENDED: x509.ReasonFlags.certificate_hold}
        entries = []
        for profile, one in {
            "root": self.root,
            **{kind.value: one for kind, one in self.issuers.items()},
        }.items():
            der = one.certificate.public_bytes(serialization.Encoding.DER)
            (folder / f"{profile}.der").write_bytes(der)
            crl = make_crl(one, {} if profile == "root" else named, now - DAY, life=8 * DAY)
            (folder / f"{profile}.crl").write_bytes(crl)
            entries.append(
                f'[[authority]]\nname = "{profile}"\nprofile = "{profile}"\ncertificate = "{profile}.der"\n'
                f'key_id = "{one.key_id}"\ncrls = ["{profile}.crl"]\ndemo = true\n'
                + (f'ocsp = "{ocsp}"\n' if ocsp and profile != "root" else "")
            )
        (folder / FILE).write_text("\n".join(entries), encoding="utf-8")
        return folder


def _text(profile: CardProfile) -> CardText:
    texts = {CardProfile.MOICA: citizen(), CardProfile.MOEACA: company(), CardProfile.HCA: professional()}
    return texts[profile]


@pytest.fixture(scope="session")
def tree() -> Tree:
    """One tree for all tests of a process."""
    root = make_root(NOON)
    issuers = {profile: make_issuer(root, profile, NOON) for profile in CardProfile}
    rogue = make_issuer(make_root(NOON, new_key()), CardProfile.MOICA, NOON)
    return Tree(root, issuers, rogue, (new_key(), new_key()))


@pytest.fixture(scope="session")
def pinned(tree: Tree, tmp_path_factory: pytest.TempPathFactory) -> Authorities:
    """The portal's view of the tree: lists, no responder."""
    return load_authorities(tree.write(tmp_path_factory.mktemp("authorities")), demonstration=True)


@pytest.fixture(scope="session")
def revocation(pinned: Authorities, tmp_path_factory: pytest.TempPathFactory) -> Revocation:
    """The sources of `pinned`, its lists taken in."""
    folder = tmp_path_factory.mktemp("lists")
    told = refresh_lists(pinned, folder, fetcher(frozenset()), NOON)
    assert {one.outcome for one in told} == {"kept"}
    return Revocation(RevocationLists(folder), fetcher(frozenset()))


@dataclass
class AuthorityServer:
    """An authority's web server. `answers` says what to give for a path; the tests change it as they go."""

    address: str = ""
    answers: dict[str, Callable[[bytes], bytes | tuple[int, bytes]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    wait: float = 0.0
    """Seconds before it says anything."""
    drip: float = 0.0
    """Seconds between single bytes of an answer."""
    gone: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def authority_server() -> Iterator[AuthorityServer]:
    """A server of its own for one test."""
    state = AuthorityServer()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            state.asked.append(self.path)
            state.gone.wait(state.wait)
            known = state.answers.get(self.path)
            told = known(body) if known else (404, b"")
            status, content = told if isinstance(told, tuple) else (200, told)
            try:
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                pieces = [content] if not state.drip else [bytes([one]) for one in content]
                for piece in pieces:
                    self.wfile.write(piece)
                    self.wfile.flush()
                    state.gone.wait(state.drip)
            except OSError:
                return  # the portal hung up

        do_GET = do_POST = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Quietly."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    state.address = f"http://127.0.0.1:{server.server_address[1]}"
    yield state
    state.gone.set()
    server.shutdown()
    server.server_close()


def ocsp_answer(
    request: bytes,
    issuer: SignedBy,
    *,
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
    reason: x509.ReasonFlags | None = None,
    signer: Card | SignedBy | None = None,
    begin: datetime = NOON,
    life: timedelta | None = timedelta(hours=1),
    serial: int | None = None,
    nonce: bytes | None = b"",
    digest: Any = None,
    about: SignedBy | None = None,
) -> bytes:
    """A responder's answer: the issuer's own unless `signer` is another. `nonce`: empty repeats it, None omits it."""
    asked = ocsp.load_der_ocsp_request(request)
    signer = signer or issuer
    revoked = begin if status is ocsp.OCSPCertStatus.REVOKED else None
    names = _names(about or issuer)
    end = None if life is None else begin + life
    builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
        *names, serial or asked.serial_number, hashes.SHA1(), status, begin, end, revoked, reason
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
    if signer is not issuer:
        builder = builder.certificates([signer.certificate])
    if nonce is not None:
        value = nonce or asked.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
        builder = builder.add_extension(x509.OCSPNonce(value), critical=False)
    answer = builder.sign(signer.key, digest or hashes.SHA256())
    return answer.public_bytes(serialization.Encoding.DER)


def _names(issuer: SignedBy) -> tuple[bytes, bytes]:
    def sha1(data: bytes) -> bytes:
        digest = hashes.Hash(hashes.SHA1())
        digest.update(data)
        return digest.finalize()

    key_id = x509.SubjectKeyIdentifier.from_public_key(issuer.key.public_key()).digest
    return sha1(issuer.certificate.subject.public_bytes()), key_id


def new_curve_key(curve: ec.EllipticCurve) -> ec.EllipticCurvePrivateKey:
    """A fresh key on a curve."""
    return ec.generate_private_key(curve)
