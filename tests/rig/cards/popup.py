"""A popup without a browser: asks a component over HTTP exactly as its own popup would, for a page at `origin`."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import quote

from tests.rig.cards.bridges import ALLOWED, TOKEN

ADDRESSES = {
    "CheckEnvir": "/pkcs11info",
    "GetUserCert": "/pkcs11info?withcert=true",
    "MakeSignature": "/sign",
}


def ask(url: str, func: str, origin: str = ALLOWED, **fields: str) -> dict[str, Any]:
    """Open a popup, let it ask once; the answer as the page would get it.

    `fields` are what the page sends: it passes `pin` and `tbs` through encodeURIComponent (protocol 1.4).
    """
    with urllib.request.urlopen(f"{url}/popupForm", timeout=30) as page:
        found = TOKEN.search(page.read().decode())
    package = {"func": func, **fields}
    for name in ("pin", "tbs"):
        if name in package:
            package[name] = quote(package[name], safe="!'()*")
    body = "tbsPackage=" + json.dumps(package) if func == "MakeSignature" else ""
    headers = {"Origin": url, "Content-Type": "application/x-www-form-urlencoded"}
    if found:
        headers |= {"X-Popup-Token": found.group(1), "X-Page-Origin": origin}
    answer = send(url + ADDRESSES[func], body.encode(), headers)[1]
    assert isinstance(answer, dict)
    return answer


def send(address: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
    """One POST; status and the JSON of the answer, None when there is none."""
    request = urllib.request.Request(address, body, headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            text = refused.read()
            return refused.code, json.loads(text) if text else None
