"""A folder of demonstration cards, as docs/bridge.md describes it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.rig.cards.issued import Issued

NUMBER = "TD00000000000001"


class DemoFolder:
    """Cards are put in and taken out by files, as a person would."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True)

    def put(self, reader: str, issued: Issued, pin: str, number: str = NUMBER) -> None:
        """A fresh card with all tries left."""
        folder = self.path / reader
        folder.mkdir(exist_ok=True)
        (folder / "certificate.pem").write_bytes(issued.pem)
        (folder / "key.pem").write_bytes(issued.key_pem)
        for name in ("removed", "tries-left"):
            (folder / name).unlink(missing_ok=True)
        told = {"number": number, "label": "測試卡", "pin": pin}
        lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in told.items()]
        (folder / "card.toml").write_text("".join(lines), encoding="utf-8")

    def remove(self, reader: str) -> None:
        """The reader stays, empty."""
        folder = self.path / reader
        folder.mkdir(exist_ok=True)
        (folder / "card.toml").touch()
        (folder / "removed").touch()
