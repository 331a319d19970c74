"""我的資料: all that is kept about whoever is signed in, to look at and to take along (個人資料保護法 §3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from portal.domain.account import Account
from portal.domain.actor import Circumstance
from portal.domain.application import Application
from portal.domain.grant import Grant
from portal.domain.login_session import LoginSession
from portal.domain.system import InformationSystem
from portal.store.applications import applications_of
from portal.store.database import read
from portal.store.grants import all_grants_of
from portal.store.login_sessions import sessions_of
from portal.store.units import units_by_id
from portal.usecases.apply.choose_unit import unit_label
from portal.usecases.apply.find_holder import masked_identity
from portal.usecases.card.bind_certificate import OwnCertificate, own_certificates
from portal.usecases.read_systems import systems

MOST: Final = 1000
"""Rows of a kind; nobody has as many."""


@dataclass(frozen=True)
class OwnRecord:
    """The actor's account with everything that belongs to it, newest first; numbers are masked.

    `units`: what the units in it are called, by their number.
    """

    account: Account
    system: InformationSystem
    kind: str
    identity: str
    units: Mapping[int, str]
    applications: Sequence[Application]
    grants: Sequence[Grant]
    certificates: Sequence[OwnCertificate]
    sign_ins: Sequence[LoginSession]


def own_record(at: Circumstance) -> OwnRecord:
    """What is kept about the actor."""
    actor = at.require_actor()
    session = read()
    system = systems()[actor.system]
    account = session.get_one(Account, actor.account_id)
    applications = applications_of(session, account.id, MOST)
    grants = all_grants_of(session, account.id, MOST)
    places = {account.unit_id, *(grant.unit_id for grant in grants)}
    places |= {request.unit_id for application in applications for request in application.requests}
    kind = system.account_kind_of(account.kind)
    return OwnRecord(
        account,
        system,
        kind.label if kind else account.kind,
        masked_identity(account, at),
        {number: unit_label(system, unit) for number, unit in units_by_id(session, places).items()},
        applications,
        grants,
        own_certificates(at).certificates,
        sessions_of(session, account.id, MOST),
    )
