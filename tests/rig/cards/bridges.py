"""`python -m portal.bridge` as people run it: a process of its own, whose every word is kept."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.rig.mail import free_port
from tests.rig.tools import ROOT

START_WITHIN = 20.0
CHANGE_WITHIN = 10.0
TOKEN = re.compile(r'data-token="([^"]+)"')
AT_START = ("讀卡橋接已啟動：", "允許的網站：")
ALLOWED = "https://portal.example"


@dataclass
class Bridge:
    """A running bridge."""

    url: str
    log: Path
    process: subprocess.Popen[bytes]

    def said(self) -> str:
        """Everything on its screen."""
        return self.log.read_text(encoding="utf-8")

    def state(self, seen: str = "", token: str = "") -> dict[str, Any]:
        """What its own page shows; with `seen` it answers at the next change."""
        token = token or self.token("/")
        request = urllib.request.Request(
            f"{self.url}/state",
            f"seen={seen}".encode(),
            {"Origin": self.url, "X-Popup-Token": token},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Follow the changes of readers and cards, as its page does, until they are so."""
        deadline, token, seen = time.monotonic() + CHANGE_WITHIN, self.token("/"), ""
        while time.monotonic() < deadline:
            state = self.state(seen, token)
            if wanted(state):
                return state
            seen = str(state["changes"])
        raise AssertionError(f"the readers did not become so: {state}")

    def token(self, path: str = "/popupForm") -> str:
        """The token of a fresh page."""
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            found = TOKEN.search(answer.read().decode())
        assert found
        return found.group(1)


@contextmanager
def running_bridge(
    log: Path,
    *options: str,
    origins: tuple[str, ...] = (ALLOWED,),
    environment: dict[str, str] | None = None,
    port: int = 0,
) -> Iterator[Bridge]:
    """Start it on a free port; it says where it is and whom it allows, and nothing ever after."""
    port = port or free_port()
    allowed = [word for origin in origins for word in ("--origin", origin)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", sys.executable, "-m", "portal.bridge", "--port", str(port),
             *allowed, *options],
            cwd=ROOT, env={**os.environ, "PYTHONUTF8": "1", **(environment or {})},
            stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
    bridge = Bridge(f"http://localhost:{port}", log, process)
    try:
        _wait_for(bridge)
        yield bridge
    finally:
        process.terminate()
        process.wait(timeout=20)
    more = [line for line in bridge.said().splitlines() if not line.startswith(AT_START)]
    assert not more, f"the bridge keeps silent about what it is asked, but said: {more}"


def _wait_for(bridge: Bridge) -> None:
    deadline = time.monotonic() + START_WITHIN
    while f"{bridge.url}/" not in bridge.said():
        if bridge.process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the bridge did not start:\n{bridge.said()}")
        time.sleep(0.02)
