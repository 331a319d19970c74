"""The servers that are measured: started as `make run` does, their CPU and memory read from /proc."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.load import Connection

ROOT = Path(__file__).resolve().parent.parent.parent
START_WITHIN = 30.0


class CannotMeasure(Exception):
    """The run ends without figures; the text says why."""


@dataclass
class Server:
    """A running server; `beside` are other processes that work for it, such as the database's."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    log: Path
    beside: list[int] = field(default_factory=list)

    def cpu(self) -> float:
        """Milliseconds of processor time that all its processes have used so far."""
        return sum(_cpu(pid) for root in (self.process.pid, *self.beside) for pid in _tree(root))

    def worker_memory(self) -> float:
        """Anonymous memory of its largest worker, in MiB."""
        workers = [pid for pid in _tree(self.process.pid) if pid != self.process.pid]
        return max(_anonymous(pid) for pid in workers)

    def tail(self) -> str:
        """The last of what it said."""
        return self.log.read_text(errors="replace")[-3000:]

    def text(self, method: str, path: str, headers: dict[str, str] | None = None, body: str = "") -> str:
        """A raw request to this server, for the load generator."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", "Accept: text/html"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        if method == "POST":
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "", body])

    def ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: str = ""
    ) -> tuple[int, str, str]:
        """Status, head and body of one request."""
        connection = Connection(self.port)
        try:
            answer = connection.ask(self.text(method, path, headers, body).encode("latin-1"))
        finally:
            connection.close()
        return answer[0], answer[1].decode("latin-1"), answer[2].decode()


@contextmanager
def serving(
    name: str, application: str, settings: dict[str, str], folder: Path, first_page: str, beside: list[int]
) -> Iterator[tuple[Server, float]]:
    """A server and the seconds from its start to its first page."""
    log = folder / f"{name.replace(' ', '-')}.log"
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "TMPDIR") if key in os.environ}
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener, log.open("wb") as output:
        port = listener.getsockname()[1]
        begun = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", application, *gunicorn_options(), f"--bind=fd://{listener.fileno()}"],
            cwd=ROOT, env={**kept, **_exported(), "PUBLIC_ORIGIN": f"http://127.0.0.1:{port}", **settings},
            pass_fds=[listener.fileno()], stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )  # fmt: skip
        server = Server(name, port, process, log, beside)
        try:
            yield server, _first_page(server, first_page) - begun
        finally:
            process.terminate()
            process.wait(timeout=40)


def gunicorn_options() -> list[str]:
    """The options of `make run`, from the Makefile itself."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    found = re.search(r"^GUNICORN := .* gunicorn app:app (.*)$", text, re.M)
    if found is None:
        raise CannotMeasure("the Makefile has no line GUNICORN := … gunicorn app:app …")
    return re.sub(r"--bind \S+", "", found.group(1)).split()


def _exported() -> dict[str, str]:
    """What the Makefile tells the C library."""
    return dict(re.findall(r"^export (MALLOC_\w+) := (\S+)$", (ROOT / "Makefile").read_text(), re.M))


def _first_page(server: Server, path: str) -> float:
    """When the first page was there."""
    deadline = time.perf_counter() + START_WITHIN
    while time.perf_counter() < deadline and server.process.poll() is None:
        try:
            status, _, _ = server.ask("GET", path)
        except OSError:
            time.sleep(0.01)
            continue
        if status != 200:
            raise CannotMeasure(f"{server.name}: {path} answered {status}\n{server.tail()}")
        return time.perf_counter()
    raise CannotMeasure(f"{server.name} did not start\n{server.tail()}")


def _tree(root: int) -> list[int]:
    """A process and all below it."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                after_name = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it has just ended
                continue
            parents.setdefault(int(after_name[1]), []).append(int(entry.name))
    found = [root]
    for pid in found:
        found += parents.get(pid, [])
    return found


def _cpu(pid: int) -> float:
    """Milliseconds a process has run: the scheduler's nanoseconds of its threads, and ended children's ticks."""
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
        running = sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e6
        ended = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[13:15]
    except OSError:
        return 0.0
    return running + sum(map(int, ended)) * 1000 / os.sysconf("SC_CLK_TCK")


def machine_time() -> tuple[float, float]:
    """Milliseconds that all processors together were busy, and that they had, since the machine started."""
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    tick = 1000 / os.sysconf("SC_CLK_TCK")
    return (sum(fields) - fields[3] - fields[4]) * tick, sum(fields) * tick


def own_time() -> float:
    """Milliseconds that this process and all it has started have used so far."""
    return sum(_cpu(pid) for pid in _tree(os.getpid()))


def _anonymous(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon:")) / 1024
