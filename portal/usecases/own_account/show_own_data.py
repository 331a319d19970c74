"""個人資料維護: what the holder sees of themselves, of what they hold and of what is under review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from portal.domain.account import Account, holder_answers
from portal.domain.actor import Circumstance
from portal.domain.grant import Grant
from portal.domain.offers import UnitOffer, WantedPermission, unit_offers
from portal.domain.system import InformationSystem
from portal.domain.unit import Unit
from portal.store.applications import open_application
from portal.store.database import read
from portal.store.grants import grants_of
from portal.store.units import unit_by_id
from portal.usecases.apply.change_requests import as_seen, undecided, unit_to_ask_at
from portal.usecases.apply.find_holder import masked_identity
from portal.usecases.card.bind_certificate import is_fresh
from portal.usecases.own_account.ask_for_permissions import held_at
from portal.usecases.own_account.give_up_permissions import is_last_manager
from portal.usecases.review.tell_permissions import (
    UnitLine,
    asked_by_unit,
    held_by_unit,
    request_words,
    role_words,
)


@dataclass(frozen=True)
class OwnRequest:
    """One request that the holder may take back."""

    public_id: str
    unit: str
    permission: str
    words: str


@dataclass(frozen=True)
class OwnGrant:
    """One permission that the holder may give up; `value` stands in the form."""

    value: str
    unit: str
    permission: str
    words: str
    last_manager: bool


@dataclass(frozen=True)
class OwnData:
    """The page 個人資料維護. `case_number` and `seen` are those of the open application, "" without."""

    account: Account
    identity: str
    contact: Mapping[str, Any]
    held: Sequence[UnitLine]
    grants: Sequence[OwnGrant]
    asked: Sequence[UnitLine]
    requests: Sequence[OwnRequest]
    case_number: str
    seen: str
    fresh: bool


@dataclass(frozen=True)
class UnitToAsk:
    """A unit with what may be asked for there; `begin` is how the matrix begins, `held` what is held there."""

    code: str
    name: str
    offers: Sequence[UnitOffer]
    begin: Sequence[WantedPermission]
    held: Mapping[str, str]


def own_data(system: InformationSystem, at: Circumstance) -> OwnData:
    """Everything about the actor's account that the actor may maintain."""
    session = read()
    account = session.get_one(Account, at.require_actor().account_id, populate_existing=True)
    held = grants_of(session, account.id)
    application = open_application(session, account.id)
    waiting = undecided(application) if application else []
    return OwnData(
        account,
        masked_identity(account, at),
        holder_answers(account),
        held_by_unit(session, system, held),
        [_own_grant(session, system, grant) for grant in held],
        asked_by_unit(session, system, application.requests if application else [], at.now),
        [
            OwnRequest(
                one.public_id,
                unit_by_id(session, one.unit_id).name,
                permission_label(system, one.permission),
                request_words(system, one),
            )
            for one in waiting
        ],
        application.case_number if application else "",
        as_seen(application),
        is_fresh(at),
    )


def unit_to_ask(
    system: InformationSystem, code: str, account_id: int, asked: Sequence[UnitLine], at: Circumstance
) -> UnitToAsk:
    """A unit as the matrix shows it to an account: what is asked for there goes before what is held."""
    session = read()
    unit: Unit = unit_to_ask_at(session, system, code, at)
    held = held_at(session, account_id, unit.id)
    wanted = next((line.wanted for line in asked if line.code == unit.code), {})
    return UnitToAsk(
        unit.code,
        unit.name,
        unit_offers(system, unit.kind, unit.businesses),
        list({**held, **wanted}.values()),
        {key: role_words(system, key, one.role, one.options) for key, one in held.items()},
    )


def permission_label(system: InformationSystem, key: str) -> str:
    """What a permission is called; one that is not declared any more shows its key."""
    offer = system.offer_of(key)
    return offer.label if offer else key


def _own_grant(session: Session, system: InformationSystem, grant: Grant) -> OwnGrant:
    unit = unit_by_id(session, grant.unit_id)
    return OwnGrant(
        f"{unit.code}:{grant.permission}",
        unit.name,
        permission_label(system, grant.permission),
        role_words(system, grant.permission, grant.role, grant.options),
        is_last_manager(session, system, grant),
    )
