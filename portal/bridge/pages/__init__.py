"""The two pages for people: each is one document with its style and script inside, under a nonce."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from string import Template


def page(kind: str, nonce: str, token: str) -> bytes:
    """The page `popup` or `self_test`, for one visit."""
    return _template(kind).substitute(nonce=nonce, token=token).encode()


@cache
def _template(kind: str) -> Template:
    here = files(__name__)
    parts = {"style": "bridge.css", "common": "ask.js", "script": f"{kind}.js"}
    text = (here / f"{kind}.html").read_text(encoding="utf-8")
    for name, file in parts.items():
        # Dollar signs of scripts are not ours.
        inside = (here / file).read_text(encoding="utf-8").replace("$", "$$")
        text = text.replace(f"<!-- {name} -->", inside)
    return Template(text)
