"""Several people at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

from flask import Flask

from tests.rig.refusals import outcome


def together(app: Flask | None, act: Callable[[Any], Any], several: Sequence[Any]) -> list[Any]:
    """What `act` gave for each of `several` (a refusal counts as an answer), all begun at once.

    Each has a thread and an application context of its own, as requests have.
    """
    start = threading.Barrier(len(several))

    def one(argument: Any) -> Any:
        start.wait(timeout=20)
        with app.app_context() if app else nullcontext():
            return outcome(act, argument)

    with ThreadPoolExecutor(len(several)) as pool:
        return list(pool.map(one, several))
