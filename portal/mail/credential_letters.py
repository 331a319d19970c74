"""Letters about how somebody signs in: passwords, cards, authenticators and the links and codes for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from portal.domain.account import Account
from portal.domain.one_time_token import OneTimeToken
from portal.domain.roc_date import roc_time
from portal.domain.system import InformationSystem
from portal.mail.letter import Letter, about, application_words, at_this_time, kind_label


def reset_password(
    system: InformationSystem, email: str, account_names: Sequence[str], token: OneTimeToken
) -> Letter:
    """忘記密碼 (manual 1): one link for an address, with the accounts it may be used for."""
    context = {**about(system), "account_names": list(account_names), "expires": roc_time(token.expires_at)}
    return Letter("reset-password", email, context, token.id)


def password_changed(system: InformationSystem, account: Account, now: datetime) -> Letter:
    """Tells the holder that the password is another one now, in case it was not them."""
    context = {
        **about(system),
        "holder_name": account.holder_name,
        "account_name": account.name,
        "changed": roc_time(now),
    }
    return Letter("password-changed", account.email, context)


def card_code(system: InformationSystem, address: str, account: Account, token: OneTimeToken) -> Letter:
    """卡片驗證碼 (manual 5, first card): eight digits, made at delivery, that say whose the card is."""
    context = {**about(system), "account_name": account.name, "expires": roc_time(token.expires_at)}
    return Letter("card-code", address, context, token.id)


def authenticator_set(system: InformationSystem, account: Account, now: datetime) -> Letter:
    """設定驗證器: signing in asks for the codes of this app from now on, in case it was not the holder."""
    return at_this_time("authenticator-set", system, account, now)


def authenticator_removed(
    system: InformationSystem, account: Account, now: datetime, token: OneTimeToken
) -> Letter:
    """第二項驗證重設 by the operator: the one-time link to a new password, after which another app is set up."""
    times = {"changed": roc_time(now), "expires": roc_time(token.expires_at)}
    context = {**about(system), "account_name": account.name, **times}
    return Letter("authenticator-removed", account.email, context, token.id)


def second_proof_closed(system: InformationSystem, account: Account, now: datetime) -> Letter:
    """驗證碼連續錯誤: somebody knows the password and guesses codes, in case it was not the holder."""
    return at_this_time("second-proof-closed", system, account, now)


def certificate_bound(
    system: InformationSystem, account: Account, now: datetime, replaced: bool = False
) -> Letter:
    """憑證綁定: a certificate card opens the account from now on, in case it was not the holder.

    `replaced`: it took the place of an older certificate of the same key.
    """
    context = {**about(system), "account_name": account.name, "changed": roc_time(now), "replaced": replaced}
    return Letter("certificate-bound", account.email, context)


def certificate_unbound(
    system: InformationSystem, account: Account, now: datetime, account_ended: bool = False
) -> Letter:
    """憑證刪除: a certificate card opens the account no more, by the holder's act or because the account ended."""
    context = {
        **about(system),
        "account_name": account.name,
        "changed": roc_time(now),
        "account_ended": account_ended,
        "application": application_words(system),
    }
    return Letter("certificate-unbound", account.email, context)


def administrator_invitation(system: InformationSystem, account: Account, token: OneTimeToken) -> Letter:
    """管理帳號邀請: the one-time link by which an administrator chooses the first password."""
    context = {
        **about(system),
        "holder_name": account.holder_name,
        "account_name": account.name,
        "account_kind": kind_label(system, account),
        "expires": roc_time(token.expires_at),
    }
    return Letter("administrator-invitation", account.email, context, token.id)


def nothing_known(system: InformationSystem, email: str, token: OneTimeToken) -> Letter:
    """For the outbox only, withheld there: an unknown address costs the same work as a known one."""
    return Letter("nothing-known", email, about(system), token.id)
