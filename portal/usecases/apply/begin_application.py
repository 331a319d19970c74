"""確定 on the first page of an application: whose it is, and what comes next (manual 5 steps 4 and 10)."""

from __future__ import annotations

from typing import Final, Literal

from portal.domain.account import AccountState
from portal.domain.actor import Circumstance
from portal.domain.counter import IDENTITIES_BY_ADDRESS, IDENTITIES_BY_CAPTCHA
from portal.domain.personal_number import PersonalNumber
from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem
from portal.store.accounts import account_of_identity
from portal.store.applications import open_application
from portal.store.counters import counter_key, take
from portal.store.database import read, write
from portal.store.sealed import blind_index
from portal.usecases.apply.choose_unit import chosen_unit
from portal.usecases.apply.find_holder import IN_USE, identity_key
from portal.usecases.apply.keep_draft import Draft, keep_draft

TOO_MANY: Final = "這個網路位址一小時內查核的證號太多，為了保護個人資料，請稍後再試。您填寫的內容都還在。"
ANOTHER_CAPTCHA: Final = "請輸入新圖中的數字，再按一次「確定」。"
Stage = Literal["details", "waiting"]
"""What the draft says comes next: the second page, or the question whether to change what waits."""


def begin_application(
    system: InformationSystem,
    draft_id: str,
    number: PersonalNumber,
    unit_code: str,
    captcha: str,
    at: Circumstance,
) -> Draft:
    """Look the holder up and keep in the draft what comes next, as `stage`.

    Whoever asks learns of a number whether it is in use here, as the manual's screens want; so each
    question needs a solved captcha (`captcha` is its nonce) and is counted, also when it is refused.
    Only here does a draft get its `personal_number`, so who has one there went through this. Raises
    `Refusal` for an account in use, and for a unit that may not apply.
    """
    unit = chosen_unit(system, unit_code, at)
    with write() as session:
        allowed = take(session, IDENTITIES_BY_CAPTCHA, counter_key(IDENTITIES_BY_CAPTCHA, captcha), at.now)
        few = take(session, IDENTITIES_BY_ADDRESS, counter_key(IDENTITIES_BY_ADDRESS, at.address), at.now)
    if not few:
        raise Refusal(TOO_MANY, status=429, code="identities-limit")
    if not allowed:
        raise Refusal(ANOTHER_CAPTCHA, field="captcha", code="captcha-replayed")
    session = read()
    account = account_of_identity(session, system.key, blind_index(identity_key(at), number.text))
    waits = open_application(session, account.id if account else 0)  # asked of strangers too: alike in time
    state = account.state if account else None
    if state is AccountState.ACTIVE:
        raise Refusal(IN_USE, field="personal_number", status=409, code="account-in-use")
    stage: Stage = "waiting" if waits or state is AccountState.PENDING else "details"
    return keep_draft(
        system, draft_id, at, stage=stage, personal_number=number.text, passport=number.is_passport,
        typed_number=number.text, unit=unit.code, captcha_pass="",
    )  # fmt: skip
