"""Asks an authority over HTTP: only addresses that the operator wrote down, for a limited time and number of bytes."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import urlsplit

OCSP_SECONDS: Final = 3.0
"""Somebody is waiting at the sign-in page."""
OCSP_LARGEST: Final = 64 * 1024
LIST_SECONDS: Final = 120.0
"""A job waits for a list of 20 MB."""
LIST_LARGEST: Final = 64 * 1024 * 1024
"""Bytes; the largest list known has 20 MB."""
_PIECE: Final = 256 * 1024

Fetch = Callable[[str, bytes | None], bytes]
"""Address and body of the question (None: GET) to the bytes of the answer; raises `NotFetched`."""


class NotFetched(Exception):
    """No answer: `down`, `slow`, `too-large`, or `not-allowed`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def fetcher(allowed: frozenset[str], *, seconds: float = OCSP_SECONDS, largest: int = OCSP_LARGEST) -> Fetch:
    """A function that asks one of `allowed` addresses, follows no redirect and reads at most `largest` bytes.

    `seconds` are for everything together, so that a server that sends a byte now and then holds nobody up.
    """

    def fetch(address: str, body: bytes | None = None) -> bytes:
        if address not in allowed:
            raise NotFetched("not-allowed")
        deadline = time.monotonic() + seconds
        connection = _connection(address, seconds)
        try:
            connection.connect()
            with _hung_up_at(deadline, connection.sock):
                answer = _asked(connection, address, body, largest)
        except TimeoutError:
            raise NotFetched("slow") from None
        except (OSError, http.client.HTTPException):
            raise NotFetched("slow" if time.monotonic() >= deadline else "down") from None
        finally:
            connection.close()
        if time.monotonic() >= deadline:  # cut off just now: half an answer may look whole
            raise NotFetched("slow")
        return answer

    return fetch


def _connection(address: str, seconds: float) -> http.client.HTTPConnection:
    parts = urlsplit(address)
    host = parts.hostname or ""
    if parts.scheme == "https":
        return http.client.HTTPSConnection(
            host, parts.port, timeout=seconds, context=ssl.create_default_context()
        )
    return http.client.HTTPConnection(host, parts.port, timeout=seconds)


def _asked(connection: http.client.HTTPConnection, address: str, body: bytes | None, largest: int) -> bytes:
    parts = urlsplit(address)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Accept": "*/*", "User-Agent": "account-portal"}
    if body is not None:
        headers["Content-Type"] = "application/ocsp-request"
    connection.request("GET" if body is None else "POST", path, body, headers)
    with contextlib.closing(connection.getresponse()) as answer:
        if answer.status != http.client.OK:
            raise NotFetched("down")
        told = answer.length
        if told is not None and told > largest:
            raise NotFetched("too-large")
        received = bytearray()
        while piece := answer.read(min(_PIECE, largest + 1 - len(received))):
            received += piece
            if len(received) > largest:
                raise NotFetched("too-large")
    if told is not None and len(received) != told:
        raise ConnectionResetError
    return bytes(received)


@contextlib.contextmanager
def _hung_up_at(deadline: float, line: socket.socket) -> Iterator[None]:
    """Cuts the line when the time is over, whatever the conversation has come to.

    Time limits of sockets are for single reads: a server that sends a byte now and then keeps within them for ever.
    """

    def hang_up() -> None:
        with contextlib.suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(max(0.0, deadline - time.monotonic()), hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
