"""Where a request really came from: the configured proxy hop is believed, nobody else."""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from portal.config import networks

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class ProxyHop:
    """Takes the last entry of X-Forwarded-For, and the scheme, from a proxy of PROXY_NETWORKS only."""

    def __init__(self, app: WSGIApplication, proxy_networks: str) -> None:
        self.app = app
        self.networks = networks(proxy_networks, "PROXY_NETWORKS")
        self._is_proxy = lru_cache(maxsize=64)(self._lies_within)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if self._is_proxy(environ.get("REMOTE_ADDR", "")):
            last = environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
            with contextlib.suppress(ValueError):
                environ["REMOTE_ADDR"] = str(ipaddress.ip_address(last))
            if environ.get("HTTP_X_FORWARDED_PROTO", "").strip().lower() == "https":
                environ["wsgi.url_scheme"] = "https"
        return self.app(environ, start_response)

    def _lies_within(self, address: str) -> bool:
        try:
            return any(ipaddress.ip_address(address) in network for network in self.networks)
        except ValueError:
            return False
