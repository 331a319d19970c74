"""Servers and commands that start at once: one process reads the portal's modules, then forks for each.

What runs is gunicorn or flask as ever, with settings from its own environment; only reading the modules is done once.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from typing import BinaryIO, NamedTuple

from tests.rig.prepared import let_go
from tests.rig.settings import TEST_SETTINGS
from tests.rig.tools import ROOT

ORDER_LIMIT = 128 * 1024
PR_SET_PDEATHSIG = 1
PROGRAMS = {"gunicorn": "gunicorn.app.wsgiapp", "flask": "flask.cli"}
COMMAND_WITHIN = 120.0


class Order(NamedTuple):
    """What a program is started with."""

    program: str
    options: list[str]
    environment: dict[str, str]


class Running:
    """A program's process; unlike a number, its descriptor never comes to mean another."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._descriptor = os.pidfd_open(pid)

    def ended(self, within: float = 0) -> bool:
        """Whether it ended, or does so within these seconds."""
        return bool(select.select([self._descriptor], [], [], within)[0])

    def send_signal(self, number: signal.Signals) -> None:
        """Tell it something, if it still runs."""
        if not self.ended():
            signal.pidfd_send_signal(self._descriptor, number)

    def close(self, within: float = 20) -> None:
        """Wait for its end; who does not end is ended."""
        if not self.ended(within):
            self.send_signal(signal.SIGKILL)
            raise TimeoutError(f"process {self.pid} did not end when it should")
        os.close(self._descriptor)


class Launcher:
    """The process that forks."""

    def __init__(self) -> None:
        self._orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-m", "tests.rig.warm_start", str(theirs.fileno())]
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", *command],
                cwd=ROOT, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
            )  # fmt: skip

    def start(
        self, options: Sequence[str], environment: Mapping[str, str], listener: socket.socket, log: BinaryIO
    ) -> Running:
        """A gunicorn on this socket, writing to this file."""
        order = Order("gunicorn", list(options), dict(environment))
        return self._fork(order, listener.fileno(), log.fileno(), log.fileno())

    def run(self, words: Sequence[str], environment: Mapping[str, str], out: BinaryIO, err: BinaryIO) -> int:
        """`flask …` to its end, writing to these files; its status."""
        told, tell = os.pipe()
        with os.fdopen(told, "rb") as status:
            try:
                order = Order("flask", list(words), dict(environment))
                running = self._fork(order, tell, out.fileno(), err.fileno())
            finally:
                os.close(tell)
            running.close(COMMAND_WITHIN)
            return int(status.read())

    def _fork(self, order: Order, *descriptors: int) -> Running:
        socket.send_fds(self._orders, [json.dumps(order).encode()], descriptors)
        answer = self._orders.recv(32)
        if not answer:
            raise RuntimeError("the launcher has ended; see its message above")
        return Running(int(answer))

    def close(self) -> None:
        """No more programs."""
        self._orders.close()
        self._process.wait(timeout=20)


def main() -> None:
    """Fork for every order until nobody is left to give one."""
    orders = socket.socket(fileno=int(sys.argv[1]))
    _read_everything()
    while True:
        order, descriptors, _, _ = socket.recv_fds(orders, ORDER_LIMIT, 3)
        if not order:
            return
        _bury_the_dead()
        pid = os.fork()
        if pid == 0:
            orders.close()
            _become(Order(*json.loads(order)), *descriptors)
        orders.send(str(pid).encode())
        for descriptor in descriptors:
            os.close(descriptor)


def _read_everything() -> None:
    from portal import create_app

    for name in (*PROGRAMS.values(), "gunicorn.workers.gthread"):
        importlib.import_module(name)
    with tempfile.TemporaryDirectory() as folder:
        places = {"DATABASE_URL": f"sqlite:///{folder}/portal.sqlite3", "INSTANCE_PATH": folder}
        app = create_app(**{**TEST_SETTINGS, **places})
        app.test_client().get("/sitemap")
        let_go(app)


def _bury_the_dead() -> None:
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                return
        except ChildProcessError:
            return


def _become(order: Order, given: int, out: int, err: int) -> None:
    """In the child: become gunicorn on the socket given, or flask, which tells its status there. Never returns."""
    status: int | str | None = 1
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        os.dup2(out, 1)
        os.dup2(err, 2)
        os.environ.clear()
        os.environ.update(order.environment)
        program = importlib.import_module(PROGRAMS[order.program])
        sys.argv = [order.program, *order.options]
        if order.program == "flask":
            program.main()
        else:
            sys.argv += [f"--bind=fd://{given}", "app:app"]
            program.run()
    except SystemExit as end:
        status = end.code
    except BaseException:  # noqa: BLE001  what went wrong belongs into the program's log, not into the launcher
        traceback.print_exc()
    finally:
        code = status if isinstance(status, int) else int(status is not None)
        sys.stdout.flush()
        sys.stderr.flush()
        if order.program == "flask":
            os.write(given, str(code).encode())
        os._exit(code)


if __name__ == "__main__":
    main()
