"""`make run` as a newcomer types it, twice: where to go and who may sign in, a demonstration card, nothing lost."""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from portal.proofs.card.demo_cards import DEMO_PIN
from tests.journeys.card_visitor import CARD, CardVisitor
from tests.journeys.visitor import APPLICATION, Answers
from tests.rig.applications import LiveServer, wait_for
from tests.rig.tools import ROOT
from tests.rig.warm_start import Running

pytestmark = [pytest.mark.journey, pytest.mark.card]
START_WITHIN = 120.0
"""Seconds: keys, passwords and units are made at the first start, on a machine that may be busy."""
STAMPS = [".venv/bin/python", ".venv/runtime", "static/vendor/htmx.min.js"]
"""What is there already is taken as it is: a test installs nothing."""


@dataclass
class Newcomer:
    """Somebody with a fresh clone; the folder is their `instance/`."""

    folder: Path
    port: int
    bridge_port: int

    @property
    def command(self) -> list[str]:
        as_it_is = [word for stamp in STAMPS for word in ("-o", stamp)]
        return ["make", *as_it_is, "run", f"PORT={self.port}", f"BRIDGE_PORT={self.bridge_port}"]

    @property
    def environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder), "INSTANCE_PATH": str(self.folder)}

    @contextmanager
    def running(self) -> Iterator[LiveServer]:
        """`make run` until Ctrl+C, which ends everything that it started.

        Tests that run in the background have Ctrl+C ignored; a newcomer has not.
        """
        log = self.folder / "screen"
        with log.open("wb") as screen:
            made = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "env", "--default-signal=INT", *self.command],
                cwd=ROOT, env=self.environment, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=screen, stderr=screen,
            )  # fmt: skip
        database = f"sqlite:///{self.folder / 'portal.sqlite3'}"
        server = LiveServer(f"http://127.0.0.1:{self.port}", log, Running(made.pid), database)
        try:
            wait_for(server, START_WITHIN)
            wait_for(replace(server, url=f"http://localhost:{self.bridge_port}"))
            deadline = time.monotonic() + START_WITHIN
            while (
                len(_processes_of(made.pid)) < 6
            ):  # make, its shell, gunicorn with two workers, and the bridge
                assert time.monotonic() < deadline, _processes_of(made.pid)
                time.sleep(0.02)
            yield server
        finally:
            with suppress(ProcessLookupError):
                os.killpg(made.pid, signal.SIGINT)
            server.process.close()
            made.wait()
        deadline = time.monotonic() + START_WITHIN
        while left := _processes_of(made.pid):
            assert time.monotonic() < deadline, f"Ctrl+C left these behind: {left}"
            time.sleep(0.02)
        screen_at_end = log.read_text(encoding="utf-8")
        assert "Traceback" not in screen_at_end, screen_at_end[screen_at_end.index("Traceback") :]


def quiet_ports() -> tuple[int, int]:
    """Two that stay free until `make run` needs them: the kernel hands the tests beside this one higher ones."""
    free: list[int] = []
    for port in random.sample(range(20_000, 30_000), 20):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            free.append(port)
    return free[0], free[1]


def _processes_of(session: int) -> list[str]:
    """Commands of the processes that run in this session; who is dead and not yet buried does not count."""
    found = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = file.read_text().partition(" (")[2].rpartition(") ")
        except OSError:
            continue
        state, _, _, its_session, *_ = rest.split()
        if int(its_session) == session and state != "Z":
            found.append(name)
    return found


def test_two_starts(tmp_path: Path, new_page: Callable[..., Page]) -> None:
    newcomer = Newcomer(tmp_path, *quiet_ports())
    bridge = f"http://localhost:{newcomer.bridge_port}"
    with newcomer.running() as server:
        told = the_screen(server, bridge)
        with urllib.request.urlopen(server.url, timeout=30) as home:
            assert home.headers["Server"] == "gunicorn"
        visitor = CardVisitor(new_page(), server)
        visitor.component.real = bridge
        a_password_from_the_screen(visitor, told)
        a_demonstration_card(visitor)
        assert visitor.apply(Answers(email="fox@example.com")) == "fox"
        the_port_is_taken(newcomer)
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.pem")}
    assert files
    with newcomer.running() as server:
        assert the_screen(server, bridge) == told
        assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.pem")} == files
        visitor.open("/demo/")
        expect(visitor.page.get_by_role("row").filter(has_text="fox@example.com")).to_have_count(1)
        visitor.open(APPLICATION)
        visitor.read_captcha()
        visitor.box("Email").fill("fox@example.com")
        visitor.press("帳號檢核")
        visitor.reads("您的帳號將是 fox01")


def the_screen(server: LiveServer, bridge: str) -> str:
    """Where to go and who may sign in; returns the accounts, which also stand in a file of the owner's alone."""
    screen = server.log.read_text(encoding="utf-8")
    folder = server.log.parent
    file = folder / "demonstration-accounts.txt"
    accounts = file.read_text(encoding="utf-8")
    for words in (
        f"帳號入口（示範模式）　{server.url}/",
        f"{server.url}/demo/",
        str(file),
        accounts,
        f"{bridge}/",
    ):
        assert words in screen
    assert file.stat().st_mode & 0o077 == 0
    assert f"允許的網站：{server.url}" in screen
    return accounts


def a_password_from_the_screen(visitor: CardVisitor, told: str) -> None:
    found = re.search(r"^  (/authority/hwms/) +clerk +(\S+)", told, re.M)
    assert found
    visitor.open(found[1])
    expect(visitor.page.get_by_role("complementary", name="示範模式說明")).to_be_visible()
    visitor.sign_in("clerk", found[2])
    visitor.sees("我的帳號")
    visitor.page.get_by_role("button", name="登出", exact=True).click()


def a_demonstration_card(visitor: CardVisitor) -> None:
    """王小明's, in the reader that has its name, through the bridge that `make run` started."""
    visitor.ready(CARD)
    visitor.press("重新偵測卡片")
    visitor.readers.select_option("citizen")
    visitor.type_pin(DEMO_PIN)
    visitor.sees("我的帳號")
    assert visitor.summary("姓名") == "王小明"
    visitor.page.get_by_role("button", name="登出", exact=True).click()


def the_port_is_taken(newcomer: Newcomer) -> None:
    """It says so at once, and what to type instead; what runs goes on."""
    second = subprocess.run(
        newcomer.command,
        cwd=ROOT,
        env=newcomer.environment,
        capture_output=True,
        text=True,
        timeout=START_WITHIN,
    )
    assert second.returncode != 0
    assert f"port {newcomer.port} is taken; try: make run PORT=8001" in second.stderr
    assert second.stdout == ""
