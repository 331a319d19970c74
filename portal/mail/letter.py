"""What every letter is made of: its kind, its address, what goes into it, and who writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.domain.account import Account
from portal.domain.roc_date import roc_time
from portal.domain.system import InformationSystem


@dataclass(frozen=True)
class Letter:
    """信件: its kind names the templates; the context holds JSON values only, and never a token."""

    kind: str
    to: str
    context: dict[str, Any]
    token_id: str | None = None


def about(system: InformationSystem) -> dict[str, Any]:
    """Who writes, and whom to ask."""
    return {
        "system": system.key,
        "zone": system.zone,
        "system_title": system.title,
        "agency": system.agency,
        "contacts": [[contact.label, contact.value] for contact in system.contact],
        "passwords": "password" in system.sign_in,
        "tell_us": "以信末所列方式通知我們" if system.contact else "通知管理您帳號的人員",
    }


def application_words(system: InformationSystem) -> str:
    return system.messages.get("application", "帳號申請")


def kind_label(system: InformationSystem, account: Account) -> str:
    kind = system.account_kind_of(account.kind)
    return kind.label if kind else account.kind


def at_this_time(kind: str, system: InformationSystem, account: Account, now: datetime) -> Letter:
    """To the holder: what happened to the account just now."""
    context = {**about(system), "account_name": account.name, "changed": roc_time(now)}
    return Letter(kind, account.email, context)
