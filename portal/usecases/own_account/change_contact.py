"""個人資料維護: how the holder can be reached."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from portal.domain.account import holder_answers, holder_values
from portal.domain.actor import Circumstance
from portal.domain.answers import corrected
from portal.domain.audit import EventType
from portal.domain.normalisation import email_key
from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem
from portal.mail import letters
from portal.store.audit_events import record
from portal.store.database import write
from portal.usecases.card.bind_certificate import is_fresh
from portal.usecases.entry.use_own_account import own_account_locked
from portal.usecases.post_letter import post_letter
from portal.usecases.review.activate_account import signature

SIGN_IN_AGAIN: Final = (
    "為了保護您的帳號，變更主要電子信箱前，請先登出再重新登入，15 分鐘內完成。您修改的其他內容還沒有儲存。"
)


@dataclass(frozen=True)
class ContactChanged:
    """Whether anything was changed, and whether letters went out about another primary address."""

    changed: bool
    new_address: bool


def change_contact(system: InformationSystem, answers: dict[str, Any], at: Circumstance) -> ContactChanged:
    """Keep new telephone numbers and addresses of the actor; the name stays that of the card.

    Another primary address needs a recent sign-in, and both addresses are told. Raises `Refusal`.
    """
    with write() as session:
        account = own_account_locked(session, system, at)
        known = holder_answers(account)
        wanted = corrected(system, known, {**answers, "name": account.holder_name})
        wanted = {key: value for key, value in wanted.items() if value is not None}
        if wanted == known:
            return ContactChanged(changed=False, new_address=False)
        before = account.email
        moved = email_key(wanted["email"]) != account.email_key
        if moved and not is_fresh(at):
            raise Refusal(SIGN_IN_AGAIN, field="email", status=403, code="not-fresh")
        for column, value in holder_values(wanted).items():
            setattr(account, column, value)
        session.flush()
        changed = sorted(key for key in wanted.keys() | known.keys() if wanted.get(key) != known.get(key))
        record(session, EventType.CONTACT_CHANGED, at, target=signature(account), fields=changed)
        for address in [before, account.email] if moved else []:
            letter = letters.contact_changed(system, account, address, at.now)
            post_letter(session, letter, at, account)
        return ContactChanged(changed=True, new_address=moved)
