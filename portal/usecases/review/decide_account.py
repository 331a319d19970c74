"""帳號啟用, 發送認證信 and 刪除 by an administrator (manual 1, 機關管理員帳號維護)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.domain.account import Account, AccountState
from portal.domain.actor import Circumstance
from portal.domain.application import Application, ApplicationState, PermissionRequest, RequestState
from portal.domain.audit import EventType
from portal.domain.grant import GrantState
from portal.domain.offers import WantedPermission, check_permissions
from portal.domain.refusal import NotFound, Overtaken, Refusal
from portal.domain.review import Review
from portal.domain.system import InformationSystem
from portal.mail import letters
from portal.store.account_lists import account_in_reach
from portal.store.accounts import change_state, hold_accounts_of, locked
from portal.store.applications import change_application, latest_application
from portal.store.audit_events import record
from portal.store.authenticators import drop_authenticator
from portal.store.database import read, write
from portal.store.grants import end_grants, grant_permissions
from portal.store.login_sessions import end_sessions_of
from portal.store.units import unit_by_id
from portal.usecases.apply.apply_for_account import send_verification
from portal.usecases.card.unbind_cards import unbind_everything
from portal.usecases.post_letter import letters_limited, post_letter
from portal.usecases.review.activate_account import activate_if_complete, outstanding, signature
from portal.usecases.review.report_decisions import ticked_place
from portal.usecases.review.review_accounts import reach_of

LAST_DESK = "這是系統服務台最後一個使用中的帳號，不能刪除。請先邀請另一位人員，等對方啟用後再刪除。"
_LOST = "帳號 {} 剛才已由其他人處理，請重新查看最新狀態。"


@dataclass(frozen=True)
class Outcome:
    """What became of one account, as a sentence for the administrator."""

    account_name: str
    done: bool
    sentence: str


def activate_account(
    system: InformationSystem,
    public_id: str,
    at: Circumstance,
    permissions: Sequence[str] | None = None,
    version: int | None = None,
) -> Outcome:
    """帳號啟用. The account opens now, or as soon as its address is proved.

    `permissions`: what the administrator ticked, None for what was asked for. `version`: of the
    application as the administrator saw it. Raises `NotFound`, `Overtaken`, `Refusal`.
    """
    with write() as session:
        account, application = _within_reach(session, system, public_id, at)
        if account.reviewed_at or account.state is not AccountState.PENDING or application is None:
            raise Overtaken(f"帳號 {account.name} 剛才已經由其他人啟用，不需要再按一次。")
        if version is not None and version != application.version:
            raise Overtaken("申請內容在您查看之後有更動，請重新查看後再決定。")
        changes = _decide_requests(session, system, account, application, permissions, at)
        if not change_application(session, application, ApplicationState.DECIDED, at.now):
            raise Overtaken(_LOST.format(account.name))
        account.reviewed_at = at.now
        actor = at.require_actor()
        session.add(
            Review(
                application_id=application.id,
                reviewer_id=actor.account_id,
                outcome="approved",
                changes=changes,
                decided_at=at.now,
            )
        )
        session.flush()
        record(
            session,
            EventType.APPLICATION_APPROVED,
            at,
            target=signature(account),
            case=application.case_number,
            added=changes["added"],
            removed=changes["removed"],
        )
        if activate_if_complete(session, system, account, at):
            return Outcome(account.name, True, f"帳號 {account.name} 已啟用，並已寄信通知申請人。")
        post_letter(session, letters.account_reviewed(system, account), at, account)
        return Outcome(
            account.name, True, f"帳號 {account.name} 已啟用；申請人完成信箱認證後就可以登入，已寄信提醒。"
        )


def delete_account(system: InformationSystem, public_id: str, reason: str, at: Circumstance) -> Outcome:
    """刪除: refuses a waiting application, or ends an account in use. The name is never given again.

    The last account of the service desk stays: every request ends there if nobody nearer reviews it.
    """
    with write() as session:
        desks = _hold_desks(session, system)
        account, application = _within_reach(session, system, public_id, at)
        if desks == [account.id]:
            raise Refusal(LAST_DESK, status=409)
        waiting = account.state is AccountState.PENDING
        if application and application.state is ApplicationState.SUBMITTED:
            for request in application.requests:
                request.state = RequestState.REFUSED
            change_application(session, application, ApplicationState.DECIDED, at.now)
            session.add(
                Review(
                    application_id=application.id,
                    reviewer_id=at.require_actor().account_id,
                    outcome="refused",
                    reason=reason or None,
                    decided_at=at.now,
                )
            )
            record(session, EventType.APPLICATION_REFUSED, at, target=signature(account), reason=reason)
        if not change_state(session, account, AccountState.ENDED, ended_at=at.now):
            raise Overtaken(_LOST.format(account.name))
        end_grants(session, account.id, GrantState.WITHDRAWN, at.now)
        end_sessions_of(session, account.id, at.now)
        unbind_everything(session, system, account, at)
        drop_authenticator(session, account.id)
        record(session, EventType.ACCOUNT_ENDED, at, target=signature(account), reason=reason)
        letter = letters.application_refused if waiting else letters.account_ended
        post_letter(session, letter(system, account, reason), at, account)
        return Outcome(account.name, True, f"帳號 {account.name} 已刪除，並已寄信通知。")


def send_verification_letter(system: InformationSystem, public_id: str, at: Circumstance) -> Outcome:
    """發送認證信: reminds an applicant whose address is not proved yet."""
    with write() as session:
        account, _ = _within_reach(session, system, public_id, at, own_too=True)
        if "email-link" not in outstanding(session, system, account):
            raise Refusal(f"帳號 {account.name} 的信箱已經認證，不需要再發送認證信。")
        if letters_limited(session, account.email_key, at, by_network=False):
            raise Refusal(f"帳號 {account.name} 一小時內已發送 3 次認證信，請稍後再試。", status=429)
        send_verification(session, system, account, at)
        record(session, EventType.VERIFICATION_ASKED, at, target=signature(account))
        return Outcome(account.name, True, f"已發送認證信給 {account.name}。")


def decide_several(
    system: InformationSystem, public_ids: Sequence[str], act: Callable[[str], Outcome], at: Circumstance
) -> list[Outcome]:
    """One act on several rows, each in its own transaction, with a result for each row.

    A row that was refused is named if it lies within reach, else told by its place: nobody learns which it is.
    """
    outcomes = []
    for place, public_id in enumerate(dict.fromkeys(public_ids), 1):
        try:
            outcomes.append(act(public_id))
        except Refusal as refusal:
            session = read()
            found = account_in_reach(
                session, system.key, reach_of(session, at.require_actor(), system), public_id
            )
            outcomes.append(Outcome(found.name if found else ticked_place(place), False, refusal.sentence))
    return outcomes


def _within_reach(
    session: Session, system: InformationSystem, public_id: str, at: Circumstance, own_too: bool = False
) -> tuple[Account, Application | None]:
    """The account, locked, with its application; raises `NotFound`, or `Refusal` for one's own."""
    actor = at.require_actor()
    found = account_in_reach(session, system.key, reach_of(session, actor, system), public_id)
    if found is None:
        raise NotFound
    account = locked(session, found.id)
    if account.state is AccountState.ENDED:
        raise Overtaken(f"帳號 {account.name} 剛才已經刪除。")
    own = session.get_one(Account, actor.account_id)
    if not own_too and (account.id == own.id or account.email_key == own.email_key):
        raise Refusal("不能審核自己的帳號，請由其他管理員處理。", status=403)
    return account, latest_application(session, account)


