"""How the program starts, and how it refuses to; it knows nothing of the portal."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.rig.cards.bridges import ALLOWED, running_bridge
from tests.rig.cards.demo import DemoFolder
from tests.rig.cards.popup import ask
from tests.rig.mail import free_port
from tests.rig.tools import ROOT, opensc_module, python_package, without

STRANGERS = "{'flask', 'jinja2', 'sqlalchemy', 'werkzeug', 'smartcard', 'PyKCS11'}"


def start(*options: str, code: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    command = ["-c", code] if code else ["-m", "portal.bridge", *options]
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, timeout=60,
        env={**os.environ, "PYTHONUTF8": "1", **environment},
    )  # fmt: skip


@pytest.fixture
def demo(tmp_path: Path) -> str:
    return str(DemoFolder(tmp_path / "demo").path)


def test_it_imports_nothing_of_the_portal_nor_of_flask() -> None:
    told = start(
        code="import sys, portal.bridge.__main__, portal.bridge.demo_cards; names = set(sys.modules);"
        f"print(sorted(names & {STRANGERS}), sorted(n for n in names if n.startswith('portal.')"
        " and not n.startswith('portal.bridge')))"
    )
    assert told.stdout.strip() == "[] []", told.stderr


def test_it_asks_for_an_origin(demo: str) -> None:
    assert "--origin" in start("--demo", demo).stderr


@pytest.mark.parametrize(
    "origin", ["*", "portal.example", "https://a.example/", "https://A.example", "null", "file://"]
)
def test_an_origin_is_exact(demo: str, origin: str) -> None:
    told = start("--demo", demo, "--origin", origin)
    assert told.returncode == 2
    assert "is no origin" in told.stderr


def test_a_missing_module_or_folder_is_named() -> None:
    assert "/nothing" in start("--origin", ALLOWED, "--module", "/nothing").stderr
    assert "/nothing" in start("--origin", ALLOWED, "--demo", "/nothing").stderr


def test_a_file_that_is_no_module(tmp_path: Path) -> None:
    python_package("PyKCS11")
    (tmp_path / "module.so").write_text("not a library")
    told = start("--origin", ALLOWED, "--module", str(tmp_path / "module.so"), "--port", "0")
    assert told.returncode == 1
    assert "PKCS#11" in told.stderr


@pytest.mark.parametrize(("family", "address"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_a_taken_port_is_refused(demo: str, family: socket.AddressFamily, address: str) -> None:
    try:
        taken = socket.create_server((address, 0), family=family)
    except OSError:
        without("IPv6 on the loopback interface")
    with taken:
        told = start("--demo", demo, "--origin", ALLOWED, "--port", str(taken.getsockname()[1]))
    assert told.returncode == 1
    assert "已被使用" in told.stderr


def test_it_starts_again_where_it_ended(tmp_path: Path, demo: str) -> None:
    """The port still remembers a conversation that the program was the first to end."""
    with running_bridge(tmp_path / "log", "--demo", demo) as bridge:
        port = int(bridge.url.rpartition(":")[2])
        ended = socket.create_connection(("127.0.0.1", port))
        ended.sendall(
            f"GET /popupForm HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n".encode()
        )
        while ended.recv(65536):
            pass
        ended.close()
    with running_bridge(tmp_path / "log", "--demo", demo, port=port) as again:
        assert again.url == bridge.url


def test_who_is_impatient_sees_no_traceback(tmp_path: Path, demo: str) -> None:
    """`running_bridge` reads its screen, and sends another signal while it is closing."""
    with running_bridge(tmp_path / "log", "--demo", demo) as bridge:
        bridge.process.send_signal(signal.SIGTERM)
        closed = socket.socket()
        while closed.connect_ex(("127.0.0.1", int(bridge.url.rpartition(":")[2]))) == 0:
            bridge.process.send_signal(signal.SIGTERM)
            closed.close()
            closed = socket.socket()
        closed.close()
    assert bridge.process.returncode == 0


def test_a_file_of_options(tmp_path: Path, demo: str) -> None:
    settings = tmp_path / "bridge.toml"
    settings.write_text(f'origin = ["https://a.example", "https://b.example"]\ndemo = "{demo}"\n')
    with running_bridge(tmp_path / "log", "--config", str(settings), origins=()) as bridge:
        assert bridge.state()["origins"] == ["https://a.example", "https://b.example"]
    settings.write_text('origins = ["https://a.example"]\n')
    assert "origins is not known" in start("--config", str(settings), "--port", str(free_port())).stderr


def test_no_reader(tmp_path: Path, demo: str) -> None:
    with running_bridge(tmp_path / "log", "--demo", demo) as bridge:
        assert ask(bridge.url, "CheckEnvir")["ret_code"] == 0x76100003
        assert ask(bridge.url, "MakeSignature", tbs="cardauth.v1.a", pin="123456")["ret_code"] == 0x76100003
        assert "找不到讀卡機" in bridge.state()["message"]


@pytest.mark.card
def test_no_reader_without_a_card_service(tmp_path: Path) -> None:
    for name in ("smartcard", "PyKCS11"):
        python_package(name)
    nobody = {"PCSCLITE_CSOCK_NAME": str(tmp_path / "nobody")}
    module = str(opensc_module())
    with running_bridge(tmp_path / "log", "--module", module, environment=nobody) as bridge:
        assert ask(bridge.url, "CheckEnvir")["ret_code"] == 0x76100003


def test_it_ends_when_it_is_told_to(tmp_path: Path, demo: str) -> None:
    with running_bridge(tmp_path / "log", "--demo", demo) as bridge:
        bridge.process.send_signal(signal.SIGINT)
        assert bridge.process.wait(timeout=20) == 0


def test_the_guide_names_the_packages_and_the_options() -> None:
    guide = (ROOT / "docs/bridge.md").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    packages = [re.split(r"[<>=]", text)[0] for text in project["optional-dependencies"]["bridge"]]
    assert f"pip install {' '.join(packages)}" in guide
    options = set(re.findall(r"^\| `(--\w+)", guide, re.M))
    assert options == set(re.findall(r"--\w+", start("--help").stdout)) - {"--help"}
