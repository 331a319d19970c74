"""放棄權限: what the holder does not need any more (manual 5, 自行停用所有系統權限)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.domain.account import SuspensionCause
from portal.domain.actor import Circumstance
from portal.domain.audit import EventType
from portal.domain.grant import Grant, GrantState
from portal.domain.refusal import Overtaken, Refusal
from portal.domain.system import InformationSystem
from portal.mail import letters
from portal.store.audit_events import record
from portal.store.database import write
from portal.store.grants import end_grants, grants_of, nearest_reviewers
from portal.store.permission_requests import hold_routes
from portal.store.units import unit_by_id
from portal.usecases.entry.use_own_account import own_account_locked
from portal.usecases.post_letter import post_letter
from portal.usecases.review.activate_account import signature
from portal.usecases.review.route_request import reroute_requests
from portal.usecases.suspend_account import suspend


@dataclass(frozen=True)
class GivenUp:
    """How many permissions ended, whether none is left, and where nobody else manages a category now.

    `unmanaged`: unit name and permission, whose requests go to the units above from now on.
    """

    count: int
    suspended: bool
    unmanaged: tuple[tuple[str, str], ...]


def give_up_permissions(
    system: InformationSystem, chosen: Collection[tuple[str, str]], at: Circumstance
) -> GivenUp:
    """End what the actor holds at these units (codes) of these permissions; the last one suspends the account.

    Raises `Refusal`, or `Overtaken` where one of them is not held any more.
    """
    if not chosen:
        raise Refusal("請先勾選要放棄的權限。", field="grants")
    with write() as session:
        account = own_account_locked(session, system, at)
        hold_routes(session, system.key)
        held = grants_of(session, account.id)
        codes = {grant.unit_id: unit_by_id(session, grant.unit_id).code for grant in held}
        ending = [grant for grant in held if (codes[grant.unit_id], grant.permission) in chosen]
        if len(ending) != len(set(chosen)):
            raise Overtaken("勾選的權限有些剛才已經終止，請查看目前的權限後再勾選一次。")
        unmanaged = [_line(session, grant) for grant in ending if is_last_manager(session, system, grant)]
        if end_grants(session, account.id, GrantState.GIVEN_UP, at.now, [g.id for g in ending]) != len(
            ending
        ):
            raise Overtaken("勾選的權限有些剛才已經終止，請查看目前的權限後再勾選一次。")
        for grant in ending:
            if grant.role in system.reviewing_roles():
                reroute_requests(session, system, grant.permission, grant.unit_path)
        told = [f"{codes[grant.unit_id]}:{grant.permission}:{grant.role}" for grant in ending]
        record(session, EventType.PERMISSIONS_GIVEN_UP, at, target=signature(account), permissions=told)
        suspended = len(ending) == len(held) and suspend(
            session, system, account, SuspensionCause.GIVEN_UP, at
        )
        if suspended:
            letter = letters.account_suspended(system, account, SuspensionCause.GIVEN_UP, at.now)
            post_letter(session, letter, at, account)
        return GivenUp(len(ending), suspended, tuple(unmanaged))


def is_last_manager(session: Session, system: InformationSystem, grant: Grant) -> bool:
    """Whether nobody else at the unit reviews requests for the permission."""
    roles = system.reviewing_roles()
    if grant.role not in roles:
        return False
    path = nearest_reviewers(
        session, system.key, grant.permission, roles, grant.unit_path, but_not=grant.account_id
    )
    return path != grant.unit_path


def _line(session: Session, grant: Grant) -> tuple[str, str]:
    return unit_by_id(session, grant.unit_id).name, grant.permission
