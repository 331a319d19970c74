"""Visitors for the journeys; a journey runs on SQLite alone unless it asks for other databases (`ON_BOTH`)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.journeys.card_visitor import CardVisitor
from tests.journeys.inspection import Inspect, troubles_on
from tests.journeys.visitor import Visitor
from tests.rig.applications import LiveServer
from tests.rig.browsers import PATIENCE

expect.set_options(timeout=PATIENCE)


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> str:
    """Pages are the same on both databases: the long journey shows it, the finer ones run once."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture
def new_visitor(live_server: LiveServer, new_page: Callable[..., Page]) -> Callable[..., Visitor]:
    """Call it for somebody with a browser of their own: `new_visitor(script=False)`."""

    def arrive(script: bool = True, **options: object) -> Visitor:
        return Visitor(new_page(java_script_enabled=script, **options), live_server, script)

    return arrive


@pytest.fixture
def visitor(new_visitor: Callable[..., Visitor]) -> Visitor:
    """Somebody whose browser runs scripts."""
    return new_visitor()


@pytest.fixture(params=["script", "plain"])
def any_visitor(request: pytest.FixtureRequest, new_visitor: Callable[..., Visitor]) -> Visitor:
    """With scripts and without: who uses this runs twice."""
    return new_visitor(script=request.param == "script")


@pytest.fixture
def new_card_visitor(
    serve: Callable[..., LiveServer],
    card_app: Flask,
    demonstration_cards: Path,
    new_page: Callable[..., Page],
) -> Callable[..., CardVisitor]:
    """Call it for somebody with a reader beside their browser; all of them meet the same portal."""
    live = serve(AUTHORITIES_PATH=str(demonstration_cards / "authorities"), PORTAL_DEMO=True)

    def arrive(**options: object) -> CardVisitor:
        return CardVisitor(new_page(**options), live)

    return arrive


@pytest.fixture
def inspect(axe_source: str) -> Inspect:
    """Call it with a visitor at a page: nothing on it may shut anybody out."""

    def look(visitor: Visitor) -> None:
        assert visitor.script, "axe would wait for ever"
        found = troubles_on(visitor.page, axe_source)
        assert not found, f"{visitor.page.url}\n" + "\n".join(found)

    return look
