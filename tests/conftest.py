"""What every test may ask for: databases, the portal, a browser, a mail server (see tests/rig)."""

from __future__ import annotations

import os
from collections.abc import Generator
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from portal.config import Settings
from tests.rig.tools import WANT_OF_TOOL

pytest_plugins = [
    "tests.rig.databases",
    "tests.rig.applications",
    "tests.rig.mail",
    "tests.rig.browsers",
    "tests.rig.people",
    "tests.rig.card_popup",
    "tests.rig.authority",
    "tests.rig.cards.stands",
    "tests.rig.card_acts",
]

# What a developer's shell is set to must not reach the tests.
for setting in fields(Settings):
    os.environ.pop(setting.name.upper(), None)

# Two busy cores are no reason to fail; the same examples are tried everywhere, so that a failure can be repeated.
settings.register_profile(
    "portal", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("portal")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Tell fixtures whether their test failed: the browser then keeps a picture."""
    report = yield
    if report.when == "call":
        item.failed_in_call = report.failed  # type: ignore[attr-defined]
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly what could not be tested."""
    skipped = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])]
    if any(WANT_OF_TOOL in why for why in skipped):
        terminalreporter.section(
            "NOT EVERYTHING WAS TESTED: tools are missing, see the skips above", red=True, bold=True
        )
