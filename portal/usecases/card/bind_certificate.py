"""自然人憑證管理: the certificates of an account, adding one and removing one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from portal.domain.account import Account, AccountState
from portal.domain.actor import Circumstance
from portal.domain.audit import EventType
from portal.domain.card_challenge import CardPurpose
from portal.domain.card_claim import fits
from portal.domain.certificate import CertificateStatus, PresentedCertificate
from portal.domain.certificate_binding import CertificateBinding, masked_card_number
from portal.domain.refusal import NotFound, Overtaken, Refusal
from portal.domain.system import InformationSystem
from portal.mail import credential_letters
from portal.store.accounts import locked
from portal.store.audit_events import record
from portal.store.certificate_bindings import add_binding, bindings_of, taken_by
from portal.store.credentials import current_password
from portal.store.database import read, write
from portal.store.sealed import blind_index, seal, unseal
from portal.usecases.card.prove_card import SignedChallenge, read_card, turn_away
from portal.usecases.card.trust_authorities import trusted
from portal.usecases.card.unbind_cards import unbind
from portal.usecases.post_letter import post_letter
from portal.usecases.review.activate_account import signature

FRESH: Final = timedelta(minutes=15)
"""How recent a sign-in must be for a card to be added or removed."""
BOUND_ELSEWHERE = "這張憑證已經綁定在其他帳號，同一張憑證只能綁定一個帳號。如有疑問請洽系統服務台。"
BOUND_ALREADY = "這張憑證已經在您的清單中，不需要再加入。"
LAST_WAY_IN = "這是您登入的最後一種方式，不能刪除；請先加入另一張憑證或設定密碼。"
OTHER_PERSON = (
    "這張卡片的姓名或身分證字號末四碼與您帳號的資料不符，不能加入。請使用您本人的卡片；"
    "姓名已經變更時，請洽系統服務台更正帳號的資料。"
)
NO_NUMBER = "這張卡片沒有登載身分證號末四碼，無法和您帳號的資料核對，不能加入。請改用自然人憑證。"


@dataclass(frozen=True)
class OwnCertificate:
    """One line of 自然人憑證管理."""

    public_id: str
    profile: str
    holder_name: str
    card_number: str
    not_after: datetime
    last_used_at: datetime | None
    expired: bool


@dataclass(frozen=True)
class OwnCertificates:
    """The list, with the account's own contact data as the manual shows them."""

    account: Account
    certificates: Sequence[OwnCertificate]
    fresh: bool


def own_certificates(at: Circumstance) -> OwnCertificates:
    """What opens the actor's account by card."""
    actor = at.require_actor()
    session = read()
    rows = [
        OwnCertificate(
            row.public_id,
            row.profile.value,
            row.holder_name,
            _shown_number(row, at),
            row.not_after,
            row.last_used_at,
            row.not_after <= at.now,
        )
        for row in bindings_of(session, actor.account_id)
    ]
    return OwnCertificates(session.get_one(Account, actor.account_id), rows, is_fresh(at))


def is_fresh(at: Circumstance) -> bool:
    """Whether the actor signed in recently enough to change how they sign in."""
    return at.now - at.require_actor().session_started_at < FRESH


def bind_certificate(
    system: InformationSystem, signed: SignedChallenge, browser: str, at: Circumstance
) -> PresentedCertificate:
    """Add the card that just signed to the actor's account; tells the holder. Raises `Refusal`."""
    _require_fresh(at)
    certificate = read_card(system, CardPurpose.BIND, signed, browser, at)
    with write() as session:
        account = locked(session, at.require_actor().account_id)
        if account.state is not AccountState.ACTIVE:
            raise Overtaken("這個帳號剛才已經停止使用，不能加入憑證。")
        refusal = bind_to(session, system, account, certificate, at)
    if refusal:
        raise refusal
    return certificate


