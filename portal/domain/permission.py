"""What people may do in the portal itself (permissions of information systems are data)."""

from __future__ import annotations

import enum
from typing import Final


class Permission(enum.Enum):
    """入口權限, alphabetical."""

    READ_LETTERS = "read-letters"
    REVIEW_ACCOUNTS = "review-accounts"
    REVIEW_REQUESTS = "review-requests"
    USE_OWN_ACCOUNT = "use-own-account"


ROLES: Final[dict[str | None, frozenset[Permission]]] = {
    None: frozenset({Permission.USE_OWN_ACCOUNT}),
    "accounts": frozenset({Permission.USE_OWN_ACCOUNT, Permission.REVIEW_ACCOUNTS}),
    "every-system": frozenset(
        {
            Permission.USE_OWN_ACCOUNT,
            Permission.REVIEW_ACCOUNTS,
            Permission.REVIEW_REQUESTS,
            Permission.READ_LETTERS,
        }
    ),
}
"""What the holder of an account kind may do, by the kind's `reviews`."""

WITH_REVIEWING_ROLE: Final = frozenset({Permission.REVIEW_REQUESTS})
"""What is added where somebody holds a permission in a role that reviews (manual 5: 管理者 of a category)."""
