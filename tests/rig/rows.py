"""Rows put straight into the database, for tests of what reads them."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from portal.domain.account import Account, AccountState
from portal.domain.unit import Unit
from portal.store.units import unit_by_code

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
_numbers = itertools.count(1)


def unit(session: Session, code: str) -> Unit:
    """A unit of the seed data."""
    found = unit_by_code(session, code)
    assert found is not None, code
    return found


def new_account(session: Session, of: Unit | str = "EPB-65000", **values: Any) -> Account:
    """An account in a unit, with whatever `values` say of it; flushed, not committed."""
    at = unit(session, of) if isinstance(of, str) else of
    number = next(_numbers)
    usual = {
        "system": "hwms",
        "kind": "general",
        "name": f"name{number}",
        "state": AccountState.PENDING,
        "holder_name": "王小明",
        "email": f"name{number}@example.com",
        "created_at": NOON,
    }
    row = {**usual, **values, "unit_id": at.id, "unit_path": at.path}
    row.setdefault("email_key", row["email"].casefold())
    account = Account(**row)
    session.add(account)
    session.flush()
    return account
