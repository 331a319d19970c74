"""主管機關_系統管理: its front door, the list 帳號啟用 and one account (manual 1, 機關管理員帳號維護)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response, abort, make_response, request, session, url_for
from flask_wtf import FlaskForm
from wtforms import PasswordField, SelectChoice, SelectField, StringField

from portal.domain.account import AccountState
from portal.domain.permission import Permission
from portal.domain.refusal import NotFound
from portal.domain.system import InformationSystem
from portal.mail.addresses import LETTER_TITLES
from portal.usecases.apply.choose_unit import label_of_unit, unit_label
from portal.usecases.apply.show_application import print_application_in_reach
from portal.usecases.entry.sign_in import may_administer
from portal.usecases.operate.deliver_letters import dead_letters
from portal.usecases.read_systems import system_in_zone, systems
from portal.usecases.review.review_accounts import (
    AccountDetail,
    AccountFilter,
    AccountPage,
    AccountRow,
    account_detail,
    list_accounts,
    waiting_accounts,
)
from portal.usecases.review.review_requests import waiting_requests
from portal.web.access import circumstance, open_to_everyone, requires, signed_in, within_admin_networks
from portal.web.page import go, own_path, render, request_id

administration = Blueprint(
    "administration", __name__, url_prefix="/<any(citizen, vendor, authority):zone>/<system>/administration"
)

STATES = {
    "waiting": ("待啟用", AccountState.PENDING, False),
    "approved": ("已啟用，待信箱認證", AccountState.PENDING, True),
    "active": ("使用中", AccountState.ACTIVE, None),
    "suspended": ("停用", AccountState.SUSPENDED, None),
    "all": ("全部", None, None),
}
"""The filter 狀態: what each choice shows."""

MENU_COUNT = 99
"""What waits is counted so far in the left menu; the list itself says more."""


@administration.before_request
def only_from_admin_networks() -> Response | None:
    """Administration can be limited to the agencies' intranet (ADMIN_NETWORKS)."""
    if within_admin_networks():
        return None
    return render("administration/elsewhere.html", 403, request_id=request_id())


@administration.context_processor
def words_of_the_menu() -> dict[str, Any]:
    """The left menu; what waits is counted only where the menu is drawn."""
    actor = signed_in()
    return {
        "waiting": _waiting,
        "reads_letters": actor is not None and Permission.READ_LETTERS in actor.permissions,
        "desk": systems().get(actor.system) if actor and actor.every_system else None,
    }


def reviewed_per(way: str, zone: str, system: str) -> InformationSystem:
    """The system of an address, if it is reviewed this way: the pages of the other kind are not there."""
    found = system_in_zone(zone, system)
    if found.review.per != way:
        raise NotFound
    return found


def _waiting() -> str:
    arguments = request.view_args or {}
    found = system_in_zone(arguments["zone"], arguments["system"])
    waiting = waiting_requests if found.review.per == "request" else waiting_accounts
    count = waiting(found, circumstance(), MENU_COUNT + 1)
    return f"{MENU_COUNT}+" if count > MENU_COUNT else str(count)


class AdministrationSignInForm(FlaskForm):
    """用戶帳號 and 專用密碼, on the way to the administration."""

    name = StringField("用戶帳號", id="sign-in-name")
    password = PasswordField("專用密碼", id="sign-in-password")


class FilterForm(FlaskForm):
    """What the list is narrowed to."""

    class Meta:
        csrf = False

    email = StringField("Email")
    name = StringField("姓名")
    unit_kind = SelectField("單位類別", validate_choice=False)
    unit = SelectField("所屬單位", validate_choice=False)
    kind = SelectField("帳號類型", validate_choice=False)
    state = SelectField("狀態", validate_choice=False, default="waiting")


@administration.get("/")
@open_to_everyone
def home(zone: str, system: str) -> Response:
    found = system_in_zone(zone, system)
    actor = signed_in()
    if actor is None:
        if "password" not in found.sign_in:
            session["next"] = request.path  # who signs in with a card there is brought back here
        return render(
            "administration/sign_in.html", system=found, form=AdministrationSignInForm(formdata=None)
        )
    if not may_administer(actor):
        return render("administration/not_yours.html", 403, system=found)
    if actor.every_system and not found.listed:
        return render("administration/systems.html", systems=[s for s in systems().values() if s.listed])
    first = "requests" if found.review.per == "request" else "accounts"
    return go(f"administration.{first}", zone=zone, system=system)


