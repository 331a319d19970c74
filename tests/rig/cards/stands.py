"""Where a page can ask for cards: the bridge over each kind of card, and the double of the official component.

All of them are asked and moved in the same way, so that one suite runs against each.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.rig.cards import issued
from tests.rig.cards.bridges import ALLOWED, Bridge, running_bridge
from tests.rig.cards.demo import DemoFolder
from tests.rig.cards.issued import Issued
from tests.rig.cards.official import Official, OfficialCard, running_official
from tests.rig.cards.pcscd import READERS, Pcscd, running_pcscd
from tests.rig.cards.piv import TRIES, PivCard
from tests.rig.cards.popup import ask
from tests.rig.cards.softhsm import make_token
from tests.rig.tools import opensc_module, python_package

PAGE = "http://127.0.0.1:18080"
"""The origin that pages of browser tests have: they are served by the browser's own interception."""
ORIGINS = (ALLOWED, PAGE)


class Stand(ABC):
    """A component with two places for cards, `readers`. At first the first holds a good card, the other none."""

    readers: tuple[str, str] = ("first", "second")
    pin = "123456"
    url = ""

    def ask(self, func: str, **fields: str) -> dict[str, Any]:
        """What a page of an allowed origin gets."""
        return ask(self.url, func, **fields)

    @abstractmethod
    def put(self, signing: Issued | None, encryption: Issued | None = None, place: int = 0) -> None:
        """A fresh card with the PIN of this stand."""

    @abstractmethod
    def remove(self, place: int = 0) -> None:
        """Take the card out."""

    def restore(self) -> None:
        """As it was at first, with all tries left."""
        self.put(issued.signing())
        self.remove(1)

    @abstractmethod
    def set_pin(self, pin: str) -> None:
        """Personalise the card in the first place with another PIN."""


class PivStand(Stand):
    """Bridge → OpenSC → pcscd → vpcd → a virtual PIV card."""

    readers = READERS

    def __init__(self, pcscd: Pcscd, bridge: Bridge) -> None:
        self.pcscd, self.bridge, self.url = pcscd, bridge, bridge.url
        self.cards: list[PivCard | None] = [None, None]

    def put(self, signing: Issued | None, encryption: Issued | None = None, place: int = 0) -> None:
        card = self.cards[place]
        if card and (card.signing, card.encryption) == (signing, encryption):
            card.tries_left, card.pin, card.leave_at = TRIES, self.pin.encode(), None
        else:
            self.remove(place)
            card = self.cards[place] = PivCard(signing, encryption)
        if not self.pcscd.readers[place].holds(card):
            self.pcscd.readers[place].insert(card)
            self._until(place, True)

    def remove(self, place: int = 0) -> None:
        self.cards[place] = None
        self.pcscd.readers[place].eject()
        self._until(place, False)

    def set_pin(self, pin: str) -> None:
        card = self.cards[0]
        assert card
        card.pin = pin.encode()

    def _until(self, place: int, inside: bool) -> None:
        name = self.readers[place]
        self.bridge.until(
            lambda state: any(
                slot["slotDescription"] == name and isinstance(slot["token"], dict) is inside
                for slot in state.get("slots", [])
            )
        )


class DemoStand(Stand):
    """Bridge → a folder of demonstration cards."""

    def __init__(self, folder: DemoFolder, url: str) -> None:
        self.folder, self.url = folder, url

    def put(self, signing: Issued | None, encryption: Issued | None = None, place: int = 0) -> None:
        held = signing or encryption
        assert held
        self.folder.put(self.readers[place], held, self.pin)

    def remove(self, place: int = 0) -> None:
        self.folder.remove(self.readers[place])

    def set_pin(self, pin: str) -> None:
        self.folder.put(self.readers[0], issued.signing(), pin)


class SoftHsmStand(Stand):
    """Bridge → SoftHSM: one key on an elliptic curve that stays where it is."""

    def __init__(self, url: str) -> None:
        self.url = url

    def restore(self) -> None:
        """Nothing can be moved."""

    def put(self, signing: Issued | None, encryption: Issued | None = None, place: int = 0) -> None:
        pytest.fail("the token's key stays where it is")

    def remove(self, place: int = 0) -> None:
        pytest.fail("the token stays where it is")

    def set_pin(self, pin: str) -> None:
        pytest.fail("the token keeps its PIN")


class OfficialStand(Stand):
    """The double."""

    def __init__(self, state: Official) -> None:
        self.state, self.url = state, state.url

    def put(self, signing: Issued | None, encryption: Issued | None = None, place: int = 0) -> None:
        self.state.readers = {name: self.state.readers.get(name) for name in self.readers}
        self.state.readers[self.readers[place]] = OfficialCard(signing, encryption, self.pin)

    def remove(self, place: int = 0) -> None:
        self.state.readers[self.readers[place]] = None

    def set_pin(self, pin: str) -> None:
        self.state.readers[self.readers[0]] = OfficialCard(issued.signing(), pin=pin)


@pytest.fixture(scope="session")
def pcscd() -> Iterator[Pcscd]:
    """One daemon per test process."""
    for name in ("smartcard", "PyKCS11"):
        python_package(name)
    with running_pcscd() as daemon:
        yield daemon


@pytest.fixture(scope="session")
def stands(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandMaker]:
    """Starts each kind once, when it is first asked for."""
    with ExitStack() as stack:
        yield StandMaker(request, tmp_path_factory.mktemp("stands"), stack)


class StandMaker:
    """`get("piv")`, "demo", "softhsm", "official"."""

    def __init__(self, request: pytest.FixtureRequest, folder: Path, stack: ExitStack) -> None:
        self._request, self._folder, self._stack = request, folder, stack
        self._made: dict[str, Stand] = {}

    def get(self, kind: str) -> Stand:
        """Restored to its first state."""
        if kind not in self._made:
            self._made[kind] = getattr(self, f"_{kind}")()
        self._made[kind].restore()
        return self._made[kind]

    def _bridge(self, kind: str, *options: str, environment: dict[str, str] | None = None) -> Bridge:
        log = self._folder / f"{kind}.log"
        return self._stack.enter_context(
            running_bridge(log, *options, origins=ORIGINS, environment=environment)
        )

    def _piv(self) -> Stand:
        pcscd: Pcscd = self._request.getfixturevalue("pcscd")
        options = ("--module", str(opensc_module()))
        return PivStand(pcscd, self._bridge("piv", *options, environment=pcscd.environment))

    def _demo(self) -> Stand:
        folder = DemoFolder(self._folder / "demo")
        return DemoStand(folder, self._bridge("demo", "--demo", str(folder.path)).url)

    def _softhsm(self) -> Stand:
        python_package("PyKCS11")
        module, environment = make_token(self._folder / "softhsm", issued.signing("ec"), Stand.pin)
        environment["PCSCLITE_CSOCK_NAME"] = "/nonexistent"
        options = ("--module", str(module), "--tries", "0")
        return SoftHsmStand(self._bridge("softhsm", *options, environment=environment).url)

    def _official(self) -> Stand:
        return OfficialStand(self._stack.enter_context(running_official()))
