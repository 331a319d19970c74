"""Reading a page as a browser without a screen does: fields with what stands in them, and what is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"input", "img", "br", "hr", "meta", "link", "source", "path", "circle"}


@dataclass
class PageText:
    """What a test asks of a page."""

    title: str = ""
    fields: dict[str, list[str]] = field(default_factory=dict)
    """By name, what each form on the page would send: typed, chosen and ticked."""
    offered: dict[str, list[str]] = field(default_factory=dict)
    """By name, every value that could be chosen or ticked."""
    errors: dict[str, str] = field(default_factory=dict)
    """By the id of a field, the sentence that stands at it."""
    summary: dict[str, str] = field(default_factory=dict)
    """By the id of a field, the line of the summary that leads there."""
    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)

    def value(self, name: str) -> str:
        """The only value of a field."""
        (only,) = set(self.fields[name])
        return only


def read_page(html: str) -> PageText:
    """The page, read."""
    reader = _Reader()
    reader.feed(html)
    return reader.page


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = PageText()
        self.within: list[tuple[str, dict[str, str]]] = []
        self.select = ""
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        facts = {name: value or "" for name, value in attrs}
        if "id" in facts:
            assert facts["id"] not in self.page.ids, f"two elements have the id {facts['id']}"
            self.page.ids.add(facts["id"])
        if tag in {"p", "a", "title", "h1", "option", "legend"}:
            self.text = []
        if tag == "a":
            self.page.links.append(facts.get("href", ""))
        name = facts.get("name", "")
        if tag == "select":
            self.select = name
        elif tag == "option":
            self._choice(self.select, facts.get("value", ""), "selected" in facts)
        elif tag == "input" and name:
            self._input(name, facts)
        elif tag == "textarea":
            self.page.fields.setdefault(name, [])
        if tag not in VOID:
            self.within.append((tag, facts))

    def handle_endtag(self, tag: str) -> None:
        while self.within:
            begun, facts = self.within.pop()
            if begun == tag:
                self._ended(tag, facts, " ".join("".join(self.text).split()))
                return

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def _input(self, name: str, facts: dict[str, str]) -> None:
        if facts.get("type") in {"radio", "checkbox"}:
            self._choice(name, facts.get("value", "on"), "checked" in facts)
        else:
            self.page.fields.setdefault(name, []).append(facts.get("value", ""))

    def _choice(self, name: str, value: str, chosen: bool) -> None:
        self.page.offered.setdefault(name, []).append(value)
        self.page.fields.setdefault(name, [])
        if chosen:
            self.page.fields[name].append(value)

    def _ended(self, tag: str, facts: dict[str, str], text: str) -> None:
        if tag == "title":
            self.page.title = text
        elif tag == "h1":
            self.page.headings.append(text)
        elif tag == "p" and facts.get("class") == "error":
            self.page.errors[facts["id"].removesuffix("-error")] = text.removeprefix("錯誤：")
        elif tag == "a" and any(outer.get("id") == "error-summary" for _, outer in self.within):
            self.page.summary[facts["href"].removeprefix("#")] = text
