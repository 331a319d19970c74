"""How the business said no: for tests that expect a refusal, or allow for one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from portal.domain.refusal import Refusal


def outcome(act: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """What the act returns, or the refusal it raises."""
    try:
        return act(*arguments, **named)
    except Refusal as refusal:
        return refusal


def refusal_of(act: Callable[..., Any], *arguments: Any, **named: Any) -> Refusal:
    """The refusal; the test fails if there is none, or if it says nothing."""
    with pytest.raises(Refusal) as caught:
        act(*arguments, **named)
    assert caught.value.sentence.endswith(("。", "."))  # those of the command line are English
    return caught.value
