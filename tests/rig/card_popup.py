"""Demonstration cards, and a reader component in the browser: its popup page answers exactly as documented.

The popup's address is answered by Playwright, so that nothing listens on the one port and tests run side by side.
The bridge and the double of the official program have suites of their own, with real sockets.
"""

from __future__ import annotations

import base64
import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from flask import Flask
from playwright.sync_api import BrowserContext, Route

from portal.proofs.card.gate import CardAnswer
from tests.rig.card_answers import Card, pkcs1, pkcs7

ADDRESS = "http://localhost:61161"
OK, FAILED, UNSUPPORTED, FOREIGN = 0, 0x7600000D, 0x7600000E, 0x7600000F
NO_CARD, NO_PIN, NO_READER, LOGIN = 0x76000006, 0x76000998, 0x76100003, 0x76100006
PIN: Final = "k7+Q%9"
"""Found nowhere by chance, and with signs that forms and addresses write in other ways."""
PIN_WRONG, PIN_LOCKED, ONE_LEFT, TWO_LEFT = 0xA0, 0xA4, -2147483647, -2147483646
POPUP = """<!doctype html><title>component</title><script>
addEventListener("message", async (event) => {
  if (event.source !== opener) return;
  document.title = "asked";
  const answer = await window.askedOfComponent(event.data);
  if (answer === null) return;
  opener.postMessage(answer, "*");
  window.close();
});
opener.postMessage('{"func":"getTbs"}', "*");
</script>"""


@dataclass
class HeldCard:
    """A card of the demonstration in somebody's hand."""

    card: Card
    number: str
    pin: str = PIN
    tries: int = 3
    tells_tries: bool = True

    def answer(self, content: bytes, bare: bool = False) -> CardAnswer:
        """What its chip makes of a challenge."""
        return pkcs1(self.card, content) if bare else pkcs7(self.card, content, card_number=self.number)


@dataclass
class ReaderComponent:
    """The program beside the browser. Readers are names with a card, None (empty) or "unknown token"."""

    readers: dict[str, HeldCard | str | None] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    there: bool = True
    greets: bool = True
    """Says hello: without it the popup stays as it is."""
    silent: bool = False
    bare_only: bool = False
    refuses: int = OK
    """Answers everything with this code."""
    real: str = ""
    """Address of a real program that answers instead of this double: the bridge, or the official one's twin."""

    def put(self, card: HeldCard | str | None, reader: str = "Generic Smart Card Reader 0") -> None:
        """Into the only reader."""
        self.readers = {reader: card}

    def install(self, context: BrowserContext) -> None:
        """Let the browser's popups meet it."""
        context.route(f"{ADDRESS}/**", self._page)
        context.expose_function("askedOfComponent", self._answer)

    def _page(self, route: Route) -> None:
        if self.real:
            self._pass_on(route)
        elif self.there and not self.greets:
            route.fulfill(content_type="text/html", body="<!doctype html><title>component</title>")
        elif self.there:
            route.fulfill(content_type="text/html", body=POPUP)
        else:
            route.abort("connectionrefused")

    def _pass_on(self, route: Route) -> None:
        """As if the program listened on the one port: tests beside this one need it, too."""
        headers = {
            name: value.replace(ADDRESS, self.real)
            for name, value in route.request.headers.items()
            if name != "host"
        }
        route.fulfill(
            response=route.fetch(url=route.request.url.replace(ADDRESS, self.real), headers=headers)
        )

    def _answer(self, text: str) -> str | None:
        request = json.loads(text)
        self.asked.append(request)
        if self.silent:
            return None
        signing = request["func"] == "MakeSignature"
        told = self._sign(request) if signing else self._list(request["func"] == "GetUserCert")
        return json.dumps({"func": "sign" if signing else "pkcs11info", "serverVersion": "1.3.8", **told})

    def _list(self, with_certificates: bool) -> dict[str, Any]:
        if self.refuses:
            return _trouble(self.refuses)
        if not self.readers:
            return _trouble(NO_READER)
        slots = [
            {"slotDescription": name, "token": _token(held, with_certificates)}
            for name, held in self.readers.items()
        ]
        return {"ret_code": OK, "last_error": 0, "slots": slots}

    def _sign(self, request: dict[str, Any]) -> dict[str, Any]:
        bare = request["signatureType"] == "PKCS1"
        if self.refuses or (self.bare_only and not bare):
            return _trouble(self.refuses or UNSUPPORTED)
        wanted = request.get("slotDescription")
        held = [one for name, one in self.readers.items() if wanted in (None, name) and one is not None]
        if not self.readers:
            return _trouble(NO_READER)
        if not held or not isinstance(card := held[0], HeldCard):
            return _trouble(NO_CARD)
        pin = unquote(request["pin"])
        if not pin:
            return _trouble(NO_PIN)
        if (wrong := _tried(card, pin)) != OK:
            return _trouble(LOGIN, wrong)
        made = card.answer(request["tbs"].encode(), bare)
        return {
            "ret_code": OK,
            "last_error": 0,
            "signature": base64.b64encode(made.signature).decode(),
            "certb64": base64.b64encode(card.card.der).decode(),
            "cardSN": card.number,
        }


