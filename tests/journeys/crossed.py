"""A journey with scripts and without, on PostgreSQL and on SQLite: twice is enough, for neither asks for the other."""

from __future__ import annotations

import pytest

CROSSED = pytest.mark.parametrize(
    ("database_kind", "any_visitor"),
    [pytest.param("postgresql", "script", marks=pytest.mark.postgres), ("sqlite", "plain")],
    indirect=True,
)
