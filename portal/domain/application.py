"""Applications and the requests they hold."""

from __future__ import annotations

import enum
import secrets
from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.base import Base, UtcDateTime, enum_column, new_public_id
from portal.domain.roc_date import roc_compact


class ApplicationState(enum.Enum):
    """申請狀態: where a case stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    DECIDED = "decided"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


APPLICATION_CHANGES: Final[dict[ApplicationState, frozenset[ApplicationState]]] = {
    ApplicationState.DRAFT: frozenset({ApplicationState.SUBMITTED, ApplicationState.EXPIRED}),
    ApplicationState.SUBMITTED: frozenset(
        {
            ApplicationState.DECIDED,
            ApplicationState.RETURNED,
            ApplicationState.WITHDRAWN,
            ApplicationState.EXPIRED,
        }
    ),
    ApplicationState.RETURNED: frozenset(
        {ApplicationState.SUBMITTED, ApplicationState.WITHDRAWN, ApplicationState.EXPIRED}
    ),
    ApplicationState.DECIDED: frozenset(),
    ApplicationState.WITHDRAWN: frozenset(),
    ApplicationState.EXPIRED: frozenset(),
}


class RequestState(enum.Enum):
    """請求狀態: how one request of an application was decided."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"
    RETURNED = "returned"


class Application(Base):
    """申請: one request about an account, with what was typed, the notice agreed to and when.

    `version` grows with each change, so that a decision on an outdated text fails kindly;
    `submission_key` is the same for the same form sent twice, so that it makes one application.
    """

    __tablename__ = "application"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(24), unique=True, default=new_public_id)
    case_number: Mapped[str] = mapped_column(String(40), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(20))
    submission_key: Mapped[str | None] = mapped_column(String(80), unique=True)
    state: Mapped[ApplicationState] = mapped_column(enum_column(ApplicationState))
    answers: Mapped[dict[str, Any]] = mapped_column(JSON)
    notice_version: Mapped[str] = mapped_column(String(20))
    agreed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(default=1)

    requests: Mapped[list[PermissionRequest]] = relationship(
        order_by="PermissionRequest.id", back_populates="application"
    )


class PermissionRequest(Base):
    """權限請求: one permission asked for; each is decided by itself."""

    __tablename__ = "permission_request"
    __table_args__ = (UniqueConstraint("application_id", "permission", "role", "unit_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    permission: Mapped[str] = mapped_column(String(60))
    role: Mapped[str] = mapped_column(String(40), default="user")
    state: Mapped[RequestState] = mapped_column(enum_column(RequestState), default=RequestState.REQUESTED)
    added_by_reviewer: Mapped[bool] = mapped_column(default=False)

    application: Mapped[Application] = relationship(back_populates="requests")


_CASE_LETTERS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def new_case_number(short: str, now: datetime) -> str:
    """案件編號: system, ROC day and six random letters (30 bits a day; tells nothing of volume)."""
    tail = "".join(secrets.choice(_CASE_LETTERS) for _ in range(6))
    return f"{short}-{roc_compact(now)}-{tail}"
