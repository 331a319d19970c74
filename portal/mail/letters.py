"""The letters about applications, accounts and permissions: one function per letter.

Each says what goes into it, not when it leaves.

A letter to an address that nobody has proved yet repeats nothing a stranger may have typed, such as a
name: otherwise the application form would send anybody's words to anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from portal.domain.account import Account, AccountState, SuspensionCause
from portal.domain.one_time_token import OneTimeToken
from portal.domain.roc_date import roc_time
from portal.domain.system import InformationSystem
from portal.mail.letter import Letter, about, application_words, at_this_time, kind_label


def verify_email(
    system: InformationSystem, account: Account, others: Sequence[str], token: OneTimeToken
) -> Letter:
    """認證信 (manual 1 step 4): proves the address; names the accounts under it, and how to withdraw."""
    context = {
        **about(system),
        "account_name": account.name,
        "account_kind": kind_label(system, account),
        "others": list(others),
        "needs_review": "review" in system.active_when,
        "expires": roc_time(token.expires_at),
        "days": system.expiry.days if system.expiry else None,
    }
    return Letter("verify-email", account.email, context, token.id)


def application_received(system: InformationSystem, address: str, case_number: str, now: datetime) -> Letter:
    """已送出申請 (manual 5 step 6): the application waits for its reviewers; repeats nothing that was typed."""
    context = {**about(system), "case_number": case_number, "sent": roc_time(now)}
    return Letter("application-received", address, context)


def account_activated(system: InformationSystem, account: Account) -> Letter:
    """帳號啟用 (manual 1, 機關管理員帳號維護): nothing is missing any more, the holder may sign in."""
    context = {**about(system), "holder_name": account.holder_name, "account_name": account.name}
    return Letter("account-activated", account.email, context)


def account_reviewed(system: InformationSystem, account: Account) -> Letter:
    """帳號啟用 pressed before the address was proved: only the mailed proof is missing."""
    return Letter("account-reviewed", account.email, {**about(system), "account_name": account.name})


def account_suspended(
    system: InformationSystem, account: Account, cause: SuspensionCause, now: datetime
) -> Letter:
    """停用 (manual 5): what happened, that nothing is lost, and how to come back."""
    context = {
        **about(system),
        "account_name": account.name,
        "because": cause.value,
        "days": system.dormancy.days if system.dormancy else None,
        "changed": roc_time(now),
    }
    return Letter("account-suspended", account.email, context)


def application_refused(system: InformationSystem, account: Account, reason: str = "") -> Letter:
    """刪除: the reviewer did not open the account, with the reason if one was given."""
    context = {**about(system), "account_name": account.name, "reason": reason}
    return Letter("application-refused", account.email, context)


def application_expired(system: InformationSystem, account: Account, days: int) -> Letter:
    """逾期: nobody finished the application in time; repeats nothing that was typed but the account's name."""
    return Letter(
        "application-expired", account.email, {**about(system), "account_name": account.name, "days": days}
    )


def account_ended(system: InformationSystem, account: Account, reason: str = "") -> Letter:
    """刪除 of an account that was in use, with the reason if one was given."""
    context = {**about(system), "account_name": account.name, "reason": reason}
    return Letter("account-ended", account.email, context)


def account_ended_by_holder(system: InformationSystem, account: Account, now: datetime) -> Letter:
    """刪除帳號 by the holder: what ended, and how to come back."""
    return at_this_time("account-ended-by-holder", system, account, now)


def permissions_withdrawn(
    system: InformationSystem, account: Account, permissions: Sequence[str], reason: str, suspended: bool
) -> Letter:
    """由上級單位停用 (manual 5): what the holder may not do any more, and that nothing is left if so."""
    context = {
        **about(system),
        "holder_name": account.holder_name,
        "permissions": list(permissions),
        "reason": reason,
        "suspended": suspended,
        "application": application_words(system),
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
        **about(system),
        "case_number": case_number,
        "decided": [list(line) for line in decided],
        "waiting": waiting,
        "active": state is AccountState.ACTIVE,
        "opened": opened,
        "returned": returned,
        "approved": any(outcome == "核准" for outcome, _, _ in decided),
        "code_by_mail": system.card.first_by == "mailed-code" and "card" in system.sign_in,
        "application": application_words(system),
        "update": system.messages.get("update_submit", "更新申請"),
    }
    return Letter("requests-decided", address, context)


def dormancy_warning(system: InformationSystem, account: Account, ends: datetime) -> Letter:
    """閒置提醒 (manual 5): the account will be suspended unless somebody signs in before."""
    days = system.dormancy.days if system.dormancy else None
    context = {**about(system), "account_name": account.name, "days": days, "ends": roc_time(ends)}
    return Letter("dormancy-warning", account.email, context)


def contact_changed(system: InformationSystem, account: Account, address: str, now: datetime) -> Letter:
    """個人資料維護: the primary address is another one now; goes to the old address and to the new one."""
    context = {**about(system), "account_name": account.name, "changed": roc_time(now)}
    return Letter("contact-changed", address, context)


def name_corrected(system: InformationSystem, account: Account, address: str, now: datetime) -> Letter:
    """更正姓名: a reviewer put the holder's name right; repeats no name, the address may not be proved yet."""
    context = {**about(system), "account_name": account.name, "changed": roc_time(now)}
    return Letter("name-corrected", address, context)
