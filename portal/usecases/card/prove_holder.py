"""身分驗證 of an applicant (manual 5 step 11): the card of exactly this account's holder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from portal.domain.account import Account, AccountState
from portal.domain.actor import Circumstance
from portal.domain.audit import EventType
from portal.domain.card_challenge import CardPurpose
from portal.domain.card_claim import fits
from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem
from portal.store.accounts import locked
from portal.store.audit_events import record
from portal.store.certificate_bindings import note_use, taken_by
from portal.store.database import write
from portal.usecases.card.claim_card import NO_NUMBER, claim_card
from portal.usecases.card.prove_card import SignedChallenge, read_card, turn_away
from portal.usecases.review.activate_account import signature

OTHER_PERSON: Final = (
    "這張卡片與申請人的資料不符，請使用申請人本人的卡片。如果是申請時把姓名填錯，"
    "請洽審核這份申請的管理者或系統諮詢窗口更正姓名，再插卡認證一次。"
)


@dataclass(frozen=True)
class ProvedHolder:
    """After the card: whose account it is, and which card said so."""

    account_id: int
    holder_name: str
    card: str


def prove_holder(
    system: InformationSystem, account_id: int, signed: SignedChallenge, browser: str, at: Circumstance
) -> ProvedHolder | str:
    """The holder, where the card is bound to the account; else the id of a claim that waits for its code.

    Raises `Refusal` for other people's cards; the sentence does not say what differs.
    """
    certificate = read_card(system, CardPurpose.STEP_UP, signed, browser, at)
    with write() as session:
        account: Account = locked(session, account_id)
        bound = taken_by(session, system.key, certificate)
        elsewhere = bound is not None and bound.account_id != account.id
        if account.system != system.key or account.state is AccountState.ENDED or elsewhere:
            answer: str | Refusal = Refusal(OTHER_PERSON, status=403, code="card-bound-elsewhere")
        elif bound and (bound.issuer_key_id, bound.serial) == (certificate.issuer_key_id, certificate.serial):
            note_use(session, bound, at.now)
            record(session, EventType.HOLDER_PROVED, at, target=signature(account), **certificate.told)
            return ProvedHolder(account.id, certificate.holder.name, certificate.fingerprint)
        elif certificate.holder.is_person and certificate.holder.last_four is None:
            answer = Refusal(NO_NUMBER, status=403, code="card-no-number")
        elif not fits(account, certificate):
            answer = Refusal(OTHER_PERSON, status=403, code="card-other-person")
        else:
            answer = claim_card(session, system, certificate, [account], browser, at)
        if isinstance(answer, Refusal):
            turn_away(session, system, answer, certificate.told, at, target=signature(account))
    if isinstance(answer, Refusal):
        raise answer
    return answer
