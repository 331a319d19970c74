"""環保局帳號啟用: the list of accounts within an administrator's reach, and one of them in full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from portal.domain.account import Account, AccountState
from portal.domain.actor import Actor, Circumstance
from portal.domain.application import Application
from portal.domain.normalisation import email_key, tidy
from portal.domain.permission import Permission
from portal.domain.proof import ProofState
from portal.domain.reach import WHOLE_TREE, Reach, reach_from
from portal.domain.refusal import NotFound
from portal.domain.system import InformationSystem
from portal.domain.unit import Unit
from portal.store.account_lists import (
    AccountFilter,
    AccountRow,
    account_count,
    account_in_reach,
    account_page,
)
from portal.store.accounts import administered_paths
from portal.store.applications import latest_application, proofs_of
from portal.store.database import read
from portal.store.grants import granted_permissions
from portal.store.units import shallow_units, unit_by_code, unit_by_id
from portal.usecases.review.step_through_list import Stretch, step_through

__all__ = [
    "AccountDetail",
    "AccountFilter",
    "AccountPage",
    "AccountRow",
    "account_detail",
    "list_accounts",
    "reach_of",
    "waiting_accounts",
]

UNIT_CHOICES = 60
"""Units that fit in the filter's list; of more, only the upper levels are offered."""


@dataclass(frozen=True)
class AccountPage(Stretch[AccountRow]):
    """One page of the list."""

    units: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class AccountDetail:
    """One account with its application, for the reviewer."""

    account: Account
    unit: Unit
    application: Application | None
    email_proved_at: datetime | None
    wanted: frozenset[str]
    granted: frozenset[str]


def reach_of(session: Session, actor: Actor, system: InformationSystem) -> Reach:
    """Whose accounts the actor may see in this system; raises `NotFound` if none at all."""
    if Permission.REVIEW_ACCOUNTS not in actor.permissions:
        raise NotFound
    if actor.every_system:
        return WHOLE_TREE
    if actor.system != system.key:
        raise NotFound
    kinds = system.reviewing_kinds()
    return reach_from(actor.unit_path, administered_paths(session, system.key, kinds, actor.unit_path))


def list_accounts(
    system: InformationSystem,
    wanted: AccountFilter,
    unit_code: str,
    at: Circumstance,
    before: int | None = None,
    after: int | None = None,
) -> AccountPage:
    """20 accounts within reach, newest first; `unit_code` narrows to a unit and those below it."""
    session = read()
    reach = reach_of(session, at.require_actor(), system)
    wanted = replace(wanted, email=email_key(wanted.email), name=tidy(wanted.name))
    if unit_code and (unit := unit_by_code(session, unit_code)):
        wanted = replace(wanted, unit_path=unit.path)
    page = partial(account_page, session, system.key, reach, wanted)
    kinds = [kind.key for kind in system.unit_kind]
    units = shallow_units(session, reach.path, kinds, UNIT_CHOICES)
    return AccountPage(**vars(step_through(page, before, after)), units=units)


def waiting_accounts(system: InformationSystem, at: Circumstance, most: int) -> int:
    """How many applications within reach wait for 帳號啟用, counted up to `most`."""
    session = read()
    waiting = AccountFilter(state=AccountState.PENDING, reviewed=False)
    return account_count(session, system.key, reach_of(session, at.require_actor(), system), waiting, most)


def account_detail(system: InformationSystem, public_id: str, at: Circumstance) -> AccountDetail:
    """One account within reach; raises `NotFound`."""
    session = read()
    reach = reach_of(session, at.require_actor(), system)
    account = account_in_reach(session, system.key, reach, public_id)
    if account is None:
        raise NotFound
    application = latest_application(session, account)
    wanted = frozenset(request.permission for request in application.requests) if application else frozenset()
    proved_at = [
        proof.proved_at
        for proof in proofs_of(session, account)
        if proof.kind == "email-link" and proof.state is ProofState.PROVEN
    ]
    return AccountDetail(
        account,
        unit_by_id(session, account.unit_id),
        application,
        proved_at[0] if proved_at else None,
        wanted,
        frozenset(granted_permissions(session, account.id)),
    )
