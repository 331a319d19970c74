"""刪除帳號 by its holder (個人資料維護)."""

from __future__ import annotations

from portal.domain.account import AccountState
from portal.domain.actor import Circumstance
from portal.domain.application import ApplicationState
from portal.domain.audit import EventType
from portal.domain.grant import GrantState
from portal.domain.refusal import Overtaken
from portal.domain.system import InformationSystem
from portal.mail import letters
from portal.store.accounts import change_state
from portal.store.applications import change_application, open_application
from portal.store.audit_events import record
from portal.store.database import write
from portal.store.grants import end_grants, grants_of
from portal.store.login_sessions import end_sessions_of
from portal.store.permission_requests import hold_routes
from portal.usecases.apply.change_requests import DECIDED_MEANWHILE, take_back
from portal.usecases.card.unbind_cards import unbind_everything
from portal.usecases.entry.use_own_account import own_account_locked, require_fresh
from portal.usecases.post_letter import post_letter
from portal.usecases.review.activate_account import signature
from portal.usecases.review.route_request import reroute_requests


def end_own_account(system: InformationSystem, at: Circumstance) -> str:
    """End the actor's account with everything it opens; tells the holder. Returns its name.

    Needs a recent sign-in. Raises `Refusal`, or `Overtaken`.
    """
    require_fresh(at)
    with write() as session:
        account = own_account_locked(session, system, at)
        hold_routes(session, system.key)
        application = open_application(session, account.id)
        if application is not None:
            take_back(session, application)
            if not change_application(session, application, ApplicationState.WITHDRAWN, at.now):
                raise Overtaken(DECIDED_MEANWHILE)
            case = application.case_number
            record(session, EventType.APPLICATION_WITHDRAWN, at, target=case, reason="account-ended")
        held = grants_of(session, account.id)
        managed = {(g.permission, g.unit_path) for g in held if g.role in system.reviewing_roles()}
        if not change_state(session, account, AccountState.ENDED, ended_at=at.now):
            raise Overtaken("這個帳號剛才已經停止使用。")
        end_grants(session, account.id, GrantState.GIVEN_UP, at.now)
        unbind_everything(session, system, account, at)
        end_sessions_of(session, account.id, at.now)
        for permission, unit_path in sorted(managed):
            reroute_requests(session, system, permission, unit_path)
        record(session, EventType.ACCOUNT_ENDED, at, target=signature(account), reason="own-act")
        post_letter(session, letters.account_ended_by_holder(system, account, at.now), at, account)
        return account.name