def bind_to(
    session: Session,
    system: InformationSystem,
    account: Account,
    certificate: PresentedCertificate,
    at: Circumstance,
) -> Refusal | None:
    """Bind a proved card to the (locked) account and tell the holder; the refusal if it is not theirs to bind.

    Where the account proved an identity (a personal number), the card has to tell the same.
    """
    refusal, replaced = _not_the_holders(account, certificate), False
    taken = taken_by(session, system.key, certificate) if refusal is None else None
    own = taken is not None and taken.account_id == account.id
    if taken and own and _renews(taken, certificate):
        replaced, taken = unbind(session, account, taken, at, "replaced"), None
    if refusal is None and (taken or not add_binding(session, _binding(account, certificate, at))):
        code = "card-bound-already" if own else "card-bound-elsewhere"
        refusal = Refusal(BOUND_ALREADY if own else BOUND_ELSEWHERE, status=409, code=code)
    who = signature(account)
    if refusal:
        turn_away(session, system, refusal, certificate.told, at, target=who)
        return refusal
    record(session, EventType.CERTIFICATE_BOUND, at, target=who, **certificate.told)
    post_letter(session, credential_letters.certificate_bound(system, account, at.now, replaced), at, account)
    return None


def unbind_certificate(system: InformationSystem, public_id: str, at: Circumstance) -> None:
    """刪除 one certificate of the actor's account, never the last way in; tells the holder."""
    _require_fresh(at)
    actor = at.require_actor()
    with write() as session:
        account = locked(session, actor.account_id)
        bound = bindings_of(session, account.id)
        meant = next((row for row in bound if row.public_id == public_id), None)
        others = [row for row in bound if row is not meant]
        if not _has_password(session, system, account.id) and not any(_opens(row, at) for row in others):
            raise Refusal(LAST_WAY_IN, status=409)
        if meant is None or not unbind(session, account, meant, at, "own-act"):
            raise NotFound
        post_letter(session, credential_letters.certificate_unbound(system, account, at.now), at, account)


def _not_the_holders(account: Account, certificate: PresentedCertificate) -> Refusal | None:
    if account.identity_last_four is None or fits(account, certificate):
        return None
    if certificate.holder.is_person and certificate.holder.last_four is None:
        return Refusal(NO_NUMBER, status=403, code="card-no-number")
    return Refusal(OTHER_PERSON, status=403, code="card-other-person")


def _opens(binding: CertificateBinding, at: Circumstance) -> bool:
    """Whether a bound card is a way in, by what is known here: nobody is asked while the account is locked."""
    bad = (CertificateStatus.REVOKED, CertificateStatus.SUSPENDED)
    return (
        binding.not_after > at.now and trusted(at.settings).status_of(binding, at.now, ask=False) not in bad
    )


def _renews(bound: CertificateBinding, certificate: PresentedCertificate) -> bool:
    """Whether this is a newer certificate of the same holder for the same key: it takes the older one's place."""
    return bound.serial != certificate.serial and bound.holder_name == certificate.holder.name


def _require_fresh(at: Circumstance) -> None:
    if not is_fresh(at):
        raise Refusal("為了保護您的帳號，請先登出再重新登入，15 分鐘內完成憑證的加入或刪除。", status=403)


def _has_password(session: Session, system: InformationSystem, account_id: int) -> bool:
    return "password" in system.sign_in and current_password(session, account_id) is not None


def _binding(account: Account, certificate: PresentedCertificate, at: Circumstance) -> CertificateBinding:
    key = at.settings.key("personal-numbers")
    number = certificate.card_number
    return CertificateBinding(
        account_id=account.id,
        system=account.system,
        profile=certificate.holder.profile,
        issuer_key_id=certificate.issuer_key_id,
        serial=certificate.serial,
        distribution_points=list(certificate.distribution_points),
        spki_hash=certificate.spki_hash,
        fingerprint=certificate.fingerprint,
        holder_name=certificate.holder.name,
        last_four=certificate.holder.last_four,
        subject_serial=certificate.holder.subject_serial,
        ubn=certificate.holder.ubn,
        sealed_card_number=seal(key, number) if number else None,
        card_number_index=blind_index(key, number) if number else None,
        not_after=certificate.not_after,
        bound_at=at.now,
    )


def _shown_number(row: CertificateBinding, at: Circumstance) -> str:
    if row.sealed_card_number is None:
        return ""
    return masked_card_number(unseal(at.settings.key("personal-numbers"), row.sealed_card_number))
