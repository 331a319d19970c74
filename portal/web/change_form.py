"""What was sent before as a form: 個人基本資料, one unit with its matrix, consent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict

from portal.domain.answers import TYPED_LIMIT, holder_fields
from portal.domain.offers import WantedPermission
from portal.domain.phone import show_phone
from portal.domain.refusal import Refusal
from portal.domain.system import Field, InformationSystem, Step
from portal.usecases.apply.change_requests import RequestChange, check_asked
from portal.usecases.own_account.show_own_data import UnitToAsk, permission_label, unit_to_ask
from portal.usecases.review.tell_permissions import UnitLine, role_words
from portal.web.access import circumstance
from portal.web.application_form import note, page_form
from portal.web.permission_matrix import MATRIX_FIELDS, TypedMatrix, matrix_of, read_matrix, typed_matrix

UNIT_CODE: Final = 40
"""Characters of a unit's code that anybody could have meant."""
KEPT: Final = "update"
"""Under this name the draft keeps what was typed into 更新申請權限."""
MOST_KEPT: Final = 200
_PHONES: Final = {"phone", "mobile-phone", "phone-with-extension"}


def holder_step(system: InformationSystem) -> Step:
    """個人基本資料 as the application asks for it."""
    return Step("個人基本資料", tuple(holder_fields(system)))


def asking_steps(system: InformationSystem) -> list[Step]:
    """One unit with its matrix, then the notice and the consent to it."""
    wanted = tuple(field for field in system.fields() if field.type in ("unit", "permissions"))
    consent = tuple(field for field in system.fields() if field.type == "consent")
    return [Step("欲申請的權限", wanted), Step(system.notice.title if system.notice else "", consent)]


def form_known(system: InformationSystem, steps: Sequence[Step], answers: Mapping[str, Any]) -> FlaskForm:
    """The form as it begins: filled with what is known."""
    known = dict(answers)
    for field in [field for step in steps for field in step.field if field.type in _PHONES]:
        known[field.key] = show_phone(answers.get(field.key))
    return _plain(page_form(system, steps, formdata=None, data=known))


def form_typed(system: InformationSystem, steps: Sequence[Step], typed: Mapping[str, Any]) -> FlaskForm:
    """The form with what was typed into it, now or a while ago."""
    return _plain(page_form(system, steps, formdata=MultiDict(typed)))


def typed_in(steps: Sequence[Step], sent: Mapping[str, str]) -> dict[str, str]:
    """What stands in the fields of these steps, to be shown again; nothing else that was sent."""
    names = [name for step in steps for field in step.field for name in _names(field)]
    return {name: sent[name][:TYPED_LIMIT] for name in names if name in sent}


def kept_form(steps: Sequence[Step], sent: MultiDict[str, str]) -> list[tuple[str, str]]:
    """What a draft keeps of such a form: its fields, unit and matrix, and nothing else that was sent."""
    matrix = [
        (name[:100], value[:100]) for name, value in sent.items(multi=True) if name.startswith(MATRIX_FIELDS)
    ]
    return [*typed_in(steps, sent).items(), *matrix[:MOST_KEPT]]


def with_unit(sent: MultiDict[str, str], code: str) -> MultiDict[str, str]:
    """The same about another unit: the matrix of the one before goes."""
    kept = [(name, value) for name, value in sent.items(multi=True) if not name.startswith(MATRIX_FIELDS)]
    return MultiDict([*((name, value) for name, value in kept if name != "unit"), ("unit", code[:UNIT_CODE])])


def unit_typed(form: FlaskForm) -> str:
    """Code of the unit that the form is about, "" where none was chosen."""
    return (form.unit.data or "")[:UNIT_CODE]


def read_wanted(
    system: InformationSystem, form: FlaskForm, sent: MultiDict[str, str]
) -> tuple[WantedPermission, ...]:
    """What was chosen in the matrix; what is wrong with it is told at its place."""
    try:
        wanted = read_matrix(system, sent)
        check_asked(system, unit_typed(form), wanted, circumstance())
        return wanted
    except Refusal as refusal:
        note(form, refusal)
        return ()


def unit_and_matrix(
    system: InformationSystem,
    form: FlaskForm,
    account_id: int,
    asked: Sequence[UnitLine],
    sent: MultiDict[str, str] | None,
) -> tuple[UnitToAsk | None, TypedMatrix]:
    """The unit that the form is about, and its matrix: as sent, else as it stands now."""
    unit = None
    if code := unit_typed(form):
        try:
            unit = unit_to_ask(system, code, account_id, asked, circumstance())
        except Refusal as refusal:
            note(form, refusal)
    typed = typed_matrix(system, sent) if sent is not None else TypedMatrix()
    return unit, typed if typed.roles or typed.options else matrix_of(unit.begin if unit else ())


def change_line(system: InformationSystem, change: RequestChange) -> dict[str, str]:
    """One line of what was changed, in words."""
    role = role_words(system, change.permission, change.role, change.options)
    permission = permission_label(system, change.permission)
    return {"what": change.what, "unit": change.unit, "permission": permission, "role": role}


def _names(field: Field) -> tuple[str, ...]:
    return (field.key, f"{field.key}_extension") if field.type == "phone-with-extension" else (field.key,)


def _plain(form: FlaskForm) -> FlaskForm:
    """Whoever changes something may leave units and permissions as they are."""
    for name in ("unit", "permissions"):
        if name in form:
            form[name].flags.required = False
    return form
