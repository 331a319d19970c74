"""Demonstration data for `make run`: units, accounts with random passwords, some applications waiting."""

from __future__ import annotations

import contextlib
import csv
import secrets
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from portal.domain.account import Account, AccountState, SuspensionCause
from portal.domain.actor import Circumstance
from portal.domain.application import ApplicationState, RequestState
from portal.domain.audit import EventType
from portal.domain.offers import WantedPermission, unit_offers
from portal.domain.password_policy import check_password
from portal.domain.personal_number import read_personal_number
from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem
from portal.domain.system_rules import PasswordRule
from portal.proofs.card.demo_cards import DEMO_PIN
from portal.store.accounts import account_by_name, any_account, locked
from portal.store.applications import change_application, give_proof, latest_application
from portal.store.audit_events import has_event, record
from portal.store.credentials import hash_password, set_password
from portal.store.database import read, write
from portal.store.grants import grant_permissions
from portal.usecases.apply.apply_for_account import apply_for_account
from portal.usecases.apply.write_application import Submission
from portal.usecases.card.bind_demonstration_card import bind_demonstration_card
from portal.usecases.card.trust_authorities import demonstration_cards_are_there, make_demonstration_cards
from portal.usecases.entry.give_demonstration_authenticator import give_demonstration_authenticator
from portal.usecases.operate.invite_administrator import invite_administrator
from portal.usecases.operate.load_units import SEED, load_units
from portal.usecases.read_systems import systems
from portal.usecases.review.activate_account import activate_if_complete
from portal.usecases.review.route_request import reroute_requests
from portal.usecases.suspend_account import suspend

PEOPLE: Final = SEED.with_name("demonstration.csv")
INSTITUTIONS: Final = SEED.with_name("demonstration_institutions.csv")
FILE: Final = "demonstration-accounts.txt"
_STATES: Final = {
    "active": "可登入",
    "approved": "已核准，第一次登入的驗證碼在示範信箱",
    "suspended": "已停用",
    "proved": "信箱已認證，待啟用",
    "submitted": "待審核",
    "waiting": "未認證，待啟用",
    "invited": "可登入",
}

_REVIEWED: Final = frozenset({"active", "approved", "suspended"})
_BOUND: Final = frozenset({"active", "suspended"})
WITH_CARD: Final = "用卡片登入"
NEWCOMER: Final = (
    "  還沒有申請過帳號，可以試試新帳號申請的人：李宜蓁，證號 F200205905，"
    f"示範卡片 newcomer（PIN {DEMO_PIN}）\n"
)


class NotADemonstration(Exception):
    """The database holds data of somebody else's: the demonstration stays away from it."""


def prepare_demonstration(at: Circumstance) -> str:
    """Make the data if it is not there; returns what to print. A second call keeps everything.

    Raises `NotADemonstration`.
    """
    session = read()
    prepared = has_event(session, EventType.DEMONSTRATION_PREPARED)
    if not prepared and any_account(session):
        raise NotADemonstration(
            "this database has accounts that are no demonstration; use another DATABASE_URL, or start "
            "without PORTAL_DEMO"
        )
    load_units()
    load_units(INSTITUTIONS)
    if not prepared:
        with write() as session:
            record(session, EventType.DEMONSTRATION_PREPARED, at)
    kept = demonstration_cards_are_there(at.settings)
    cards = make_demonstration_cards(at.settings, at.now)
    file = at.settings.instance / FILE
    told = file.read_text(encoding="utf-8") if file.exists() else ""
    if NEWCOMER not in told:
        told += NEWCOMER
        _write(file, told)
    for row in _people():
        if f" {row['name']} " not in told:  # also after a start that was broken off
            told += _make_account(row, cards, at) + "\n"
            _write(file, told)
        elif row["card"] and row["state"] == "active" and not kept:
            _bind_anew(row, cards, at)
    return (
        f"\n  帳號入口（示範模式）　{at.settings.public_origin}/\n"
        f"  示範信箱　　　　　　　{at.settings.public_origin}/demo/\n"
        f"  示範帳號與密碼　　　　{file}\n\n{told}"
    )


