"""A few units below each other, a few people at each, who do whatever may be done with requests."""

from __future__ import annotations

import random

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.account import AccountState, SuspensionCause
from portal.domain.actor import Circumstance
from portal.domain.application import (
    Application,
    ApplicationPurpose,
    ApplicationState,
    PermissionRequest,
    RequestState,
)
from portal.domain.grant import Grant, GrantState
from portal.domain.offers import WantedPermission
from portal.domain.unit import Unit, paths_up
from portal.store.accounts import locked
from portal.store.applications import open_application
from portal.store.database import read, write
from portal.store.grants import end_grants, grant_permissions, grants_of
from portal.store.permission_requests import UNDECIDED
from portal.store.units import add_unit
from portal.usecases.apply.change_requests import change_requests
from portal.usecases.apply.write_application import Submission, new_application
from portal.usecases.review.decide_requests import decide_requests
from portal.usecases.review.report_decisions import Decision
from portal.usecases.review.route_request import reroute_after
from portal.usecases.suspend_account import suspend
from tests.rig.people import circumstance
from tests.rig.rows import new_account, unit
from tests.rig.smis import SMIS

PERMISSIONS = ("ppe", "antivenoms")
ROLES = ("manager", "manager", "handler")


class Town:
    """A few units below each other, a few people at each, and what they may do next."""

    def __init__(self, app: Flask, seed: int) -> None:
        self.app, self.chance = app, random.Random(seed)
        with write() as session:
            central, bureau, other = (unit(session, code) for code in ("MOHW-CDC", "HB-65000", "HB-63000"))
            clinics = [
                add_unit(session, Unit(kind="medical-institution", code=f"35{n}", name=f"診所{n}"), above)
                for n, above in enumerate((bureau, bureau, other))
            ]
            ward = add_unit(session, Unit(kind="medical-institution", code="35w", name="分院"), clinics[0])
            self.units = [one.id for one in (central, bureau, other, *clinics, ward)]
            people = [
                new_account(session, session.get_one(Unit, place), system="smis", state=AccountState.ACTIVE)
                for place in self.units
                for _ in range(2)
            ]
            self.people = [person.id for person in people]

    def act(self) -> str:
        """Something that somebody does."""
        name = self.chance.choice(["apply", "apply", "begin", "begin", "end", "edit", "decide", "suspend"])
        getattr(self, name)(self.chance.choice(self.people), circumstance(self.app))
        return name

    def anywhere(self, session: Session) -> Unit:
        return session.get_one(Unit, self.chance.choice(self.units))

    def wanted(self) -> tuple[WantedPermission, ...]:
        keys = self.chance.sample(PERMISSIONS, self.chance.choice((1, 2)))
        return tuple(WantedPermission(key, self.chance.choice(ROLES)) for key in keys)

    def apply(self, person: int, at: Circumstance) -> None:
        with write() as session:
            account = locked(session, person)
            if open_application(session, person) or account.state is AccountState.ENDED:
                return
            place = self.anywhere(session)
            answers = {"email": account.email, "name": account.holder_name}
            sent = Submission(place.kind, place.code, "general", self.wanted(), "", answers, at.request_id)
            active = account.state is AccountState.ACTIVE
            purpose = ApplicationPurpose.CHANGE if active else ApplicationPurpose.RETURN
            new_application(session, SMIS, sent, account, place, purpose, at)

    def begin(self, person: int, at: Circumstance) -> None:
        with write() as session:
            account = locked(session, person)
            if account.state is AccountState.ACTIVE:
                place, wanted = self.anywhere(session), self.wanted()
                before = grants_of(session, person)
                grant_permissions(session, account, wanted, at.now, person, (place.id, place.path))
                reroute_after(session, SMIS, [*before, *grants_of(session, person)])

    def end(self, person: int, at: Circumstance) -> None:
        with write() as session:
            held = grants_of(session, person)
            ending = self.chance.sample(held, min(len(held), self.chance.choice((1, 2))))
            end_grants(session, person, GrantState.GIVEN_UP, at.now, [grant.id for grant in ending])
            reroute_after(session, SMIS, ending)

    def suspend(self, person: int, at: Circumstance) -> None:
        with write() as session:
            suspend(session, SMIS, locked(session, person), SuspensionCause.DORMANT, at)

    def edit(self, person: int, at: Circumstance) -> None:
        with write() as session:
            account = locked(session, person)
            application = open_application(session, person)
            if application is not None:
                place, wanted = self.anywhere(session), self.wanted()
                change_requests(session, SMIS, application, account, place, wanted)
                application.state = ApplicationState.SUBMITTED

    def decide(self, _: int, at: Circumstance) -> None:
        """Some reviewer decides about something that lies with them."""
        session = read()
        session.rollback()
        query = select(PermissionRequest).where(PermissionRequest.state == RequestState.REQUESTED)
        for request in session.scalars(query).all():
            for reviewer in naive_reviewers(session, request):
                answer = self.chance.choice(list(RequestState)[1:4])
                decided = {request.public_id: Decision(answer, "為了測試")}
                application = session.get_one(Application, request.application_id)
                public_id, version = application.public_id, application.version
                decide_requests(SMIS, public_id, decided, version, acting_as(self.app, reviewer))
                return


def acting_as(app: Flask, account_id: int) -> Circumstance:
    from portal.usecases.entry.sign_in import actor_of, open_for

    at = circumstance(app)
    with write() as session:
        token = open_for(session, locked(session, account_id), at)
    return circumstance(app, at.now, actor=actor_of(token, at))


def managers(session: Session, permission: str, path: str) -> set[int]:
    query = select(Grant.account_id).where(
        Grant.permission == permission, Grant.unit_path == path, Grant.role == "manager",
        Grant.state == GrantState.ACTIVE,
    )  # fmt: skip
    return set(session.scalars(query))


def naive_path(session: Session, request: PermissionRequest) -> str:
    """The definition: from the request's unit upwards, the first unit with a manager who is not the applicant."""
    for path in reversed(paths_up(request.unit_path)):
        if managers(session, request.permission, path) - {request.account_id}:
            return path
    return ""


def naive_reviewers(session: Session, request: PermissionRequest) -> list[int]:
    if request.review_path == "":
        return []
    return sorted(managers(session, request.permission, request.review_path) - {request.account_id})


def undecided(session: Session) -> list[PermissionRequest]:
    session.rollback()
    query = select(PermissionRequest).where(PermissionRequest.state.in_(UNDECIDED))
    return list(session.scalars(query.execution_options(populate_existing=True)))
