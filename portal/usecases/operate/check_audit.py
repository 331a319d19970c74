"""Looking after the audit trail."""

from __future__ import annotations

from portal.store.audit_events import broken_links
from portal.store.database import read


def check_audit() -> list[str]:
    """Every place where the chain of events does not hold; an empty list if it is whole."""
    return broken_links(read())
