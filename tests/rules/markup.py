"""Reads templates and pages as a browser would, to find what the house does not want in them."""

from __future__ import annotations

import re
from html.parser import HTMLParser

JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.S)
HIDDEN_HTMX = re.compile(r"\bhx_\w+\s*=|['\"]hx-[\w-]+['\"]")
PASSIVE = {"hx-disable", "hx-disinherit", "hx-history-elt", "hx-preserve", "hx-swap-oob"}
"""Attributes that ask for nothing: they mark where an answer goes, or what stays."""
VOID = {
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
}  # fmt: skip


def without_jinja(source: str) -> str:
    """The template with Jinja's tags blanked out; lines stay where they are."""
    return JINJA.sub(lambda tag: re.sub(r"[^\n]", "_" if tag.group()[1] == "{" else " ", tag.group()), source)


class Reader(HTMLParser):
    """Walks through markup and notes each offence as `line N: what`."""

    def __init__(self, part: bool = False) -> None:
        super().__init__(convert_charrefs=True)
        self.part = part
        self.open: list[str] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._look(tag, given)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._look(tag, dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def _look(self, tag: str, given: dict[str, str | None]) -> None:
        swaps = sorted(name for name in given if name.startswith(("hx-", "data-hx-")) and name not in PASSIVE)
        if swaps and not self._works_without_script(tag, given):
            self._note(
                f"{swaps[0]} on <{tag}>: only a form, a link, or a button within a form does the same alone"
            )
        if "style" in given:
            self._note(f"style on <{tag}>")
        if tag == "style":
            self._note("<style>")
        if tag == "script" and not given.get("src"):
            self._note("<script> with code")
        self.found += [
            f"line {self.getpos()[0]}: {name} on <{tag}>" for name in given if re.match(r"on[a-z]", name)
        ]
        if any((value or "").strip().lower().startswith("javascript:") for value in given.values()):
            self._note("a javascript: address")

    def _works_without_script(self, tag: str, given: dict[str, str | None]) -> bool:
        if tag == "form":
            return bool(given.get("action")) or "method" in given
        if tag == "a":
            return bool(given.get("href"))
        within = "form" in self.open or "form" in given or self.part
        return tag == "button" and within and given.get("type", "submit") == "submit"

    def _note(self, offence: str) -> None:
        self.found.append(f"line {self.getpos()[0]}: {offence}")


def offences(markup: str, part: bool = False) -> list[str]:
    """What is wrong with a page, or with a template whose Jinja was blanked out."""
    reader = Reader(part)
    reader.feed(markup)
    reader.close()
    return reader.found


def offences_in_template(source: str, part: bool = False) -> list[str]:
    """The same for a template; an hx- attribute given through a macro would hide from the reader."""
    found = offences(without_jinja(source), part)
    for tag in JINJA.finditer(source):
        if not tag.group().startswith("{#") and (hidden := HIDDEN_HTMX.search(tag.group())):
            line = source.count("\n", 0, tag.start()) + 1
            found.append(f"line {line}: {hidden.group()} hides in a macro's arguments; write it on the form")
    return found
