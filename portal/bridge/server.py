"""HTTP on this machine only: addresses and methods (protocol 1.2), and who may ask.

Every answer but a page needs a request from a page that this program served: own `Host`, own `Origin`, and the page's
token. There is no CORS. Nothing is logged: requests carry PINs.
"""

from __future__ import annotations

import errno
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import ThreadingHTTPServer

from portal.bridge.component import Component
from portal.bridge.conversation import Conversation
from portal.bridge.tokens import Tokens

LOOPBACK = ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))


class PortTaken(Exception):
    """Somebody else listens there; carries the port."""


class _Listener(ThreadingHTTPServer):
    """One address. Exclusive: nobody else may listen on the same port, not even on Windows."""

    daemon_threads = True

    def __init__(self, family: socket.AddressFamily, address: str, port: int, handler: type) -> None:
        self.address_family = family
        super().__init__((address, port), handler)

    def server_bind(self) -> None:
        if sys.platform == "win32":
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:  # or else the conversations just ended would keep the port for a minute after Ctrl+C
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "localhost", self.server_address[1]

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hung up; whatever it was, it might hold a PIN: it is not shown."""


class BridgeServer:
    """The running program: both loopback addresses on one port."""

    def __init__(self, listeners: list[_Listener]) -> None:
        self.port: int = listeners[0].server_port
        self._listeners = listeners
        self._threads = [threading.Thread(target=found.serve_forever, daemon=True) for found in listeners]
        for thread in self._threads:
            thread.start()

    def wait(self) -> None:
        """Until the program is told to end."""
        while any(thread.is_alive() for thread in self._threads):
            self._threads[0].join(timeout=1)  # without a limit, Windows would not hear Ctrl+C

    def close(self) -> None:
        for listener in self._listeners:
            listener.shutdown()
            listener.server_close()


@contextmanager
def serve(component: Component, port: int) -> Iterator[BridgeServer]:
    """Listen on 127.0.0.1 and, where there is one, on ::1. Raises `PortTaken`."""
    tokens = Tokens()

    class Bound(Conversation):
        pass

    Bound.component, Bound.tokens = component, tokens
    listeners: list[_Listener] = []
    try:
        for family, address in LOOPBACK:
            with suppress(_NoSuchAddress):
                listeners.append(
                    _listen(family, address, listeners[0].server_port if listeners else port, Bound)
                )
        server = BridgeServer(listeners)
    except BaseException:
        for listener in listeners:
            listener.server_close()
        raise
    try:
        yield server
    finally:
        server.close()


class _NoSuchAddress(Exception):
    """This machine has no IPv6."""


def _listen(family: socket.AddressFamily, address: str, port: int, handler: type) -> _Listener:
    try:
        return _Listener(family, address, port, handler)
    except OSError as problem:
        if family == socket.AF_INET6 and problem.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
            raise _NoSuchAddress from None
        if problem.errno in (errno.EADDRINUSE, errno.EACCES):
            raise PortTaken(port) from None
        raise
