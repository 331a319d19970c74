"""How a letter reads: subject and body from `templates/mail/<kind>/`."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from portal.config import ROOT

_FOLDER: Final = ROOT / "templates" / "mail"


def render(kind: str, context: Mapping[str, Any], link: str, code: str = "") -> tuple[str, str]:
    """Subject (one line, whatever the context holds) and body (lines ended by \\n).

    Every value is made one line of printable text first, so that nobody's name adds a header or a
    paragraph. A name the template uses and the context lacks raises `jinja2.UndefinedError`.
    """
    values = {**{name: _plain(value) for name, value in context.items()}, "link": link, "code": code}
    subject = _one_line(_environment().get_template(f"{kind}/subject.txt").render(values))
    body = _environment().get_template(f"{kind}/body.txt").render(values)
    return subject, body.strip() + "\n"


@functools.cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701  plain text: nothing is ever read as HTML
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return _one_line(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    return value


def _one_line(text: str) -> str:
    """Without line ends, control characters and invisible direction marks."""
    return " ".join("".join(map(_printable, text)).split())


def _printable(char: str) -> str:
    match unicodedata.category(char):
        case "Cc" | "Cs" | "Zl" | "Zp":
            return " "
        case "Cf":
            return ""
        case _:
            return char
