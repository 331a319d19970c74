"""登入 with a certificate card."""

from __future__ import annotations

from sqlalchemy.orm import Session

from portal.domain.account import Account
from portal.domain.actor import Circumstance
from portal.domain.audit import EventType
from portal.domain.card_challenge import CardPurpose
from portal.domain.certificate import PresentedCertificate
from portal.domain.certificate_binding import CertificateBinding
from portal.domain.counter import SIGN_IN_FAILURES_BY_ADDRESS
from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem
from portal.store.accounts import locked
from portal.store.audit_events import record
from portal.store.certificate_bindings import binding_of, note_use, renewed_from
from portal.store.counters import counter_key, give_back, take
from portal.store.database import write
from portal.usecases.activate_account import outstanding
from portal.usecases.prove_card import SignedChallenge, read_card
from portal.usecases.sign_in import CLOSED, SignedIn, device_value, open_for, why_not

NOT_BOUND = "這張卡片還沒有綁定本系統的帳號。請先用帳號和密碼登入，再到「我的帳號」的憑證管理加入這張卡片。"
RENEWED = (
    "這張卡片的憑證和您先前綁定的不同（可能是換發或展期後的新憑證）。請先用其他方式登入，再到「我的帳號」的"
    "憑證管理加入這張卡片。"
)


def sign_in_with_card(
    system: InformationSystem, signed: SignedChallenge, browser: str, at: Circumstance
) -> SignedIn:
    """Open a session for the holder of a bound certificate; raises `Refusal`.

    Who it is comes from the verified certificate alone, never from what the page says beside it.
    """
    by_address = counter_key(SIGN_IN_FAILURES_BY_ADDRESS, at.address)
    with write() as session:
        allowed = take(session, SIGN_IN_FAILURES_BY_ADDRESS, by_address, at.now)
        if not allowed:
            record(session, EventType.SIGN_IN_CLOSED, at, target=system.key, outcome="refused")
    if not allowed:
        raise Refusal(CLOSED, status=429, code="sign-in-closed")
    certificate = read_card(system, CardPurpose.SIGN_IN, signed, browser, at)
    with write() as session:
        account, binding = _opened_by(session, system, certificate)
        if account is None or binding is None:
            renewed = renewed_from(session, system.key, certificate)
            code = "card-renewed" if renewed else "card-not-bound"
            refusal: Refusal | None = Refusal(
                RENEWED if renewed else system.messages.get("unknown", NOT_BOUND), code=code
            )
        else:
            refusal = why_not(system, account, outstanding(session, system, account))
            if refusal is None:
                note_use(session, binding, at.now)
                give_back(session, by_address)
                told = {"holder": binding.holder_name, "card": certificate.fingerprint}
                token = open_for(session, account, at, **told)
                return SignedIn(token, device_value(system.key, account.name, at), _reviews(system, account))
        record(
            session,
            EventType.CARD_REFUSED,
            at,
            target=system.key,
            outcome="refused",
            code=refusal.code if refusal else None,
            card=certificate.fingerprint,
        )
    raise refusal or AssertionError("neither signed in nor refused")


def _opened_by(
    session: Session, system: InformationSystem, certificate: PresentedCertificate
) -> tuple[Account, CertificateBinding] | tuple[None, None]:
    """The account, locked, and its binding as it is now: it may have been unbound while we waited for the lock."""
    binding = binding_of(session, system.key, certificate)
    if binding is None:
        return None, None
    account = locked(session, binding.account_id)
    return (account, binding) if binding_of(session, system.key, certificate) is binding else (None, None)


def _reviews(system: InformationSystem, account: Account) -> bool:
    kind = system.account_kind_of(account.kind)
    return bool(kind and kind.reviews)
