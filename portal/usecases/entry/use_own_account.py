"""What every act of holders on their own account begins with."""

from __future__ import annotations

from typing import Final

from sqlalchemy.orm import Session

from portal.domain.account import Account, AccountState
from portal.domain.actor import Circumstance
from portal.domain.refusal import Overtaken, Refusal
from portal.domain.system import InformationSystem
from portal.store.accounts import locked
from portal.usecases.card.bind_certificate import is_fresh

SIGN_IN_AGAIN: Final = "為了保護您的帳號，請先登出再重新登入，15 分鐘內完成。"


def own_account_locked(session: Session, system: InformationSystem, at: Circumstance) -> Account:
    """The actor's account, held until the transaction ends; raises `Overtaken` if it is not in use any more."""
    account = locked(session, at.require_actor().account_id)
    if account.system != system.key or account.state is not AccountState.ACTIVE:
        raise Overtaken("這個帳號剛才已經停止使用，請重新登入查看。")
    return account


def require_fresh(at: Circumstance) -> None:
    """Raises `Refusal` unless the actor signed in recently: others may have come to an open browser."""
    if not is_fresh(at):
        raise Refusal(SIGN_IN_AGAIN, status=403, code="not-fresh")
