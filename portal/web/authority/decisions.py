"""帳號啟用, 發送認證信 and 刪除: the acts of an administrator on one account or on several."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from flask import Response, abort, flash, request

from portal.domain.actor import Circumstance
from portal.domain.permission import Permission
from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem
from portal.usecases.review.decide_account import (
    Outcome,
    activate_account,
    decide_several,
    delete_account,
    send_verification_letter,
)
from portal.usecases.review.review_accounts import account_detail
from portal.web.access import circumstance, requires
from portal.web.authority.administration import administration, detail_words, list_address, reviewed_per
from portal.web.page import go_to, render

MOST_ROWS = 20
REASON_LIMIT = 300
NOTHING = "nothing"
"""Enter in a checkbox presses the first button of the list, which must not decide about anybody."""


@administration.post("/accounts/<account_id>/activation")
@requires(Permission.REVIEW_ACCOUNTS)
def activation(zone: str, system: str, account_id: str) -> Response:
    version = request.form.get("version", "")
    ticked = request.form.getlist("permissions") if request.form.get("choose") else None
    act = partial(
        activate_account,
        permissions=ticked,
        version=int(version) if version.isascii() and version.isdigit() and len(version) < 9 else None,
    )
    return _one(zone, system, account_id, lambda found, at: act(found, account_id, at))


@administration.post("/accounts/<account_id>/verification-letter")
@requires(Permission.REVIEW_ACCOUNTS)
def verification_letter(zone: str, system: str, account_id: str) -> Response:
    return _one(zone, system, account_id, lambda found, at: send_verification_letter(found, account_id, at))


@administration.post("/accounts/<account_id>/deletion")
@requires(Permission.REVIEW_ACCOUNTS)
def deletion(zone: str, system: str, account_id: str) -> Response:
    reason = request.form.get("reason", "").strip()[:REASON_LIMIT]
    return _one(zone, system, account_id, lambda found, at: delete_account(found, account_id, reason, at))


@administration.post("/accounts/batch")
@requires(Permission.REVIEW_ACCOUNTS)
def batch(zone: str, system: str) -> Response:
    """The same act on each ticked row, in its own transaction, with a result for each."""
    found = reviewed_per("application", zone, system)
    at = circumstance()
    acts: dict[str, Callable[[str], Outcome]] = {
        "activation": lambda account_id: activate_account(found, account_id, at),
        "verification-letter": lambda account_id: send_verification_letter(found, account_id, at),
        "deletion": lambda account_id: delete_account(found, account_id, "", at),
    }
    wanted = request.form.get("act", "")
    if wanted == NOTHING:
        return go_to(list_address(found))
    act = acts.get(wanted)
    if act is None:
        abort(400)
    outcomes = decide_several(found, request.form.getlist("accounts")[:MOST_ROWS], act, at)
    return render(
        "administration/outcomes.html", system=found, outcomes=outcomes, what="帳號", back=list_address(found)
    )


def _one(
    zone: str, system: str, account_id: str, act: Callable[[InformationSystem, Circumstance], Outcome]
) -> Response:
    found = reviewed_per("application", zone, system)
    at = circumstance()
    try:
        outcome = act(found, at)
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        words = detail_words(found, account_detail(found, account_id, at), problem=refusal.sentence)
        if request.form.get("choose"):
            words["chosen"] = frozenset(request.form.getlist("permissions"))
        return render("administration/account.html", refusal.status, **words)
    flash(outcome.sentence, "success")
    return go_to(list_address(found))
