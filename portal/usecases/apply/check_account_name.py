"""帳號檢核: which account name an address would get (manual 1 step 2)."""

from __future__ import annotations

from typing import NamedTuple

from portal.domain.account_name import base_name, next_name
from portal.domain.actor import Circumstance
from portal.domain.answers import read_email
from portal.domain.counter import NAME_CHECKS_BY_CAPTCHA
from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem
from portal.store.accounts import names_like
from portal.store.counters import counter_key, take
from portal.store.database import write


class NameTold(NamedTuple):
    """The name an address would get, and whether a running suffix tells it from somebody else's."""

    name: str
    suffixed: bool


def check_account_name(system: InformationSystem, email: str, nonce: str, at: Circumstance) -> NameTold:
    """The name as things stand; it is given for good when the application is sent.

    Says nothing of the address, only of the name, which the manual's screen must show; so it wants
    the nonce of a solved captcha and is counted. Raises `Refusal` at `email`.
    """
    address = read_email(email)
    with write() as session:
        key = counter_key(NAME_CHECKS_BY_CAPTCHA, nonce)
        if not take(session, NAME_CHECKS_BY_CAPTCHA, key, at.now):
            raise Refusal("檢核次數已達上限。您可以直接送出申請，系統會自動給您不重複的帳號。", field="email")
        base = base_name(address)
        name = next_name(base, names_like(session, system.key, base))
        return NameTold(name, suffixed=name != base)
