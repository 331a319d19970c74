"""A real pcscd of the tests' own, with two virtual readers (vpcd) into which cards are plugged over TCP.

It runs in a mount namespace, so that its socket hides nobody else's: another pcscd may be at work. Where there can be
none (in a chroot, whose root is no mount point) it takes the machine's place, one at a time. The driver listens on all
addresses of the machine: never run it outside tests.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.rig.cards.piv import ATR, PivCard, Removed
from tests.rig.tools import opensc_module, pcsc_daemon, vpcd_driver

READERS = ("Portal Test Reader 00 00", "Portal Test Reader 00 01")
START_WITHIN = 20.0
POWER_OFF, POWER_ON, RESET = 0, 1, 2
IN_ITS_OWN_PLACE = """
mount -t tmpfs none /run && mkdir /run/pcscd && mount --bind "$1" /run/pcscd &&
exec "$2" --foreground --config "$3"
"""
IN_THE_MACHINES_PLACE = 'mkdir -p /run/pcscd && exec "$2" --foreground --config "$3"'
MACHINES_PLACE = Path("/run/pcscd")


class VirtualReader:
    """One reader: a card is in it while a line to the driver is open."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._card: PivCard | None = None
        self._line: socket.socket | None = None

    def insert(self, card: PivCard) -> None:
        """pcscd notices within half a second: wait by the bridge's own report."""
        self.eject()
        card.reset()
        line = socket.create_connection(("127.0.0.1", self._port))
        self._card, self._line = card, line
        threading.Thread(target=self._serve, args=(line, card), daemon=True).start()

    def holds(self, card: PivCard) -> bool:
        return self._card is card

    def eject(self) -> None:
        line, self._card, self._line = self._line, None, None
        if line:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def _serve(self, line: socket.socket, card: PivCard) -> None:
        with line, suppress(OSError, EOFError):
            while True:
                message = _exactly(line, int.from_bytes(_exactly(line, 2), "big"))
                if len(message) == 1 and message[0] in (POWER_OFF, POWER_ON, RESET):
                    card.reset()
                    continue
                try:
                    answer = ATR if len(message) == 1 else card.transmit(message)
                except Removed:
                    self.eject()
                    return
                line.sendall(len(answer).to_bytes(2, "big") + answer)


class Pcscd:
    """The running daemon: what a program needs to reach it, and its readers."""

    def __init__(self, run: Path, readers: list[VirtualReader]) -> None:
        self.readers = readers
        self.environment = {"PCSCLITE_CSOCK_NAME": str(run / "pcscd.comm")}

    def empty(self) -> None:
        for reader in self.readers:
            reader.eject()


@contextmanager
def running_pcscd() -> Iterator[Pcscd]:
    """Start it in a folder of its own under /tmp; a missing tool ends the test (see tests/rig/tools.py)."""
    daemon, driver = pcsc_daemon(), vpcd_driver()
    opensc_module()
    folder = Path(tempfile.mkdtemp(prefix="portal-pcscd-", dir="/tmp"))
    port = _free_pair()
    try:
        for name in ("run", "readers"):
            (folder / name).mkdir()
        (folder / "readers" / "vpcd").write_text(
            f'FRIENDLYNAME "{READERS[0].removesuffix(" 00 00")}"\nDEVICENAME /dev/null:{port:#x}\n'
            f"LIBPATH {driver}\nCHANNELID {port:#x}\n"
        )
        with _place(folder / "run") as (command, run), (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", *command, "sh", str(run), str(daemon), str(folder / "readers")],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
            try:
                _wait_for(process, run, folder / "log")
                yield Pcscd(run, [VirtualReader(port), VirtualReader(port + 1)])
            finally:
                process.terminate()
                process.wait(timeout=20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _place(run: Path) -> Iterator[tuple[list[str], Path]]:
    """How to start the daemon, and the folder of its socket."""
    own = ["unshare", *([] if os.geteuid() == 0 else ["--map-root-user"]), "--mount"]
    if subprocess.run([*own, "true"], capture_output=True, check=False).returncode == 0:
        yield [*own, "sh", "-c", IN_ITS_OWN_PLACE], run
        return
    with Path("/tmp/portal-pcscd.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another worker's daemon goes first
        with suppress(OSError), socket.socket(socket.AF_UNIX) as line:
            line.connect(str(MACHINES_PLACE / "pcscd.comm"))
            raise RuntimeError("another pcscd is at work here, and there can be no mount namespace: stop it")
        (MACHINES_PLACE / "pcscd.comm").unlink(missing_ok=True)
        yield ["sh", "-c", IN_THE_MACHINES_PLACE], MACHINES_PLACE


def _free_pair() -> int:
    """A port that is free together with the next: that is how the driver numbers its slots."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as first:
            port: int = first.getsockname()[1]
            with suppress(OSError, OverflowError), socket.create_server(("127.0.0.1", port + 1)):
                return port


def _exactly(line: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        # The driver sends length and text apart: without this each waits 40 ms for the other.
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        if not (part := line.recv(size - len(received))):
            raise EOFError
        received += part
    return received


def _wait_for(process: subprocess.Popen[bytes], run: Path, log: Path) -> None:
    deadline = time.monotonic() + START_WITHIN
    while not (run / "pcscd.comm").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"pcscd did not start:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.02)
