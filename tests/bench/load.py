"""The load generator, a process of its own: orders come as lines of JSON, results go back the same way.

An order is a list of streams that run at the same time. What counts is the server's CPU, so this client is plain:
threads with blocking sockets that are kept alive.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

SLOW = 15.0
"""Seconds after which an answer is given up."""
LATER = 429


@dataclass(frozen=True)
class Stream:
    """One kind of request, sent for some seconds over some connections."""

    port: int
    requests: list[str]
    """Raw HTTP; sent one after the other."""
    seconds: float
    statuses: list[int] = field(default_factory=lambda: [200])
    connections: int = 4
    again: bool = True
    """Begin anew when all were sent; otherwise the stream ends."""
    per_second: float = 0.0
    """Requests a second of each connection; 0: as fast as they are answered."""
    hash_cost: int = 0
    """Instead of requests: hash passwords with this cost on as many threads as there are connections."""


@dataclass(frozen=True)
class Flow:
    """What came of a stream; times in milliseconds, `cpu` of this process's hashing only."""

    done: int
    wrong: dict[str, int]
    put_off: int
    """Answers 429: people asked to come back later; not among those done."""
    per_second: float
    p50: float
    p99: float
    cpu: float = 0.0


class Connection:
    """One visitor's connection, opened again when the server closes it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket: socket.socket | None = None

    def ask(self, request: bytes) -> tuple[int, bytes, bytes]:
        """Status, head and body of the answer."""
        fresh = self.socket is None
        try:
            return self._ask(request)
        except ConnectionError:
            self.close()
            if fresh:
                raise
            return self._ask(request)  # an idle connection that the server had given up

    def _ask(self, request: bytes) -> tuple[int, bytes, bytes]:
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), SLOW)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(request)
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._receive()
        head, _, body = received.partition(b"\r\n\r\n")
        lower = head.lower()
        _, found, rest = lower.partition(b"\r\ncontent-length:")
        length = int(rest.split(b"\r\n", 1)[0]) if found else 0
        while len(body) < length:
            body += self._receive()
        if b"\r\nconnection: close" in lower:
            self.close()
        return int(head[9:12]), head, body

    def _receive(self) -> bytes:
        assert self.socket
        part = self.socket.recv(65536)
        if not part:
            raise ConnectionResetError
        return part

    def close(self) -> None:
        """Let go of it."""
        if self.socket:
            self.socket.close()
        self.socket = None


class Running:
    """A stream at work."""

    def __init__(self, stream: Stream, start: threading.Barrier) -> None:
        self.stream, self.start = stream, start
        texts = (text.encode("latin-1") for text in stream.requests)
        self.texts: Iterator[bytes] = itertools.cycle(list(texts)) if stream.again else iter(list(texts))
        self.lock = threading.Lock()
        self.taken: list[float] = []
        self.ended: list[float] = []
        self.wrong: Counter[str] = Counter()
        self.cpu, self.begun, self.put_off = 0.0, 0.0, 0
        work = self._hash if stream.hash_cost else self._ask
        self.threads = [threading.Thread(target=work) for _ in range(stream.connections)]

    def _begin(self) -> float:
        """When all threads of all streams are ready."""
        self.start.wait()
        self.begun = time.perf_counter()
        return self.begun

    def _next(self) -> bytes | None:
        with self.lock:
            return next(self.texts, None)

    def _ask(self) -> None:
        connection, pause = Connection(self.stream.port), self.stream.per_second
        begun = self._begin()
        for number in itertools.count():
            if pause:
                time.sleep(max(0.0, begun + number / pause - time.perf_counter()))
            sent = time.perf_counter()
            if sent - begun > self.stream.seconds or (text := self._next()) is None:
                break
            try:
                status = connection.ask(text)[0]
            except (OSError, ValueError) as problem:
                connection.close()
                self.wrong[type(problem).__name__] += 1
                continue
            if status == LATER:
                with self.lock:
                    self.put_off += 1
                continue
            if status not in self.stream.statuses:
                self.wrong[str(status)] += 1
            self._note(sent)
        connection.close()

    def _hash(self) -> None:
        import bcrypt

        hashed = bcrypt.hashpw(b"the same for all", bcrypt.gensalt(self.stream.hash_cost))
        begun, used = self._begin(), time.thread_time()
        while (sent := time.perf_counter()) - begun < self.stream.seconds:
            bcrypt.checkpw(b"the same for all", hashed)
            self._note(sent)
        with self.lock:
            self.cpu += time.thread_time() - used

    def _note(self, sent: float) -> None:
        now = time.perf_counter()
        with self.lock:
            self.taken.append((now - sent) * 1000)
            self.ended.append(now)

    def result(self) -> Flow:
        """What came of it. The rate is taken while all connections were at work: not at the first and the last."""
        taken, lanes = sorted(self.taken), min(self.stream.connections, os.cpu_count() or 1)
        ended = [at for at in sorted(self.ended) if at < self.begun + self.stream.seconds]
        span = ended[-1] - ended[lanes - 1] if len(ended) > lanes else 0.0
        return Flow(
            done=len(taken),
            wrong=dict(self.wrong),
            put_off=self.put_off,
            per_second=(len(ended) - lanes) / span if span else 0.0,
            p50=percentile(taken, 50),
            p99=percentile(taken, 99),
            cpu=self.cpu / len(taken) * 1000 if taken else 0.0,
        )


def percentile(ordered: list[float], part: int) -> float:
    """The value below which `part` of a hundred lie (nearest rank)."""
    return ordered[max(0, math.ceil(len(ordered) * part / 100) - 1)] if ordered else math.nan


def flows(streams: list[Stream]) -> list[Flow]:
    """Run streams side by side."""
    start = threading.Barrier(sum(stream.connections for stream in streams))
    running = [Running(stream, start) for stream in streams]
    for thread in [thread for each in running for thread in each.threads]:
        thread.start()
    for thread in [thread for each in running for thread in each.threads]:
        thread.join()
    return [each.result() for each in running]


def main() -> None:
    """Take orders until there are no more."""
    for line in sys.stdin:
        orders: list[dict[str, Any]] = json.loads(line)
        results = [asdict(flow) for flow in flows([Stream(**order) for order in orders])]
        print(json.dumps(results), flush=True)


if __name__ == "__main__":
    main()
