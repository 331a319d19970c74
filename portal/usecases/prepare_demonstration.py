"""Demonstration data for `make run`: units, accounts with random passwords, some applications waiting."""

from __future__ import annotations

import contextlib
import csv
import secrets
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from portal.domain.account import Account
from portal.domain.actor import Circumstance
from portal.domain.application import ApplicationState
from portal.domain.audit import EventType
from portal.domain.offers import WantedPermission
from portal.domain.password_policy import check_password
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
from portal.usecases.activate_account import activate_if_complete
from portal.usecases.apply_for_account import apply_for_account
from portal.usecases.bind_demonstration_card import bind_demonstration_card
from portal.usecases.invite_administrator import invite_administrator
from portal.usecases.load_units import SEED, load_units
from portal.usecases.read_systems import systems
from portal.usecases.trust_authorities import make_demonstration_cards
from portal.usecases.write_application import Submission

PEOPLE: Final = SEED.with_name("demonstration.csv")
FILE: Final = "demonstration-accounts.txt"
_STATES: Final = {
    "active": "可登入",
    "proved": "信箱已認證，待啟用",
    "waiting": "未認證，待啟用",
    "invited": "可登入",
}


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
    if not prepared:
        with write() as session:
            record(session, EventType.DEMONSTRATION_PREPARED, at)
    cards = make_demonstration_cards(at.settings, at.now)
    file = at.settings.instance / FILE
    told = file.read_text(encoding="utf-8") if file.exists() else ""
    for row in _people():
        if f" {row['name']} " not in told:  # also after a start that was broken off
            told += _make_account(row, cards, at) + "\n"
            _write(file, told)
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
    """One account as its row says, or a new password for it; returns its line for the file."""
    system = systems()[row["system"]]
    password = random_password(system.password)
    known = account_by_name(read(), system.key, row["name"])
    if known is None and row["state"] == "invited":
        invite_administrator(system, f"{row['name']}@demo.example", row["holder"], at)
    elif known is None:
        _apply(system, row, password, at)
    hashed = hash_password(password, at.settings.pepper, at.settings.bcrypt_cost)
    with write() as session:
        found = account_by_name(session, system.key, row["name"])
        if found is None:
            raise AssertionError(f"{row['name']} was not made")
        account = locked(session, found.id)
        set_password(session, account.id, hashed, at.now)
        if row["state"] != "waiting":
            give_proof(session, account, "email-link", at.now)
        if row["state"] == "active" and account.reviewed_at is None:
            _review(session, account, at)
        activate_if_complete(session, system, account, at)
        line = _line(system, account, password, _STATES[row["state"]])
    if row["card"]:
        bind_demonstration_card(system, account, cards / row["card"], at)
        line += f"，示範卡片 {row['card']}（PIN {DEMO_PIN}）"
    return line


def _review(session: Session, account: Account, at: Circumstance) -> None:
    application = latest_application(session, account)
    if application:
        wanted = [WantedPermission(request.permission) for request in application.requests]
        grant_permissions(session, account, wanted, at.now, account.id)
        change_application(session, application, ApplicationState.DECIDED, at.now)
    account.reviewed_at = at.now
    session.flush()


def _apply(system: InformationSystem, row: dict[str, str], password: str, at: Circumstance) -> None:
    offered = [o.key for group in system.permissions_for(row["unit_kind"]).values() for o in group]
    answers = {
        "email": f"{row['name']}@demo.example",
        "name": row["holder"],
        "gender": row["gender"],
        "phone": row["phone"],
    }
    nonce = f"demonstration-{row['name']}"
    apply_for_account(
        system,
        Submission(
            row["unit_kind"],
            row["unit"],
            row["account_kind"],
            tuple(map(WantedPermission, offered[:3])),
            password,
            answers,
            nonce,
        ),
        at,
    )


def _line(system: InformationSystem, account: Account, password: str, state: str) -> str:
    kind = system.account_kind_of(account.kind)
    label = kind.label if kind else account.kind
    path = f"/{system.zone}/{system.key}/"
    return f"  {path:18} {account.name:16} {password:18} {account.holder_name}（{label}，{state}）"


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
