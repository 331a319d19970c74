"""閒置停用 (manual 5): accounts that nobody signed in to are warned, then suspended; the nightly command."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from portal.domain.account import Account
from portal.domain.actor import Circumstance
from portal.domain.audit import EventType
from portal.domain.dormancy import Dormancy
from portal.domain.system import InformationSystem
from portal.mail import letters
from portal.store.accounts import locked
from portal.store.audit_events import record
from portal.store.database import write
from portal.store.idle_accounts import IdleAccount, idle_accounts, note_warning
from portal.usecases.post_letter import post_letter
from portal.usecases.read_systems import systems
from portal.usecases.review.activate_account import signature
from portal.usecases.suspend_account import suspend_if_dormant


@dataclass
class Dormant:
    """What was done in one system, by account name; of a dry run, what would be."""

    system: str
    suspended: list[str] = field(default_factory=list)
    warned: list[tuple[str, int]] = field(default_factory=list)
    """Name, and how many days before its suspension the letter was due."""


def suspend_dormant(at: Circumstance, dry_run: bool = False) -> list[Dormant]:
    """Warn and suspend in every system that has a rule; as often as one likes, and side by side.

    Each account is a transaction of its own, decided by its row as it is then: who signs in meanwhile
    stays, and of two runs one does it.
    """
    return [
        _in_system(system, rule, at, dry_run) for system in systems().values() if (rule := system.dormancy)
    ]


def _in_system(system: InformationSystem, rule: Dormancy, at: Circumstance, dry_run: bool) -> Dormant:
    done = Dormant(system.key)
    over = at.now - timedelta(days=rule.days)
    for one in _each(system, over):
        if dry_run or _suspend(system, one, at):
            done.suspended.append(one.name)
    if rule.warn_before:
        for one in _each(system, over + timedelta(days=max(rule.warn_before)), over):
            days = rule.warning(one.idle_since, at.now)
            if days is None or (one.warned_before is not None and one.warned_before <= days):
                continue
            if dry_run or _warn(system, rule, one, days, at):
                done.warned.append((one.name, days))
    return done


def _each(system: InformationSystem, until: datetime, after: datetime | None = None) -> Iterator[IdleAccount]:
    for batch in idle_accounts(system.key, until, after):
        yield from batch


def _suspend(system: InformationSystem, one: IdleAccount, at: Circumstance) -> bool:
    with write() as session:
        return suspend_if_dormant(session, system, locked(session, one.id), at)


def _warn(system: InformationSystem, rule: Dormancy, one: IdleAccount, days: int, at: Circumstance) -> bool:
    with write() as session:
        if not note_warning(session, one, days):
            return False
        account = session.get_one(Account, one.id)
        record(session, EventType.DORMANCY_WARNED, at, target=signature(account), days=days)
        letter = letters.dormancy_warning(system, account, rule.ends(one.idle_since))
        post_letter(session, letter, at, account)
        return True