def _people() -> list[dict[str, str]]:
    with PEOPLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def _make_account(row: dict[str, str], cards: Path, at: Circumstance) -> str:
    """One account as its row says, or a new password for it; returns its line for the file.

    Each step looks whether it was done before: a start may be broken off anywhere.
    """
    system = systems()[row["system"]]
    password = random_password(system.password) if "password" in system.sign_in else ""
    known = account_by_name(read(), system.key, row["name"])
    if known is None and row["state"] == "invited":
        invite_administrator(system, f"{row['name']}@demo.example", row["holder"], at)
    elif known is None:
        _apply(system, row, password, at)
    hashed = password and hash_password(password, at.settings.pepper, at.settings.bcrypt_cost)
    with write() as session:
        found = account_by_name(session, system.key, row["name"])
        if found is None:
            raise AssertionError(f"{row['name']} was not made")
        account = locked(session, found.id)
        if hashed:
            set_password(session, account.id, hashed, at.now)
        if row["state"] not in {"submitted", "waiting"}:
            give_proof(session, account, "email-link", at.now)
        if row["state"] in _REVIEWED and account.reviewed_at is None:
            _review(session, system, account, at)
        activate_if_complete(session, system, account, at)
        give_demonstration_authenticator(session, system, account, at)
        line = _line(system, account, password, row)
    if row["card"] and row["state"] in _BOUND:
        bind_demonstration_card(system, account, cards / row["card"], at)
    if row["state"] == "suspended":
        with write() as session:
            suspend(session, system, locked(session, account.id), SuspensionCause.DORMANT, at)
    return line


def _bind_anew(row: dict[str, str], cards: Path, at: Circumstance) -> None:
    """Cards of an older version were replaced: their holders go on with the new ones."""
    system = systems()[row["system"]]
    account = account_by_name(read(), system.key, row["name"])
    if account and account.state is AccountState.ACTIVE:
        bind_demonstration_card(system, account, cards / row["card"], at)


def _review(session: Session, system: InformationSystem, account: Account, at: Circumstance) -> None:
    application = latest_application(session, account)
    for request in application.requests if application else ():
        wanted = WantedPermission(request.permission, request.role, tuple(request.options))
        grant_permissions(session, account, [wanted], at.now, account.id)
        request.state, request.decided_at = RequestState.APPROVED, at.now
        reroute_requests(session, system, request.permission, request.unit_path)
    if application:
        change_application(session, application, ApplicationState.DECIDED, at.now)
    account.reviewed_at = at.now
    session.flush()


def _apply(system: InformationSystem, row: dict[str, str], password: str, at: Circumstance) -> None:
    answers = {"email": f"{row['name']}@demo.example", "name": row["holder"], "phone": row["phone"]}
    if row["gender"]:
        answers["gender"] = row["gender"]
    identity = read_personal_number(row["number"], "personal_number") if row["number"] else None
    submission = Submission(
        row["unit_kind"],
        row["unit"],
        row["account_kind"],
        _wanted(system, row),
        password,
        answers,
        f"demonstration-{row['system']}-{row['name']}",
        identity,
    )
    apply_for_account(system, submission, at)


def _wanted(system: InformationSystem, row: dict[str, str]) -> tuple[WantedPermission, ...]:
    """Everything for somebody who reviews it, else the first three."""
    able = [each.offer for each in unit_offers(system, row["unit_kind"], None) if each.allowed]
    if not row["role"]:
        return tuple(WantedPermission(offer.key) for offer in able[:3])
    able = able if row["role"] in system.reviewing_roles() else able[:3]
    return tuple(
        WantedPermission(offer.key, row["role"], tuple(choice.key for choice in offer.options))
        for offer in able
    )


def _line(system: InformationSystem, account: Account, password: str, row: dict[str, str]) -> str:
    kind = system.account_kind_of(account.kind)
    label = system.role_label(row["role"]) if row["role"] else kind.label if kind else account.kind
    path = f"/{system.zone}/{system.key}/"
    about = [label, _STATES[row["state"]]]
    if system.second_proof and kind and kind.reviews:
        about.append("驗證碼在登入時的頁面上")
    if row["number"]:
        about += [f"證號 {row['number']}", f"單位 {row['unit']}"]
    who = f"{account.holder_name}（{'，'.join(about)}）"
    line = f"  {path:18} {account.name:16} {password or WITH_CARD:18} {who}"
    if row["card"]:
        line += f"，示範卡片 {row['card']}（PIN {DEMO_PIN}）"
    return line


def random_password(rule: PasswordRule) -> str:
    """A password that keeps the rule and is not guessable, with about 70 bits."""
    while True:
        password = _any_password(rule)
        with contextlib.suppress(Refusal):
            check_password(password, rule)
            return password


def _any_password(rule: PasswordRule) -> str:
    letters = "abcdefghjkmnpqrstuvwxyz"
    every = letters + letters.upper() + "23456789"
    must = [secrets.choice(letters), secrets.choice(letters.upper()), secrets.choice("23456789")]
    if rule.symbols:
        must.append(secrets.choice(rule.symbols))
    length = min(rule.length[1], max(rule.length[0], 16))
    text = must + [secrets.choice(every) for _ in range(length - len(must))]
    secrets.SystemRandom().shuffle(text)
    return "".join(text)
