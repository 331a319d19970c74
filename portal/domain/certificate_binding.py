"""Certificates that open an account."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.base import Base, UtcDateTime, enum_column, new_public_id
from portal.domain.certificate import CardProfile


class CertificateBinding(Base):
    """憑證綁定: one certificate that its holder bound to an account.

    Within a system a certificate, and a holder's key, belongs to one account; the database decides that
    by unique indexes over what is bound now. Unbound rows stay, for the audit.
    """

    __tablename__ = "certificate_binding"
    __table_args__ = (
        Index(
            "uq_certificate_binding_certificate",
            "system",
            "issuer_key_id",
            "serial",
            unique=True,
            sqlite_where=text("unbound_at IS NULL"),
            postgresql_where=text("unbound_at IS NULL"),
        ),
        Index(
            "uq_certificate_binding_key",
            "system",
            "spki_hash",
            unique=True,
            sqlite_where=text("unbound_at IS NULL"),
            postgresql_where=text("unbound_at IS NULL"),
        ),
        Index("ix_certificate_binding_account", "account_id", "unbound_at"),
        Index("ix_certificate_binding_subject", "system", "profile", "subject_serial"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(24), unique=True, default=new_public_id)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    system: Mapped[str] = mapped_column(String(40))
    profile: Mapped[CardProfile] = mapped_column(enum_column(CardProfile))
    issuer_key_id: Mapped[str] = mapped_column(String(64))
    serial: Mapped[str] = mapped_column(String(64))
    distribution_points: Mapped[list[str]] = mapped_column(JSON, default=list)
    spki_hash: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[str] = mapped_column(String(64))
    holder_name: Mapped[str] = mapped_column(String(120))
    last_four: Mapped[str | None] = mapped_column(String(4))
    subject_serial: Mapped[str | None] = mapped_column(String(64))
    ubn: Mapped[str | None] = mapped_column(String(8), index=True)
    sealed_card_number: Mapped[bytes | None] = mapped_column(LargeBinary)
    card_number_index: Mapped[str | None] = mapped_column(String(64), index=True)
    not_after: Mapped[datetime] = mapped_column(UtcDateTime)
    bound_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    unbound_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


def masked_card_number(number: str | None) -> str:
    """卡號 as the list shows it: `TP••••••••••1234`."""
    if not number:
        return ""
    return number[:2] + "•" * max(0, len(number) - 6) + number[-4:]