def _tried(card: HeldCard, pin: str) -> int:
    if card.tries > 0 and pin == card.pin:
        card.tries = 3
        return OK
    card.tries = max(0, card.tries - 1)
    if not card.tells_tries and card.tries:
        return PIN_WRONG
    return {0: PIN_LOCKED, 1: ONE_LEFT, 2: TWO_LEFT}[card.tries]


def _token(held: HeldCard | str | None, with_certificates: bool) -> object:
    if not isinstance(held, HeldCard):
        return held
    certificate = {"certb64": base64.b64encode(held.card.der).decode(), "label": "cert1"}
    listed = [certificate] if with_certificates else []
    return {"serialNumber": held.number, "ulMinPinLen": 6, "ulMaxPinLen": 8, "certs": listed}


def _trouble(code: int, last_error: int = 0) -> dict[str, Any]:
    signed = code - 0x100000000 if code & 0x80000000 else code
    return {"ret_code": signed, "last_error": last_error, "message": "", "message2": ""}


@pytest.fixture(scope="session")
def demonstration_cards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `make run` would make: authorities and cards, once per test process."""
    from portal.proofs.card.demo_cards import write_demonstration

    folder = tmp_path_factory.mktemp("demonstration")
    write_demonstration(folder, datetime.now(UTC))
    return folder


@pytest.fixture
def hold(demonstration_cards: Path) -> Callable[..., HeldCard]:
    """Call it to take a card of the demonstration into the hand: `hold("citizen")`."""

    def take(name: str = "citizen", **more: Any) -> HeldCard:
        folder = demonstration_cards / "cards" / name
        key: Any = serialization.load_pem_private_key((folder / "key.pem").read_bytes(), None)
        certificate = x509.load_pem_x509_certificate((folder / "certificate.pem").read_bytes())
        told = tomllib.loads((folder / "card.toml").read_text(encoding="utf-8"))
        return HeldCard(Card(key, certificate), told["number"], **more)

    return take


@pytest.fixture
def card_app(make_app: Callable[..., Flask], demonstration_cards: Path) -> Flask:
    """The portal that trusts the demonstration's authorities, their lists taken in."""
    authorities = str(demonstration_cards / "authorities")
    app = make_app(AUTHORITIES_PATH=authorities, PORTAL_DEMO=True, PUBLIC_ORIGIN="http://127.0.0.1:8000")
    trust_demonstration(app)
    return app


def trust_demonstration(app: Flask) -> None:
    """Take in the revocation lists of the demonstration's authorities, as the nightly job does."""
    from portal.usecases.card.trust_authorities import refresh_revocation_lists

    told = refresh_revocation_lists(app.extensions["portal-settings"], datetime.now(UTC))
    assert {one.outcome for one in told} == {"kept"}, told
