"""個人資料維護 of whoever is signed in, in systems whose permissions are reviewed one by one (manual 5)."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, Response, abort, flash, request
from flask_wtf import FlaskForm

from portal.domain.permission import Permission
from portal.domain.refusal import NotFound, Refusal
from portal.domain.system import InformationSystem, Step
from portal.usecases.own_account.ask_for_permissions import withdraw_one_request
from portal.usecases.own_account.change_contact import change_contact
from portal.usecases.own_account.end_own_account import end_own_account
from portal.usecases.own_account.give_up_permissions import GivenUp, give_up_permissions
from portal.usecases.own_account.show_own_data import own_data as read_own_data
from portal.usecases.own_account.show_own_data import permission_label
from portal.usecases.read_systems import systems
from portal.web.access import circumstance, forget_session, requires
from portal.web.application_form import note, read_form
from portal.web.change_form import change_line, form_known, form_typed, holder_step
from portal.web.page import go, render

own_data = Blueprint("own_data", __name__, url_prefix="/account/data")

MOST_GIVEN_UP = 500


def own_system() -> InformationSystem:
    """The actor's system; 404 where permissions are not reviewed one by one."""
    system = systems()[circumstance().require_actor().system]
    if system.review.per != "request":
        abort(404)
    return system


@own_data.get("")
@requires(Permission.USE_OWN_ACCOUNT)
def page() -> Response:
    return _page()


@own_data.get("/contact")
@requires(Permission.USE_OWN_ACCOUNT)
def contact() -> Response:
    system = own_system()
    own = read_own_data(system, circumstance())
    steps = _contact_steps(system)
    return render(
        "own_data/contact.html",
        own_system=system,
        own=own,
        steps=steps,
        form=form_known(system, steps, own.contact),
    )


@own_data.post("/contact")
@requires(Permission.USE_OWN_ACCOUNT)
def contact_change() -> Response:
    system, at = own_system(), circumstance()
    steps = _contact_steps(system)
    form = form_typed(system, steps, request.form)
    answers = read_form(steps, form).answers
    status = 422
    if not form.errors:
        try:
            done = change_contact(system, answers, at)
        except Refusal as refusal:
            note(form, refusal)
            status = refusal.status
        else:
            told = "已更新個人資料。" if done.changed else "您沒有修改任何內容。"
            flash(f"{told}通知信已寄到原來和新的主要電子信箱。" if done.new_address else told, "success")
            return go("own_data.page")
    return _contact(system, form, status)


@own_data.post("/requests/<public_id>/withdrawal")
@requires(Permission.USE_OWN_ACCOUNT)
def withdraw(public_id: str) -> Response:
    """撤回 of one request."""
    system = own_system()
    try:
        change = withdraw_one_request(system, public_id, circumstance())
    except NotFound:
        raise
    except Refusal as refusal:
        return _page(refusal)
    line = change_line(system, change)
    flash(f"已撤回「{line['unit']}」的{line['permission']}（{line['role']}）申請。", "success")
    return go("own_data.page")


@own_data.get("/surrender")
@requires(Permission.USE_OWN_ACCOUNT)
def surrender_form() -> Response:
    system = own_system()
    return _surrender(system, ())


@own_data.post("/surrender")
@requires(Permission.USE_OWN_ACCOUNT)
def surrender() -> Response:
    """放棄權限."""
    system, at = own_system(), circumstance()
    chosen = request.form.getlist("grants")[:MOST_GIVEN_UP]
    try:
        done = give_up_permissions(system, {_unit_and_permission(one) for one in chosen}, at)
    except Refusal as refusal:
        return _surrender(system, chosen, refusal)
    if done.suspended:
        forget_session()
        return go("farewell.page", zone=system.zone, system=system.key, what="surrender")
    flash(_given_up(system, done), "success")
    return go("own_data.page")


@own_data.post("/ending")
@requires(Permission.USE_OWN_ACCOUNT)
def end() -> Response:
    """刪除帳號."""
    system = own_system()
    try:
        end_own_account(system, circumstance())
    except Refusal as refusal:
        return _page(refusal)
    forget_session()
    return go("farewell.page", zone=system.zone, system=system.key, what="ending")


def _page(refused: Refusal | None = None) -> Response:
    system = own_system()
    own = read_own_data(system, circumstance())
    return render(
        "own_data/page.html",
        refused.status if refused else 200,
        own_system=system,
        own=own,
        steps=_contact_steps(system),
        held=[(line.name, line.words) for line in own.held],
        asked=[(line.name, line.words) for line in own.asked],
        refused=refused,
    )


def _contact(system: InformationSystem, form: FlaskForm, status: int = 200) -> Response:
    own = read_own_data(system, circumstance())
    steps = _contact_steps(system)
    return render("own_data/contact.html", status, own_system=system, own=own, steps=steps, form=form)


def _surrender(system: InformationSystem, chosen: Sequence[str], refused: Refusal | None = None) -> Response:
    return render(
        "own_data/surrender.html",
        refused.status if refused else 200,
        own_system=system,
        own=read_own_data(system, circumstance()),
        chosen=chosen,
        problem=refused.sentence if refused else None,
    )


def _contact_steps(system: InformationSystem) -> list[Step]:
    """What may be corrected: all but the name, which stays that of the card."""
    whole = holder_step(system)
    return [Step(whole.title, tuple(field for field in whole.field if field.type != "person-name"))]


def _unit_and_permission(value: str) -> tuple[str, str]:
    unit, _, permission = value[:120].rpartition(":")
    return unit, permission


def _given_up(system: InformationSystem, done: GivenUp) -> str:
    told = f"已放棄 {done.count} 項權限。"
    for unit, permission in done.unmanaged:
        label = permission_label(system, permission)
        told += f"「{unit}」的{label}已沒有其他管理者，申請案改由上級單位審核。"
    return told
