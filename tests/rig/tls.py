"""A proxy with a certificate that nobody knows: the portal at an https address, as people meet it."""

from __future__ import annotations

import http.client
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from tests.rig.cards.issued import authority

HOP_BY_HOP = ("connection", "transfer-encoding", "content-length", "server", "date")


@dataclass
class TlsFront:
    """Where it listens; `behind` is the address of the portal, which must be told first where it is met."""

    url: str
    behind: str = ""


@contextmanager
def tls_front(folder: Path) -> Iterator[TlsFront]:
    """Run one on a free port; its certificate is kept in `folder`. It says X-Forwarded-Proto: https."""
    kept = folder / "tls.pem"
    kept.write_bytes(authority().pem + authority().key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(kept)
    front = TlsFront("")

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            line = http.client.HTTPConnection(urlsplit(front.behind).netloc, timeout=30)
            line.request(self.command, self.path, body, {**self.headers, "X-Forwarded-Proto": "https"})
            told = line.getresponse()
            content = told.read()
            line.close()
            self.send_response(told.status)
            for name, value in told.getheaders():
                if name.lower() not in HOP_BY_HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Quietly."""

    class Server(ThreadingHTTPServer):
        def get_request(self) -> tuple[ssl.SSLSocket, object]:
            line, address = super().get_request()
            return context.wrap_socket(line, server_side=True, do_handshake_on_connect=False), address

        def handle_error(self, *_: object) -> None:
            """A browser that hangs up is no trouble."""

    with Server(("127.0.0.1", 0), Handler) as server:
        front.url = f"https://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield front
        server.shutdown()
