"""The audit trail: declared events, chained by hash."""

from __future__ import annotations

import enum
import hashlib
import json
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.base import Base, UtcDateTime, enum_column

FIRST_HASH: Final = "0" * 64


class EventType(enum.Enum):
    """事件種類: every act that is written down; nothing else may be."""

    ACCOUNT_ACTIVATED = "account.activated"
    ACCOUNT_ENDED = "account.ended"
    ACCOUNT_RETURNED = "account.returned"
    ACCOUNT_SUSPENDED = "account.suspended"
    ADMINISTRATOR_INVITED = "administrator.invited"
    APPLICATION_APPROVED = "application.approved"
    APPLICATION_EXPIRED = "application.expired"
    APPLICATION_REFUSED = "application.refused"
    APPLICATION_SUBMITTED = "application.submitted"
    APPLICATION_UPDATED = "application.updated"
    APPLICATION_WITHDRAWN = "application.withdrawn"
    AUTHENTICATOR_REMOVED = "authenticator.removed"
    AUTHENTICATOR_SET = "authenticator.set"
    CARD_CHECKED = "card.checked"
    CARD_CLAIMED = "card.claimed"
    CARD_REFUSED = "card.refused"
    CERTIFICATE_BOUND = "certificate.bound"
    CERTIFICATE_UNBOUND = "certificate.unbound"
    CONTACT_CHANGED = "contact.changed"
    DEMONSTRATION_PREPARED = "demonstration.prepared"
    DORMANCY_WARNED = "dormancy.warned"
    EMAIL_PROVED = "email.proved"
    HOLDER_PROVED = "holder.proved"
    NAME_CORRECTED = "name.corrected"
    PASSWORD_CHANGED = "password.changed"  # noqa: S105  the name of an event
    PASSWORD_RESET_ASKED = "password.reset-asked"  # noqa: S105
    PERMISSIONS_GIVEN_UP = "permissions.given-up"
    PERMISSIONS_WITHDRAWN = "permissions.withdrawn"
    REQUESTS_DECIDED = "requests.decided"
    SECOND_PROOF_ASKED = "second-proof.asked"
    SECOND_PROOF_FAILED = "second-proof.failed"
    SESSIONS_ENDED = "sessions.ended"
    SIGN_IN_CLOSED = "sign-in.closed"
    SIGN_IN_FAILED = "sign-in.failed"
    SIGNED_IN = "sign-in.succeeded"
    SIGNED_OUT = "signed-out"
    VERIFICATION_ASKED = "verification.asked"


class AuditEvent(Base):
    """稽核事件: type, time, place, actor, target, outcome and request; each row seals the one before."""

    __tablename__ = "audit_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[EventType] = mapped_column(enum_column(EventType))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    address: Mapped[str] = mapped_column(String(45))
    request_id: Mapped[str] = mapped_column(String(40))
    actor: Mapped[str | None] = mapped_column(String(120))
    target: Mapped[str | None] = mapped_column(String(120), index=True)
    outcome: Mapped[str] = mapped_column(String(20))
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    previous_hash: Mapped[str] = mapped_column(String(64), unique=True)
    hash: Mapped[str] = mapped_column(String(64))


def seal(event: AuditEvent) -> str:
    """The hash of an event's content and of the hash before it."""
    content = [
        event.type.value,
        event.at.astimezone(UTC).isoformat(),
        event.address,
        event.request_id,
        event.actor,
        event.target,
        event.outcome,
        event.details,
        event.previous_hash,
    ]
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
