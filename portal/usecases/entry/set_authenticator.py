"""設定驗證器: a key for an app, confirmed by its first code before it counts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from cryptography.fernet import InvalidToken
from sqlalchemy.orm import Session

from portal.domain.account import Account
from portal.domain.actor import Circumstance
from portal.domain.audit import EventType
from portal.domain.authenticator import Authenticator
from portal.domain.normalisation import plain
from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem
from portal.mail import credential_letters
from portal.proofs.one_time_code import (
    code_at,
    key_address,
    key_groups,
    key_picture,
    matching_step,
    new_secret,
    read_code,
    step_of,
)
from portal.store.audit_events import record
from portal.store.authenticators import keep_authenticator
from portal.store.sealed import seal, unseal
from portal.usecases.post_letter import post_letter
from portal.usecases.review.activate_account import signature

NOT_SIX: Final = "請輸入驗證器顯示的 6 個數字。"
NOT_THE_FIRST: Final = (
    "驗證碼不正確。請確認驗證器已加入上面的金鑰，手機的時間設為自動，再輸入現在顯示的 6 個數字。"
)
ISSUER: Final = "帳號入口"


@dataclass(frozen=True)
class Candidate:
    """A key that waits for its first code. `sealed` is what the browser keeps of it, and cannot read."""

    account_id: int
    secret: str
    sealed: str


@dataclass(frozen=True)
class ShownKey:
    """The key as the page shows it: a picture to scan, and groups to type. `demo_code`: demonstration only."""

    picture: str
    groups: list[str]
    label: str
    demo_code: str | None


def candidate_for(account_id: int, kept: str, at: Circumstance) -> Candidate:
    """The key this browser waits with, or a new one: the page may be loaded again after the app has read it."""
    key = at.settings.key("authenticator-candidate")
    try:
        owner, secret = json.loads(unseal(key, kept.encode()))
    except (InvalidToken, ValueError):
        owner, secret = None, ""
    if owner == account_id:
        return Candidate(account_id, secret, kept)
    secret = new_secret()
    return Candidate(account_id, secret, seal(key, json.dumps([account_id, secret])).decode())


def shown_key(
    account: Account, system: InformationSystem, candidate: Candidate, at: Circumstance
) -> ShownKey:
    """What the page needs to show."""
    issuer = f"{ISSUER} {system.short}"
    address = key_address(issuer, account.name, candidate.secret)
    demo = code_at(candidate.secret, step_of(at.now)) if at.settings.portal_demo else None
    return ShownKey(key_picture(address), key_groups(candidate.secret), f"{issuer}：{account.name}", demo)


def code_typed(typed: str) -> str:
    """The six digits; raises `Refusal` for anything that cannot be a code, which is no guess."""
    code = read_code(plain(typed))
    if code is None:
        raise Refusal(NOT_SIX, field="code")
    return code


def put_authenticator(
    session: Session,
    system: InformationSystem,
    account: Account,
    candidate: Candidate,
    typed: str,
    at: Circumstance,
) -> None:
    """Set it for the (locked) account if the code is its own, and tell the holder; raises `Refusal`.

    The confirming code is used up with it.
    """
    step = matching_step(candidate.secret, code_typed(typed), at.now)
    if step is None or candidate.account_id != account.id:
        raise Refusal(NOT_THE_FIRST, field="code")
    sealed = seal(at.settings.key("authenticator"), candidate.secret)
    keep_authenticator(session, account.id, sealed, step, at.now)
    record(session, EventType.AUTHENTICATOR_SET, at, actor=signature(account), target=signature(account))
    post_letter(session, credential_letters.authenticator_set(system, account, at.now), at, account)


def secret_of(authenticator: Authenticator, at: Circumstance) -> str:
    """The key of an authenticator, opened."""
    return unseal(at.settings.key("authenticator"), authenticator.sealed_secret)
