"""The application as a web form, made from the fields that the system file declares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms import Field as FormField

from portal.domain.answers import TYPED_LIMIT, read_answer
from portal.domain.offers import WantedPermission
from portal.domain.refusal import Refusal
from portal.domain.system import Field, InformationSystem, Step
from portal.usecases.apply.choose_unit import UnitChoices
from portal.usecases.apply.write_application import Submission

READ_TOGETHER = {
    "captcha",
    "unit",
    "password",
    "password-again",
    "account-kind",
    "permissions",
    "consent",
    "personal-number",
}
"""Types that are not read one by one by `domain.answers`."""

NOTHING_TO_CHOOSE = UnitChoices(None, False, [], "", [], [], {})
PASSPORT = "passport"
PASSPORT_LABEL = "我沒有身分證也沒有居留證，改填護照號碼"
"""A box of the form: the number beside it is that of a passport."""


def application_form(system: InformationSystem, choices: UnitChoices, **given: Any) -> FlaskForm:
    """A form bound to the request, with the choices that the chosen unit kind allows."""
    return page_form(system, system.step, choices, **given)


def page_form(
    system: InformationSystem, steps: Sequence[Step], choices: UnitChoices = NOTHING_TO_CHOOSE, **given: Any
) -> FlaskForm:
    """The form of some steps only, where the application has several pages."""
    fields = [field for step in steps for field in step.field]
    questions: dict[str, Any] = {}
    for field in fields:
        if _only_told_about(system, field):
            questions[field.key] = StringField(field.label)
        else:
            questions |= _questions(system, field, choices)
    form: FlaskForm = type("ApplicationForm", (FlaskForm,), questions)(**given)
    for field in fields:
        for name in ("unit_kind", "unit") if field.type == "unit" else (field.key,):
            if name in form:
                form[name].flags.required = field.required
    return form


def _only_told_about(system: InformationSystem, field: Field) -> bool:
    """Whether the form only holds what is wrong: the draft knows the unit, `permission_matrix` reads roles."""
    searched = field.type == "unit" and system.searches_units()
    return searched or (field.type == "permissions" and bool(system.role))


def _questions(system: InformationSystem, field: Field, choices: UnitChoices) -> dict[str, Any]:
    match field.type:
        case "personal-number":
            return {field.key: StringField(field.label), PASSPORT: BooleanField(PASSPORT_LABEL)}
        case "unit":
            kinds = [SelectChoice(kind.key, kind.label) for kind in system.unit_kind]
            counties = [SelectChoice(county, county) for county in choices.counties]
            units = [SelectChoice(code, name) for code, name in choices.units]
            return {
                "unit_kind": _select("單位類別", kinds),
                "county": _select("縣市", counties),
                "unit": _select("單位", units),
            }
        case "choice":
            options = [SelectChoice(choice.key, choice.label) for choice in field.choices]
            return {field.key: RadioField(field.label, choices=options, validate_choice=False)}
        case "account-kind":
            kinds = [SelectChoice(kind.key, kind.label) for kind in choices.account_kinds]
            default = next((kind.key for kind in choices.account_kinds if kind.default), None)
            return {field.key: RadioField(field.label, choices=kinds, default=default, validate_choice=False)}
        case "permissions":
            offers = [SelectChoice(o.key, o.label) for group in choices.permissions.values() for o in group]
            return {field.key: SelectMultipleField(field.label, choices=offers, validate_choice=False)}
        case "password" | "password-again":
            return {field.key: PasswordField(field.label)}
        case "consent":
            return {field.key: BooleanField(field.label)}
        case "phone-with-extension":
            return {
                field.key: StringField(field.label),
                f"{field.key}_extension": StringField("分機"),
            }
        case _:
            return {field.key: StringField(field.label)}


def _select(label: str, choices: list[SelectChoice]) -> Any:
    """A list to choose from that begins with nothing chosen; what is chosen is judged by the use-case."""
    return SelectField(label, choices=[SelectChoice("", f"請選擇{label}"), *choices], validate_choice=False)


def follow_unit(form: FlaskForm) -> None:
    """After a change of unit: a kind of account that the new one cannot have gives way to the usual one.

    For pages that only show the form again; what is sent is judged as it is.
    """
    asked = form.account_kind
    if asked.choices and asked.data not in {choice.value for choice in asked.choices}:
        asked.data = asked.default


@dataclass
class ReadForm:
    """What was read: the answers that are in order; problems are noted at the form's fields."""

    answers: dict[str, Any]
    complete: bool


def read_form(steps: Sequence[Step], form: FlaskForm) -> ReadForm:
    """Read every field of these steps; each problem becomes a sentence at its field."""
    answers: dict[str, Any] = {}
    complete = True
    for field in [field for step in steps for field in step.field]:
        try:
            answers |= _read_field(field, form)
        except Refusal as refusal:
            note(form, refusal)
            complete = False
    return ReadForm(answers, complete)


def _read_field(field: Field, form: FlaskForm) -> dict[str, Any]:
    typed = form[field.key].data if field.type != "unit" else ""
    match field.type:
        case "password":
            if not typed:
                raise Refusal(f"請輸入{field.label}。", field=field.key)
        case "password-again":
            first = next(other for other in form if other.type == "PasswordField")
            if not typed:
                raise Refusal("請再輸入一次密碼。", field=field.key)
            if typed != first.data:
                raise Refusal("兩次輸入的密碼不同，請重新輸入。", field=field.key)
        case "consent":
            if not typed:
                raise Refusal("請閱讀告知事項，並勾選同意後再送出。", field=field.key)
        case type if type not in READ_TOGETHER:
            extension = form[f"{field.key}_extension"].data or "" if type == "phone-with-extension" else ""
            return read_answer(field, typed or "", extension[:TYPED_LIMIT])
    return {}


def note(form: FlaskForm, refusal: Refusal) -> None:
    """Show a refusal at its field, or above the form if it has none."""
    field: FormField | None = form._fields.get(refusal.field or "")
    if field is None:
        form.form_errors.append(refusal.sentence)
    elif not field.errors:
        field.errors = [refusal.sentence]


def submission_of(form: FlaskForm, answers: dict[str, Any], nonce: str) -> Submission:
    """What the use-case gets."""
    return Submission(
        unit_kind=form.unit_kind.data or "",
        unit_code=form.unit.data or "",
        account_kind=form.account_kind.data or "",
        permissions=tuple(map(WantedPermission, form.permissions.data or ())),
        password=form.password.data or "",
        answers=answers,
        key=nonce,
    )
