"""由上級單位停用: managers take back permissions at their unit and below (manual 5, 停用帳號)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from sqlalchemy.orm import Session

from portal.domain.account import Account, AccountState, SuspensionCause
from portal.domain.actor import Circumstance
from portal.domain.audit import EventType
from portal.domain.grant import Grant, GrantState
from portal.domain.normalisation import tidy
from portal.domain.reach import ReviewReach
from portal.domain.refusal import NotFound, Overtaken, Refusal
from portal.domain.system import InformationSystem
from portal.domain.unit import Unit
from portal.mail import letters
from portal.store.accounts import account_by_public_id, locked
from portal.store.audit_events import record
from portal.store.database import read, write
from portal.store.grants import end_grants, grants_of
from portal.store.permission_holders import HolderFilter, HolderRow, active_grants_of, holder_page
from portal.store.permission_requests import hold_routes
from portal.store.units import units_by_id
from portal.usecases.post_letter import post_letter
from portal.usecases.review.activate_account import signature
from portal.usecases.review.report_decisions import words_of
from portal.usecases.review.review_requests import (
    reach_now,
    review_reach,
    same_person,
    units_typed,
)
from portal.usecases.review.route_request import reroute_after
from portal.usecases.review.step_through_list import Stretch, step_through
from portal.usecases.suspend_account import suspend

__all__ = ["HolderFilter", "HolderPage", "HolderRow"]

REASON_LIMIT: Final = 300


@dataclass(frozen=True)
class HolderPage(Stretch[HolderRow]):
    """One page of the list: accounts, and of each what lies within reach."""

    held: Mapping[int, Sequence[Grant]]
    units: int
    permissions: Sequence[str]


@dataclass(frozen=True)
class HolderDetail:
    """One account: what can be taken back, and what else it holds."""

    account: Account
    own: bool
    within: Sequence[Grant]
    others: Sequence[Grant]
    units: Mapping[int, Unit]


def list_holders(
    system: InformationSystem,
    wanted: HolderFilter,
    unit: str,
    at: Circumstance,
    before: int | None = None,
    after: int | None = None,
) -> HolderPage:
    """20 accounts that hold something within the actor's reach, newest first; `unit`: typed name or code."""
    session = read()
    reach = review_reach(at.require_actor(), system)
    wanted = replace(wanted, name=tidy(wanted.name))
    units, paths = units_typed(system, unit, at)
    wanted = replace(wanted, unit_paths=paths)
    page = step_through(partial(holder_page, session, system.key, reach, wanted), before, after)
    held: dict[int, list[Grant]] = {row.id: [] for row in page.rows}
    for grant in active_grants_of(session, list(held)):
        if watches(reach, grant):
            held[grant.account_id].append(grant)
    kinds = sorted({permission for permission, _ in reach.seats})
    return HolderPage(**vars(page), held=held, units=units, permissions=kinds)


def holder_detail(system: InformationSystem, public_id: str, at: Circumstance) -> HolderDetail:
    """One account that holds something within reach; raises `NotFound`."""
    session = read()
    reach = review_reach(at.require_actor(), system)
    account, within = _within_reach(session, system, reach, public_id)
    held = grants_of(session, account.id)
    return HolderDetail(
        account,
        same_person(session.get_one(Account, reach.account_id), account),
        within,
        [grant for grant in held if grant not in within],
        units_by_id(session, {account.unit_id, *(grant.unit_id for grant in held)}),
    )


def withdraw_permissions(
    system: InformationSystem, public_id: str, grants: Collection[int], reason: str, at: Circumstance
) -> str:
    """Take back these grants of an account, all or none; returns the sentence for the manager.

    When nothing is left the account is suspended. Raises `NotFound`, `Overtaken`, `Refusal`.
    """
    reason = tidy(reason)
    if not grants:
        raise Refusal("還沒有勾選要停用的權限。請至少勾選一項。", field="grants")
    if not reason:
        raise Refusal("請填寫停用的原因，帳號持有人會在通知信看到。", field="reason")
    if len(reason) > REASON_LIMIT:
        raise Refusal(f"原因最多 {REASON_LIMIT} 個字，現在有 {len(reason)} 個字，請縮短。", field="reason")
    with write() as session:
        reach = reach_now(session, at.require_actor(), system)
        found, _ = _within_reach(session, system, reach, public_id)
        account = locked(session, found.id)
        hold_routes(session, system.key)
        if same_person(session.get_one(Account, reach.account_id), account):
            raise Refusal(
                "自己的權限請到「個人資料維護」放棄，不能在這裡停用。", status=403, code="own-grant"
            )
        wanted = [g for g in grants_of(session, account.id) if g.id in grants and watches(reach, g)]
        if len(wanted) != len(set(grants)):
            raise Overtaken("勾選的權限剛才已有變動，這次沒有停用任何權限。請核對最新內容後再勾選。")
        words = [words_of(session, system, grant) for grant in wanted]
        ended = end_grants(session, account.id, GrantState.WITHDRAWN, at.now, [grant.id for grant in wanted])
        if ended != len(wanted):
            raise Overtaken("勾選的權限剛才已有變動，這次沒有停用任何權限。請核對最新內容後再勾選。")
        reroute_after(session, system, wanted)
        record(
            session,
            EventType.PERMISSIONS_WITHDRAWN,
            at,
            target=signature(account),
            reason=reason,
            withdrawn=[[grant.permission, grant.role, grant.unit_path] for grant in wanted],
        )
        left = grants_of(session, account.id)
        suspended = not left and suspend(session, system, account, SuspensionCause.WITHDRAWN, at)
        letter = letters.permissions_withdrawn(system, account, words, reason, suspended)
        post_letter(session, letter, at, account)
        more = "；名下已沒有權限，帳號也已停用" if suspended else ""
        return f"已停用{account.holder_name}的 {len(wanted)} 項權限{more}，並已寄信通知。"


def watches(reach: ReviewReach, grant: Grant) -> bool:
    """Whether the grant lies within reach."""
    return reach.watches(grant.account_id, grant.permission, grant.unit_path)


def _within_reach(
    session: Session, system: InformationSystem, reach: ReviewReach, public_id: str
) -> tuple[Account, Sequence[Grant]]:
    account = account_by_public_id(session, public_id)
    if account is None or account.system != system.key or account.state is AccountState.ENDED:
        raise NotFound
    within = [grant for grant in grants_of(session, account.id) if watches(reach, grant)]
    if not within:
        raise NotFound
    return account, within
