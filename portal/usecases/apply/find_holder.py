"""Whose account a personal number belongs to."""

from __future__ import annotations

from typing import Final

from sqlalchemy.orm import Session

from portal.domain.account import Account, AccountState
from portal.domain.actor import Circumstance
from portal.domain.personal_number import PersonalNumber, masked_number
from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem
from portal.store.accounts import account_of_identity, locked
from portal.store.applications import open_application
from portal.store.sealed import blind_index, unseal

IN_USE: Final = (
    "這個證號已有使用中的帳號。要變更權限或刪除帳號，請登入系統後到「個人資料維護」辦理。用本人的卡片卻無法登入時，"
    "可能是申請時的姓名和卡片不同，請洽核准申請的管理者或系統諮詢窗口更正姓名，不需要重新申請。"
)
WAITING: Final = (
    "這個證號已有審核中的申請，不需要再申請一次。要修改內容，請從「新帳號申請」確認後用卡片認證。"
)


def identity_key(at: Circumstance) -> bytes:
    """The key under which personal numbers are sealed and found."""
    return at.settings.key("personal-numbers")


def known_holder(
    session: Session, system: InformationSystem, number: PersonalNumber | None, at: Circumstance
) -> Account | None:
    """The holder's account that has not ended, locked; None where there is none or no number is asked for."""
    if number is None:
        return None
    found = account_of_identity(session, system.key, blind_index(identity_key(at), number.text))
    return locked(session, found.id) if found else None


def refuse_known_holder(session: Session, account: Account) -> None:
    """Raise `Refusal` unless the account may come back by a new application: suspended, and none is open."""
    if account.state is AccountState.ACTIVE:
        raise Refusal(IN_USE, status=409, code="account-in-use")
    if account.state is AccountState.PENDING or open_application(session, account.id):
        raise Refusal(WAITING, status=409, code="application-waiting")


def masked_identity(account: Account, at: Circumstance) -> str:
    """身分證字號 with its middle hidden, "" where the system does not ask for it."""
    if account.sealed_identity is None:
        return ""
    return masked_number(unseal(identity_key(at), account.sealed_identity))
