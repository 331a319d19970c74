"""How the portal is set up in tests: as in production, except that hashing is cheap."""

from __future__ import annotations

from typing import Any, Final

TEST_SETTINGS: Final[dict[str, Any]] = {
    "SECRET_KEY": "a key for tests only, as long as it must be",
    "PEPPER": "a pepper for tests only, as long as it must be",
    "PUBLIC_ORIGIN": "http://localhost",
    "MAIL_SENDER": "noreply@portal.example",
    "BCRYPT_COST": 4,
    "TESTING": True,
}


def as_environment(settings: dict[str, Any]) -> dict[str, str]:
    """The same settings for a process of its own."""
    return {
        name: ("1" if value else "0") if isinstance(value, bool) else str(value)
        for name, value in settings.items()
    }
