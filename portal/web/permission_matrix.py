"""The permission matrix as a form sends it: a role per category, and options of a category (manual 5 step 5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from werkzeug.datastructures import MultiDict

from portal.domain.offers import WantedPermission
from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem

_ROLE: Final = "role-"
_OPTION: Final = "option-"
MATRIX_FIELDS: Final = (_ROLE, _OPTION)
"""How the names of its fields begin."""
_MOST: Final = 60
"""Characters of a key that anybody could have meant."""


@dataclass(frozen=True)
class TypedMatrix:
    """What the matrix shows as chosen: `roles` and `options` by permission, also where they do not fit together."""

    roles: dict[str, str] = field(default_factory=dict)
    options: dict[str, tuple[str, ...]] = field(default_factory=dict)


def read_matrix(
    system: InformationSystem, form: MultiDict[str, str], prefix: str = ""
) -> tuple[WantedPermission, ...]:
    """What was chosen, in the order of the system file; `prefix` is the macro's `name_prefix`.

    Two roles of one category, and permissions that nobody declares, are read as they came: the rules
    of `check_wanted` refuse them in a sentence. Raises `Refusal` for options without a role.
    """
    wanted: list[WantedPermission] = []
    for permission in _permissions(system, form, prefix):
        roles = [role[:_MOST] for role in form.getlist(prefix + _ROLE + permission) if role]
        options = _options(form, prefix, permission)
        if options and not roles:
            offer = system.offer_of(permission)
            raise Refusal(
                f"您勾選了「{offer.label if offer else permission[:_MOST]}」的選項，但沒有選擇角色。"
                "請選擇角色，或取消勾選。",
                field="permissions",
            )
        wanted += [WantedPermission(permission[:_MOST], role, options) for role in roles]
    return tuple(wanted)


def typed_matrix(system: InformationSystem, form: MultiDict[str, str], prefix: str = "") -> TypedMatrix:
    """The same form for showing it again: nothing that was typed is lost, whatever is wrong with it."""
    typed = TypedMatrix()
    for permission in _permissions(system, form, prefix):
        typed.roles[permission] = form.get(prefix + _ROLE + permission, "")
        typed.options[permission] = _options(form, prefix, permission)
    return typed


def matrix_of(wanted: Iterable[WantedPermission]) -> TypedMatrix:
    """The matrix of what was chosen before."""
    typed = TypedMatrix()
    for one in wanted:
        typed.roles[one.permission] = one.role
        typed.options[one.permission] = one.options
    return typed


def _permissions(system: InformationSystem, form: MultiDict[str, str], prefix: str) -> list[str]:
    """Keys of the permissions that the form speaks of: the declared ones in their order, then strangers."""
    starts = (prefix + _ROLE, prefix + _OPTION)
    sent = {name.removeprefix(start) for name in form for start in starts if name.startswith(start)}
    declared = [offer.key for offer in system.permission]
    return [key for key in declared if key in sent] + sorted(sent.difference(declared))


def _options(form: MultiDict[str, str], prefix: str, permission: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(option[:_MOST] for option in form.getlist(prefix + _OPTION + permission)))
