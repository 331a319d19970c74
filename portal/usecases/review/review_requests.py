"""權限申請審核: the list of requests within a reviewer's reach, and one application in full (manual 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy.orm import Session

from portal.domain.account import Account
from portal.domain.actor import Actor, Circumstance
from portal.domain.answers import answered
from portal.domain.application import Application, PermissionRequest, RequestState, answers_now
from portal.domain.grant import Grant
from portal.domain.normalisation import plain, tidy
from portal.domain.permission import Permission
from portal.domain.reach import ReviewReach
from portal.domain.refusal import NotFound
from portal.domain.system import InformationSystem
from portal.domain.unit import Unit
from portal.store.applications import application_by_public_id, applications_of
from portal.store.database import read
from portal.store.grants import all_grants_of, seats_of
from portal.store.request_lists import RequestFilter, RequestRow, request_count, request_page
from portal.store.units import paths_of_units, units_by_id
from portal.usecases.apply.find_holder import masked_identity
from portal.usecases.apply.search_units import PAGE as UNITS
from portal.usecases.apply.search_units import search_units
from portal.usecases.review.route_request import SERVICE_DESK
from portal.usecases.review.step_through_list import Stretch, step_through

__all__ = ["UNITS", "RequestDetail", "RequestFilter", "RequestPage", "RequestRow"]

HISTORY = 30
"""Earlier applications and permissions shown beside an application."""


@dataclass(frozen=True)
class RequestPage(Stretch[RequestRow]):
    """One page of the list."""

    units: int
    """How many units what was typed may mean; only the first `UNITS` of them are looked at."""
    permissions: Sequence[str]
    """What the actor decides about anywhere: the list can be narrowed to one of them."""


@dataclass(frozen=True)
class RequestDetail:
    """One application for its reviewer: who asks, what is theirs to decide, the rest, and what was before.

    `contact`: label and answer of 個人基本資料 as it counts now.
    """

    account: Account
    application: Application
    contact: Sequence[tuple[str, str]]
    identity: str
    own: bool
    within: Sequence[PermissionRequest]
    others: Sequence[PermissionRequest]
    units: Mapping[int, Unit]
    earlier: Sequence[Application]
    grants: Sequence[Grant]
    deciders: Mapping[int, str]

    @property
    def open(self) -> list[PermissionRequest]:
        """What can be decided now."""
        if self.own:
            return []
        return [request for request in self.within if request.state is RequestState.REQUESTED]


def review_reach(actor: Actor, system: InformationSystem) -> ReviewReach:
    """What the actor decides in this system; raises `NotFound` if nothing, or if it reviews another way."""
    if Permission.REVIEW_REQUESTS not in actor.permissions or system.review.per != "request":
        raise NotFound
    if actor.every_system:
        return ReviewReach(actor.account_id, tuple((o.key, SERVICE_DESK) for o in system.permission))
    if actor.system != system.key:
        raise NotFound
    return ReviewReach(actor.account_id, actor.seats)


def reach_now(session: Session, actor: Actor, system: InformationSystem) -> ReviewReach:
    """The same as it is within a transaction that changes something. Raises `NotFound`."""
    reach = review_reach(actor, system)
    if actor.every_system:
        return reach
    return ReviewReach(actor.account_id, seats_of(session, actor.account_id, system.reviewing_roles()))


def list_requests(
    system: InformationSystem,
    wanted: RequestFilter,
    unit: str,
    at: Circumstance,
    before: int | None = None,
    after: int | None = None,
) -> RequestPage:
    """20 requests within reach, newest first; `unit` is what was typed of a unit's name or code."""
    session = read()
    reach = review_reach(at.require_actor(), system)
    wanted = replace(wanted, name=tidy(wanted.name))
    units, paths = units_typed(system, unit, at)
    wanted = replace(wanted, unit_paths=paths)
    page = partial(request_page, session, system.key, reach, wanted)
    kinds = sorted({permission for permission, _ in reach.seats})
    return RequestPage(**vars(step_through(page, before, after)), units=units, permissions=kinds)


def units_typed(
    system: InformationSystem, typed: str, at: Circumstance
) -> tuple[int, tuple[str, ...] | None]:
    """How many units this text may mean, and the paths of the first of them; None if nothing was typed."""
    if not plain(typed):
        return 0, None
    found = search_units(system, typed, "", 1, at)
    codes = {plain(typed).upper(), *(row.code for row in found.rows)}
    return found.total, paths_of_units(read(), codes)


def waiting_requests(system: InformationSystem, at: Circumstance, most: int) -> int:
    """How many requests wait for the actor, counted up to `most`."""
    session = read()
    reach = review_reach(at.require_actor(), system)
    return request_count(session, system.key, reach, RequestFilter(), most)


def request_detail(system: InformationSystem, public_id: str, at: Circumstance) -> RequestDetail:
    """One application with anything in it that came to the actor; raises `NotFound`."""
    session = read()
    reach = review_reach(at.require_actor(), system)
    application = application_by_public_id(session, public_id)
    if application is None:
        raise NotFound
    account = session.get_one(Account, application.account_id)
    own = same_person(session.get_one(Account, reach.account_id), account)
    within = within_reach(reach, system, application)
    if not within:
        raise NotFound
    others = [request for request in application.requests if request not in within]
    earlier = [one for one in applications_of(session, account.id, HISTORY) if one.id != application.id]
    grants = all_grants_of(session, account.id, HISTORY)
    places = {request.unit_id for one in (application, *earlier) for request in one.requests}
    places |= {account.unit_id, *(grant.unit_id for grant in grants)}
    deciders = {one.decided_by_id for one in application.requests if one.decided_by_id}
    return RequestDetail(
        account,
        application,
        answered(system, answers_now(account, application)),
        masked_identity(account, at),
        own,
        within,
        others,
        units_by_id(session, places),
        earlier,
        grants,
        {number: session.get_one(Account, number).holder_name for number in sorted(deciders)},
    )


def within_reach(
    reach: ReviewReach, system: InformationSystem, application: Application
) -> list[PermissionRequest]:
    """The requests of an application that came to this reviewer, decided or not."""
    return [
        request
        for request in application.requests
        if request.system == system.key
        and request.state is not RequestState.WITHDRAWN
        and reach.decides(request.account_id, request.permission, request.review_path)
    ]


def same_person(one: Account, other: Account) -> bool:
    """Whether two accounts are one person's: by the personal number, or by the address where one has none."""
    if one.id == other.id:
        return True
    if one.identity_index and other.identity_index:
        return one.identity_index == other.identity_index
    return one.email_key == other.email_key
