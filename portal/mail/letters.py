"""The letters the portal writes: one function per letter. They say what goes into it, not when it leaves.

A letter to an address that nobody has proved yet repeats nothing a stranger may have typed, such as a
name: otherwise the application form would send anybody's words to anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.domain.account import Account, AccountState, SuspensionCause
from portal.domain.one_time_token import OneTimeToken
from portal.domain.roc_date import roc_time
from portal.domain.system import InformationSystem


@dataclass(frozen=True)
class Letter:
    """信件: its kind names the templates; the context holds JSON values only, and never a token."""

    kind: str
    to: str
    context: dict[str, Any]
    token_id: str | None = None


def verify_email(
    system: InformationSystem, account: Account, others: Sequence[str], token: OneTimeToken
) -> Letter:
    """認證信 (manual 1 step 4): proves the address; names the accounts under it, and how to withdraw."""
    context = {
        **_about(system),
        "account_name": account.name,
        "account_kind": _kind_label(system, account),
        "others": list(others),
        "needs_review": "review" in system.active_when,
        "expires": roc_time(token.expires_at),
    }
    return Letter("verify-email", account.email, context, token.id)


def application_received(system: InformationSystem, address: str, case_number: str, now: datetime) -> Letter:
    """已送出申請 (manual 5 step 6): the application waits for its reviewers; repeats nothing that was typed."""
    context = {**_about(system), "case_number": case_number, "sent": roc_time(now)}
    return Letter("application-received", address, context)


def account_activated(system: InformationSystem, account: Account) -> Letter:
    """帳號啟用 (manual 1, 機關管理員帳號維護): nothing is missing any more, the holder may sign in."""
    context = {**_about(system), "holder_name": account.holder_name, "account_name": account.name}
    return Letter("account-activated", account.email, context)


def account_reviewed(system: InformationSystem, account: Account) -> Letter:
    """帳號啟用 pressed before the address was proved: only the mailed proof is missing."""
    return Letter("account-reviewed", account.email, {**_about(system), "account_name": account.name})


def account_suspended(
    system: InformationSystem, account: Account, cause: SuspensionCause, now: datetime
) -> Letter:
    """停用 (manual 5): what happened, that nothing is lost, and how to come back."""
    context = {
        **_about(system),
        "account_name": account.name,
        "because": cause.value,
        "days": system.dormancy.days if system.dormancy else None,
        "changed": roc_time(now),
    }
    return Letter("account-suspended", account.email, context)


def application_refused(system: InformationSystem, account: Account, reason: str = "") -> Letter:
    """刪除: the reviewer did not open the account, with the reason if one was given."""
    context = {**_about(system), "account_name": account.name, "reason": reason}
    return Letter("application-refused", account.email, context)


def account_ended(system: InformationSystem, account: Account, reason: str = "") -> Letter:
    """刪除 of an account that was in use, with the reason if one was given."""
    context = {**_about(system), "account_name": account.name, "reason": reason}
    return Letter("account-ended", account.email, context)


def account_ended_by_holder(system: InformationSystem, account: Account, now: datetime) -> Letter:
    """刪除帳號 by the holder: what ended, and how to come back."""
    return _at_this_time("account-ended-by-holder", system, account, now)


def permissions_withdrawn(
    system: InformationSystem, account: Account, permissions: Sequence[str], reason: str, suspended: bool
) -> Letter:
    """由上級單位停用 (manual 5): what the holder may not do any more, and that nothing is left if so."""
    context = {
        **_about(system),
        "holder_name": account.holder_name,
        "permissions": list(permissions),
        "reason": reason,
        "suspended": suspended,
        "application": _application_words(system),
    }
    return Letter("permissions-withdrawn", account.email, context)


def requests_decided(
    system: InformationSystem,
    address: str,
    case_number: str,
    decided: Sequence[tuple[str, str, str]],
    waiting: int,
    state: AccountState,
    opened: bool,
) -> Letter:
    """審核結果 (manual 5): what was approved, refused or returned (words, permission, reason), and what comes next.

    `waiting`: requests of the application that others have still to decide. `opened`: by this very decision.
    """
    returned = any(outcome == "退回補件" for outcome, _, _ in decided)
    context = {
        **_about(system),
        "case_number": case_number,
        "decided": [list(line) for line in decided],
        "waiting": waiting,
        "active": state is AccountState.ACTIVE,
        "opened": opened,
        "returned": returned,
        "approved": any(outcome == "核准" for outcome, _, _ in decided),
        "code_by_mail": system.card.first_by == "mailed-code" and "card" in system.sign_in,
        "application": _application_words(system),
        "update": system.messages.get("update_submit", "更新申請"),
    }
    return Letter("requests-decided", address, context)


def reset_password(
    system: InformationSystem, email: str, account_names: Sequence[str], token: OneTimeToken
) -> Letter:
    """忘記密碼 (manual 1): one link for an address, with the accounts it may be used for."""
    context = {**_about(system), "account_names": list(account_names), "expires": roc_time(token.expires_at)}
    return Letter("reset-password", email, context, token.id)


def password_changed(system: InformationSystem, account: Account, now: datetime) -> Letter:
    """Tells the holder that the password is another one now, in case it was not them."""
    context = {
        **_about(system),
        "holder_name": account.holder_name,
        "account_name": account.name,
        "changed": roc_time(now),
    }
    return Letter("password-changed", account.email, context)


def card_code(system: InformationSystem, address: str, account: Account, token: OneTimeToken) -> Letter:
    """卡片驗證碼 (manual 5, first card): eight digits, made at delivery, that say whose the card is."""
    context = {**_about(system), "account_name": account.name, "expires": roc_time(token.expires_at)}
    return Letter("card-code", address, context, token.id)


def authenticator_set(system: InformationSystem, account: Account, now: datetime) -> Letter:
    """設定驗證器: signing in asks for the codes of this app from now on, in case it was not the holder."""
    return _at_this_time("authenticator-set", system, account, now)


def authenticator_removed(
    system: InformationSystem, account: Account, now: datetime, token: OneTimeToken
) -> Letter:
    """第二項驗證重設 by the operator: the one-time link to a new password, after which another app is set up."""
    times = {"changed": roc_time(now), "expires": roc_time(token.expires_at)}
    context = {**_about(system), "account_name": account.name, **times}
    return Letter("authenticator-removed", account.email, context, token.id)


def second_proof_closed(system: InformationSystem, account: Account, now: datetime) -> Letter:
    """驗證碼連續錯誤: somebody knows the password and guesses codes, in case it was not the holder."""
    return _at_this_time("second-proof-closed", system, account, now)


def certificate_bound(system: InformationSystem, account: Account, now: datetime) -> Letter:
    """憑證綁定: a certificate card opens the account from now on, in case it was not the holder."""
    return _at_this_time("certificate-bound", system, account, now)


def certificate_unbound(system: InformationSystem, account: Account, now: datetime) -> Letter:
    """憑證刪除: a certificate card opens the account no more."""
    return _at_this_time("certificate-unbound", system, account, now)


def dormancy_warning(system: InformationSystem, account: Account, ends: datetime) -> Letter:
    """閒置提醒 (manual 5): the account will be suspended unless somebody signs in before."""
    days = system.dormancy.days if system.dormancy else None
    context = {**_about(system), "account_name": account.name, "days": days, "ends": roc_time(ends)}
    return Letter("dormancy-warning", account.email, context)


def administrator_invitation(system: InformationSystem, account: Account, token: OneTimeToken) -> Letter:
    """管理帳號邀請: the one-time link by which an administrator chooses the first password."""
    context = {
        **_about(system),
        "holder_name": account.holder_name,
        "account_name": account.name,
        "account_kind": _kind_label(system, account),
        "expires": roc_time(token.expires_at),
    }
    return Letter("administrator-invitation", account.email, context, token.id)


def contact_changed(system: InformationSystem, account: Account, address: str, now: datetime) -> Letter:
    """個人資料維護: the primary address is another one now; goes to the old address and to the new one."""
    context = {**_about(system), "account_name": account.name, "changed": roc_time(now)}
    return Letter("contact-changed", address, context)


def nothing_known(system: InformationSystem, email: str, token: OneTimeToken) -> Letter:
    """For the outbox only, withheld there: an unknown address costs the same work as a known one."""
    return Letter("nothing-known", email, _about(system), token.id)


def _at_this_time(kind: str, system: InformationSystem, account: Account, now: datetime) -> Letter:
    """To the holder: what happened to the account just now."""
    context = {**_about(system), "account_name": account.name, "changed": roc_time(now)}
    return Letter(kind, account.email, context)


def _about(system: InformationSystem) -> dict[str, Any]:
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


def _application_words(system: InformationSystem) -> str:
    return system.messages.get("application", "帳號申請")


def _kind_label(system: InformationSystem, account: Account) -> str:
    kind = system.account_kind_of(account.kind)
    return kind.label if kind else account.kind
