"""One HTTP request: is it ours, what does it want, what is answered."""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import ClassVar, Final
from urllib.parse import parse_qs, urlsplit

from portal.bridge.cards import wipe
from portal.bridge.codes import CardTrouble, Ret
from portal.bridge.component import Answer, Component, trouble_answer
from portal.bridge.pages import page
from portal.bridge.request import read_form, read_package
from portal.bridge.tokens import Tokens

LARGEST_BODY: Final = 64 * 1024
LONGEST_WAIT: Final = 25.0
NAMES: Final = ("localhost", "127.0.0.1", "[::1]")
PAGES: Final = {"/": "self_test", "/selfTest.htm": "self_test", "/popupForm": "popup"}
POLICY: Final = (
    "default-src 'none'; script-src 'nonce-{0}'; style-src 'nonce-{0}'; img-src data:; connect-src 'self'; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'"
)
ALWAYS: Final = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Conversation(BaseHTTPRequestHandler):
    """Reads a request and answers it; what goes wrong is told in the component's own codes."""

    component: ClassVar[Component]
    tokens: ClassVar[Tokens]
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        """Pages for people; everything else is asked for by them."""
        path = urlsplit(self.path).path
        if not self._host_is_ours():
            self._tell(421, "text/plain", b"")
        elif path in PAGES:
            nonce = secrets.token_urlsafe(16)
            kind = PAGES[path]
            body = page(kind, nonce, self.tokens.issue(kind))
            self._tell(200, "text/html; charset=utf-8", body, POLICY.format(nonce))
        elif path in self._acts():
            self._refuse(path)
        else:
            self._tell(404, "text/plain", b"")

    def do_POST(self) -> None:
        """What the pages ask for."""
        path = urlsplit(self.path).path
        act = self._acts().get(path)
        if not self._host_is_ours():
            self._hang_up(421)
        elif act is None:
            self._hang_up(404)
        elif not self._origin_is_ours():
            self._refuse(path)
        elif (body := self._body()) is not None:
            try:
                kind, func, last, answer = act
                token = self.headers.get("X-Popup-Token", "")
                if not self.tokens.accept(token, kind, last):
                    self._refuse(path)
                    return
                self._tell_json(200, _guarded(func, lambda: answer(body)))
            finally:
                wipe(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is logged."""

    def version_string(self) -> str:
        return "bridge"

    def _acts(self) -> dict[str, tuple[str, str, bool, Callable[[bytearray], Answer]]]:
        """Address → kind of page, `func` of the answer, whether it is the page's last, what to do."""
        return {
            "/pkcs11info": ("popup", "pkcs11info", True, self._pkcs11info),
            "/prepare": ("popup", "sign", False, self._prepare),
            "/sign": ("popup", "sign", True, self._sign),
            "/state": ("self_test", "pkcs11info", False, self._state),
        }

    def _pkcs11info(self, body: bytearray) -> Answer:
        asked = parse_qs(urlsplit(self.path).query).get("withcert", [""])[-1]
        return self.component.pkcs11info(self._page_origin(), asked.lower() == "true")

    def _prepare(self, body: bytearray) -> Answer:
        origin = self._page_origin()
        self.component.allow(origin)  # before a word of it is read
        return self.component.prepare(origin, read_package(body))

    def _sign(self, body: bytearray) -> Answer:
        origin = self._page_origin()
        self.component.allow(origin)
        return self.component.sign(origin, read_package(body))

    def _state(self, body: bytearray) -> Answer:
        """For the self-test: waits for a change when the page says which state it has seen."""
        self.tokens.renew(self.headers.get("X-Popup-Token", ""))
        seen = read_form(body).get("seen", "")
        wait = LONGEST_WAIT if seen.isdecimal() else 0.0
        changes = self.component.source.wait(int(seen) if wait else -1, wait)
        answer = _guarded("pkcs11info", lambda: self.component.look(with_certificates=True))
        return {**answer, "changes": changes, "origins": sorted(self.component.origins)}

    def _page_origin(self) -> str:
        """Where the page that opened the popup comes from, as the browser told the popup."""
        return str(self.headers.get("X-Page-Origin", ""))

    def _port(self) -> int:
        return int(self.connection.getsockname()[1])

    def _host_is_ours(self) -> bool:
        """Another name for this machine is an attack (DNS rebinding)."""
        hosts = self.headers.get_all("Host") or []
        return len(hosts) == 1 and hosts[0] in [f"{name}:{self._port()}" for name in NAMES]

    def _origin_is_ours(self) -> bool:
        own = f"http://{self.headers['Host']}".encode()
        told = self.headers.get("Origin", "").encode()
        site = self.headers.get("Sec-Fetch-Site", "same-origin")
        return hmac.compare_digest(own, told) and site == "same-origin"

    def _body(self) -> bytearray | None:
        """The body in a buffer that can be overwritten; None when it was refused already."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or "Transfer-Encoding" in self.headers:
            self._hang_up(411)
            return None
        if len(length) > 9 or int(length) > LARGEST_BODY:
            self._hang_up(413)
            return None
        body = bytearray(int(length))
        if self.rfile.readinto(body) != len(body):
            self._hang_up(400)
            return None
        return body

    def _refuse(self, path: str) -> None:
        self.close_connection = True
        func = self._acts()[path][1]
        self._tell_json(403, trouble_answer(func, CardTrouble(Ret.FOREIGN_SITE)))

    def _hang_up(self, status: int) -> None:
        self.close_connection = True
        self._tell(status, "text/plain", b"")

    def _tell_json(self, status: int, answer: Answer) -> None:
        self._tell(status, "application/json; charset=utf-8", json.dumps(answer).encode())

    def _tell(self, status: int, kind: str, body: bytes, policy: str = "default-src 'none'") -> None:
        self.send_response(status)
        for name, value in {**ALWAYS, "Content-Security-Policy": policy, "Content-Type": kind}.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _guarded(func: str, work: Callable[[], Answer]) -> Answer:
    """The answer, or the code of what stood in the way; a defect is told as "failed" and never shown."""
    try:
        return work()
    except CardTrouble as trouble:
        return trouble_answer(func, trouble)
    except Exception:  # noqa: BLE001  the text of a stranger's exception might hold the PIN
        return trouble_answer(func, CardTrouble(Ret.FAILED))