def _hold_desks(session: Session, system: InformationSystem) -> list[int]:
    """The service desk's accounts in use: two of them who delete each other are not gone both."""
    kinds = [kind.key for kind in system.account_kind if kind.reviews == "every-system"]
    return list(hold_accounts_of(session, system.key, kinds)) if kinds else []


def _decide_requests(
    session: Session,
    system: InformationSystem,
    account: Account,
    application: Application,
    permissions: Sequence[str] | None,
    at: Circumstance,
) -> dict[str, list[str]]:
    """Approve what is ticked, refuse the rest, add what was not asked for; returns the changes."""
    asked = {request.permission for request in application.requests}
    given = asked if permissions is None else set(permissions)
    if given:
        given = set(check_permissions(system, unit_by_id(session, account.unit_id).kind, given))
    for request in application.requests:
        request.state = RequestState.APPROVED if request.permission in given else RequestState.REFUSED
    added = sorted(given - asked)
    session.add_all(
        PermissionRequest(
            application_id=application.id,
            account_id=account.id,
            system=system.key,
            unit_id=account.unit_id,
            unit_path=account.unit_path,
            permission=key,
            state=RequestState.APPROVED,
            added_by_reviewer=True,
        )
        for key in added
    )
    wanted = [WantedPermission(key) for key in sorted(given)]
    grant_permissions(session, account, wanted, at.now, at.require_actor().account_id)
    return {"added": added, "removed": sorted(asked - given)}