@administration.get("/accounts")
@requires(Permission.REVIEW_ACCOUNTS)
def accounts(zone: str, system: str) -> Response:
    found = reviewed_per("application", zone, system)
    filters = FilterForm(formdata=request.args)
    page = list_accounts(
        found,
        _wanted(filters),
        (filters.unit.data or "")[:40],
        circumstance(),
        before=number("before"),
        after=number("after"),
    )
    return render("administration/accounts.html", **list_words(found, filters, page))


@administration.get("/accounts/<account_id>")
@requires(Permission.REVIEW_ACCOUNTS)
def account(zone: str, system: str, account_id: str) -> Response:
    found = reviewed_per("application", zone, system)
    detail = account_detail(found, account_id, circumstance())
    return render("administration/account.html", **detail_words(found, detail))


@administration.get("/accounts/<account_id>/form.pdf")
@requires(Permission.REVIEW_ACCOUNTS)
def form_pdf(zone: str, system: str, account_id: str) -> Response:
    pdf, name = print_application_in_reach(
        reviewed_per("application", zone, system), account_id, circumstance()
    )
    response = make_response(pdf)
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@administration.get("/letters")
@requires(Permission.READ_LETTERS)
def letters(zone: str, system: str) -> Response:
    return render(
        "administration/letters.html",
        system=system_in_zone(zone, system),
        letters=dead_letters(circumstance()),
        titles=LETTER_TITLES,
    )


def list_words(system: InformationSystem, filters: FilterForm, page: AccountPage) -> dict[str, Any]:
    """What the list's template needs."""
    filters.unit_kind.choices = _or_all((kind.key, kind.label) for kind in system.unit_kind)
    filters.unit.choices = _or_all(page.units)
    filters.kind.choices = _or_all((kind.key, kind.label) for kind in system.account_kind)
    filters.state.choices = [SelectChoice(key, words[0]) for key, words in STATES.items()]
    return {
        "system": system,
        "filters": filters,
        "page": page,
        "query": {name: value for name, value in filters.data.items() if value},
        "unit_of": lambda row: _unit_of(system, row),
        "kinds": {kind.key: kind.label for kind in system.account_kind},
        "genders": _genders(system),
    }


def _or_all(choices: Iterable[tuple[str, str]]) -> list[SelectChoice]:
    return [SelectChoice("", "全部"), *(SelectChoice(key, label) for key, label in choices)]


def detail_words(system: InformationSystem, detail: AccountDetail, **more: Any) -> dict[str, Any]:
    """What the page of one account needs."""
    kind = system.account_kind_of(detail.account.kind)
    return {
        "system": system,
        "detail": detail,
        "unit": unit_label(system, detail.unit),
        "kind": kind.label if kind else detail.account.kind,
        "gender": _genders(system).get(detail.account.gender or "", ""),
        "offers": system.permissions_for(detail.unit.kind),
        "asked": system.permission_labels(set(detail.wanted)),
        "granted": system.permission_labels(set(detail.granted)),
        "chosen": detail.wanted,
        "back": list_address(system),
        "problem": None,
        **more,
    }


def list_address(system: InformationSystem) -> str:
    """The list as it was filtered, if the request carries its address along, else the plain list."""
    plain = url_for("administration.accounts", zone=system.zone, system=system.key)
    wanted = own_path(request.values.get("back"), plain)
    return wanted if wanted.partition("?")[0] == plain else plain


def _unit_of(system: InformationSystem, row: AccountRow) -> str:
    return label_of_unit(system.unit_kind_of(row.unit_kind), row.unit_name, row.county)


def _genders(system: InformationSystem) -> dict[str, str]:
    choices = (field.choices for field in system.fields() if field.key == "gender")
    return {choice.key: choice.label for some in choices for choice in some}


def _wanted(filters: FilterForm) -> AccountFilter:
    _, state, reviewed = STATES.get(filters.state.data or "waiting", STATES["waiting"])
    return AccountFilter(
        state=state,
        reviewed=reviewed,
        email=(filters.email.data or "")[:254],
        name=(filters.name.data or "")[:60],
        unit_kind=(filters.unit_kind.data or "")[:40],
        kind=(filters.kind.data or "")[:40],
    )


def number(name: str) -> int | None:
    """The row from which a list goes on, in the address."""
    text = request.args.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        abort(400)
    return int(text)
