"""A bridge over a demonstration folder, for tests that try its rules."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.bridge.asking import PIN, READER
from tests.rig.cards import issued
from tests.rig.cards.bridges import Bridge, running_bridge
from tests.rig.cards.demo import DemoFolder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> DemoFolder:
    return DemoFolder(tmp_path_factory.mktemp("guards") / "demo")


@pytest.fixture(scope="module")
def running(folder: DemoFolder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bridge]:
    log = tmp_path_factory.mktemp("guards") / "log"
    with running_bridge(log, "--demo", str(folder.path)) as bridge:
        yield bridge
        assert "Secret" not in bridge.said()
        assert len(bridge.said().splitlines()) == 2, "where it is, and whom it allows: nothing else"


@pytest.fixture
def bridge(running: Bridge, folder: DemoFolder) -> Bridge:
    """With a fresh card in its only reader."""
    folder.put(READER, issued.signing(), PIN)
    return running
