"""Applications and the requests they hold."""

from __future__ import annotations

import enum
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.account import Account, AccountState, holder_answers
from portal.domain.base import Base, UtcDateTime, byte_ordered, enum_column, new_public_id
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
        {
            ApplicationState.SUBMITTED,
            ApplicationState.DECIDED,
            ApplicationState.WITHDRAWN,
            ApplicationState.EXPIRED,
        }
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
    WITHDRAWN = "withdrawn"


REQUEST_CHANGES: Final[dict[RequestState, frozenset[RequestState]]] = {
    RequestState.REQUESTED: frozenset(
        {RequestState.APPROVED, RequestState.REFUSED, RequestState.RETURNED, RequestState.WITHDRAWN}
    ),
    RequestState.RETURNED: frozenset({RequestState.REQUESTED, RequestState.WITHDRAWN}),
    RequestState.APPROVED: frozenset(),
    RequestState.REFUSED: frozenset(),
    RequestState.WITHDRAWN: frozenset(),
}
"""Every allowed change of a request: what was returned may be sent again or taken back, decisions stand."""


class ApplicationPurpose(enum.Enum):
    """申請目的: to open an account, to change what it may do, or to bring a suspended one back."""

    OPEN = "open"
    CHANGE = "change"
    RETURN = "return"


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
    purpose: Mapped[ApplicationPurpose] = mapped_column(enum_column(ApplicationPurpose))
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


def answers_now(account: Account, application: Application) -> Mapping[str, Any]:
    """個人基本資料 as it counts now: the account's once it is in use, since its holder keeps it there.

    Until then it is what the application says, which a suspended account takes over when it comes back.
    """
    if account.state is AccountState.PENDING or comes_back(account, application):
        return application.answers
    return holder_answers(account)


def comes_back(account: Account, application: Application) -> bool:
    """Whether the application asks to bring a suspended account back, and nobody has yet."""
    return account.state is AccountState.SUSPENDED and application.purpose is ApplicationPurpose.RETURN


class PermissionRequest(Base):
    """權限請求: one permission asked for; each is decided by itself.

    `review_path` is the path of the unit whose managers decide it, "" for the service desk: it is kept
    with the request, so that a reviewer's list is one range of one index however many units there are;
    the index holds what lists are counted and narrowed by, too.
    An application asks for a permission at a unit once: the role may be changed while it is undecided.
    """

    __tablename__ = "permission_request"
    __table_args__ = (
        Index(
            "uq_permission_request_undecided",
            "application_id",
            "permission",
            "unit_id",
            unique=True,
            sqlite_where=text("state IN ('requested', 'returned')"),
            postgresql_where=text("state IN ('requested', 'returned')"),
        ),
        Index(
            "ix_permission_request_review",
            "system",
            "state",
            "permission",
            "review_path",
            "id",
            "account_id",
            "unit_path",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(24), unique=True, default=new_public_id)
    application_id: Mapped[int] = mapped_column(ForeignKey("application.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    system: Mapped[str] = mapped_column(String(40))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    unit_path: Mapped[str] = mapped_column(byte_ordered(60))
    review_path: Mapped[str] = mapped_column(byte_ordered(60), default="")
    permission: Mapped[str] = mapped_column(String(60))
    role: Mapped[str] = mapped_column(String(40), default="user")
    options: Mapped[list[str]] = mapped_column(JSON, default=list)
    state: Mapped[RequestState] = mapped_column(enum_column(RequestState), default=RequestState.REQUESTED)
    added_by_reviewer: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str | None] = mapped_column(String(500))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)

    application: Mapped[Application] = relationship(back_populates="requests")


_CASE_LETTERS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def new_case_number(short: str, now: datetime) -> str:
    """案件編號: system, ROC day and six random letters (30 bits a day; tells nothing of volume)."""
    tail = "".join(secrets.choice(_CASE_LETTERS) for _ in range(6))
    return f"{short}-{roc_compact(now)}-{tail}"
