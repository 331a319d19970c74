"""Certificates bound to accounts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.domain.certificate import PresentedCertificate
from portal.domain.certificate_binding import CertificateBinding
from portal.store.database import rows_changed


def binding_of(session: Session, system: str, certificate: PresentedCertificate) -> CertificateBinding | None:
    """The binding of exactly this certificate."""
    query = select(CertificateBinding).where(
        CertificateBinding.system == system,
        CertificateBinding.issuer_key_id == certificate.issuer_key_id,
        CertificateBinding.serial == certificate.serial,
        CertificateBinding.unbound_at.is_(None),
    )
    return session.scalars(query).one_or_none()


def taken_by(session: Session, system: str, certificate: PresentedCertificate) -> CertificateBinding | None:
    """A binding of this certificate or of its key, whoever has it."""
    query = select(CertificateBinding).where(
        CertificateBinding.system == system,
        CertificateBinding.unbound_at.is_(None),
        or_(
            (CertificateBinding.issuer_key_id == certificate.issuer_key_id)
            & (CertificateBinding.serial == certificate.serial),
            CertificateBinding.spki_hash == certificate.spki_hash,
        ),
    )
    return session.scalars(query).first()


def renewed_from(
    session: Session, system: str, certificate: PresentedCertificate
) -> CertificateBinding | None:
    """A bound certificate of what seems the same holder: a candidate, which another proof must confirm."""
    holder = certificate.holder
    if not holder.subject_serial:
        return None
    query = select(CertificateBinding).where(
        CertificateBinding.system == system,
        CertificateBinding.profile == holder.profile,
        CertificateBinding.subject_serial == holder.subject_serial,
        CertificateBinding.holder_name == holder.name,
        CertificateBinding.last_four == holder.last_four,
        CertificateBinding.unbound_at.is_(None),
    )
    return session.scalars(query).first()


def bindings_of(session: Session, account_id: int) -> Sequence[CertificateBinding]:
    """What opens an account now, oldest first."""
    query = select(CertificateBinding).where(
        CertificateBinding.account_id == account_id, CertificateBinding.unbound_at.is_(None)
    )
    return session.scalars(query.order_by(CertificateBinding.id)).all()


def add_binding(session: Session, binding: CertificateBinding) -> bool:
    """Keep a binding; False if certificate or key was bound meanwhile: the unique indexes decide."""
    try:
        with session.begin_nested():
            session.add(binding)
    except IntegrityError:
        return False
    return True


def note_use(session: Session, binding: CertificateBinding, now: datetime) -> None:
    """Remember when a certificate last opened its account."""
    session.execute(
        update(CertificateBinding).where(CertificateBinding.id == binding.id).values(last_used_at=now)
    )


def end_binding(session: Session, account_id: int, public_id: str, now: datetime) -> bool:
    """Unbind one certificate of an account; False if it is not there any more."""
    statement = (
        update(CertificateBinding)
        .where(
            CertificateBinding.account_id == account_id,
            CertificateBinding.public_id == public_id,
            CertificateBinding.unbound_at.is_(None),
        )
        .values(unbound_at=now)
    )
    return rows_changed(session, statement) == 1
