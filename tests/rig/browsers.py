"""A real Chromium, with and without scripts; every page is watched for errors and broken policies."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.rig.tools import ROOT, chromium, without

QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--lang=zh-TW",
]  # fmt: skip
AXE_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa")
AXE_RULES_OF_COLOUR = ("color-contrast", "link-in-text-block")
"""Those whose answer another colour scheme can change."""
REFUSED_ON_PURPOSE = re.compile(r"(status of|Status Error Code) 4\d\d")
"""A 4xx answer is part of a page's work; the consoles of Chromium and htmx complain of each."""
PATIENCE = 8_000
"""Milliseconds a page may take to show what a test waits for."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium per test process."""
    program = chromium()
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield opened
        opened.close()


@pytest.fixture
def new_page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """Call it for a visitor of their own (cookies, size): `new_page(java_script_enabled=False, viewport=…)`."""
    contexts: list[BrowserContext] = []
    watched: list[list[str]] = []

    def open_page(**options: Any) -> Page:
        usual = {"locale": "zh-TW", "timezone_id": "Asia/Taipei", "viewport": {"width": 1280, "height": 900}}
        context = browser.new_context(**{**usual, **options})
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        watched.append(watch(page))
        return page

    yield open_page
    if getattr(request.node, "failed_in_call", False):
        for number, context in enumerate(contexts):
            for page in context.pages:
                page.screenshot(path=_picture(request.node.name, number), full_page=True)
    for context in contexts:
        context.close()
    troubles = [trouble for of_page in watched for trouble in of_page]
    assert not troubles, "the browser complained:\n" + "\n".join(troubles)


def watch(page: Page) -> list[str]:
    """A list that fills with what the browser complains of: errors of scripts, broken content policies."""
    troubles: list[str] = []

    def complain(message: ConsoleMessage) -> None:
        if message.type == "error" and not REFUSED_ON_PURPOSE.search(message.text):
            troubles.append(f"{message.text} ({message.location.get('url', '')})")

    page.on("console", complain)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    return troubles


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A visitor whose browser runs scripts."""
    return new_page()


@pytest.fixture
def plain_page(new_page: Callable[..., Page]) -> Page:
    """A visitor whose browser runs none."""
    return new_page(java_script_enabled=False)


@pytest.fixture(params=["script", "plain"])
def any_page(request: pytest.FixtureRequest, new_page: Callable[..., Page]) -> Page:
    """Both visitors: who uses this runs twice."""
    return new_page(java_script_enabled=request.param == "script")


@pytest.fixture(scope="session")
def axe_source() -> str:
    """The scanner, as npm brought it."""
    file = ROOT / "node_modules/axe-core/axe.min.js"
    if not file.exists():
        without("axe-core (npm ci)")
    return file.read_text()


@pytest.fixture
def axe(axe_source: str) -> Callable[[Page], None]:
    """Call it with a page that runs scripts: nothing on it may break WCAG 2.1 A or AA."""

    def scan(page: Page) -> None:
        violations = violations_on(page, axe_source)
        assert not violations, f"{page.url} shuts someone out:\n" + "\n".join(violations)

    return scan


def violations_on(page: Page, source: str, rules: Sequence[str] = AXE_RULES) -> list[str]:
    """What axe-core finds, a line each. It enters through the debugger: the page's own policy stays in force."""
    if page.evaluate("typeof axe") == "undefined":  # reading its source takes as long as a scan
        page.evaluate(source)
    violations = page.evaluate(
        "async rules => (await axe.run(document, {runOnly: rules, resultTypes: ['violations']})).violations",
        list(rules),
    )
    return [
        f"  {found['id']}: {found['help']} at {', '.join(' '.join(node['target']) for node in found['nodes'])}"
        for found in violations
    ]


def _picture(name: str, number: int) -> Path:
    folder = ROOT / ".cache" / "failed-pages"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / (re.sub(r"[^\w.-]+", "_", name) + f"-{number}.png")
