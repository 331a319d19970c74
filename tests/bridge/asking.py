"""Asking a bridge without a popup: what tests of its rules send."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

from tests.rig.cards.bridges import ALLOWED, Bridge
from tests.rig.cards.popup import send

PIN = 'Secret+%&"\\密'
READER = "card"


def challenge(**told: str) -> str:
    text = base64.urlsafe_b64encode(json.dumps({"op": "login", **told}).encode()).decode()
    return "cardauth.v1." + text.rstrip("=")


def headers(bridge: Bridge, **other: str) -> dict[str, str]:
    usual = {"Origin": bridge.url, "X-Page-Origin": ALLOWED, "X-Popup-Token": bridge.token()}
    return {**usual, **{name.replace("_", "-"): value for name, value in other.items()}}


def body(**fields: str) -> bytes:
    package = {"tbs": challenge(), "pin": PIN, **fields}
    return b"tbsPackage=" + quote(json.dumps(package)).encode()


def sign(bridge: Bridge, **fields: str) -> dict[str, Any]:
    status, answer = send(f"{bridge.url}/sign", body(**fields), headers(bridge))
    assert status == 200
    assert isinstance(answer, dict)
    return answer
