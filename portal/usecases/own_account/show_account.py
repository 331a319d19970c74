"""我的帳號: what the holder sees of their own account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.domain.account import Account
from portal.domain.actor import Circumstance
from portal.domain.system import InformationSystem
from portal.store.authenticators import authenticator_of
from portal.store.database import read
from portal.store.grants import granted_permissions
from portal.store.units import unit_by_id
from portal.usecases.apply.choose_unit import unit_label
from portal.usecases.entry.sign_in import needs_second_proof
from portal.usecases.read_systems import systems


@dataclass(frozen=True)
class OwnAccount:
    """The account, its unit and kind as people call them, and the permissions granted, by group."""

    account: Account
    system: InformationSystem
    unit: str
    kind: str
    permissions: Mapping[str, Sequence[str]]
    second_proof: bool
    """Whether the account needs more than a password (it reviews others)."""
    authenticator_set_at: datetime | None


def own_account(at: Circumstance) -> OwnAccount:
    """The actor's account."""
    actor = at.require_actor()
    session = read()
    system = systems()[actor.system]
    kind = system.account_kind_of(actor.kind)
    account = session.get_one(Account, actor.account_id)
    second = needs_second_proof(session, system, account)
    authenticator = authenticator_of(session, account.id) if second else None
    return OwnAccount(
        account,
        system,
        unit_label(system, unit_by_id(session, actor.unit_id)),
        kind.label if kind else actor.kind,
        system.permission_labels(granted_permissions(session, actor.account_id)),
        second,
        authenticator.set_at if authenticator else None,
    )
