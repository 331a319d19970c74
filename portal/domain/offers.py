"""Whether what was chosen fits what the unit is offered."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem, PermissionOffer

PLAIN_ROLE: Final = "user"
"""The role of a permission in a system that declares no roles."""


@dataclass(frozen=True)
class WantedPermission:
    """所選權限: a permission that was chosen, in which role and with which of its options."""

    permission: str
    role: str = PLAIN_ROLE
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class UnitOffer:
    """單位可選權限: a permission as a unit is offered it; `allowed` is False where it lacks the business."""

    offer: PermissionOffer
    allowed: bool


def check_account_kind(system: InformationSystem, unit_kind: str, account_kind: str) -> None:
    """Raise `Refusal` unless units of this kind may have such an account (manual 1 step 2)."""
    if account_kind not in {kind.key for kind in system.account_kinds_for(unit_kind)}:
        raise Refusal("請選擇這類單位可以申請的帳號類型。", field="account_kind")


def unit_offers(
    system: InformationSystem, unit_kind: str, businesses: Sequence[str] | None
) -> list[UnitOffer]:
    """What a unit may ask for, in the order of the file; `businesses` None means those of its kind."""
    kind = system.unit_kind_of(unit_kind)
    has = kind.businesses if businesses is None and kind else businesses or ()
    return [
        UnitOffer(offer, offer.needs_business is None or offer.needs_business in has)
        for offer in system.permission
        if unit_kind in offer.unit_kinds
    ]


def check_permissions(system: InformationSystem, unit_kind: str, wanted: Iterable[str]) -> tuple[str, ...]:
    """The wanted permissions in the order of the file; raise `Refusal` if none or one not offered."""
    offered = [offer.key for group in system.permissions_for(unit_kind).values() for offer in group]
    keys = set(wanted)
    if not keys:
        raise Refusal("請至少勾選一項功能權限。", field="permissions")
    if not keys <= set(offered):
        raise Refusal("勾選的權限不屬於這類單位可以申請的範圍，請重新勾選。", field="permissions")
    return tuple(key for key in offered if key in keys)


def check_wanted(
    system: InformationSystem,
    unit_kind: str,
    businesses: Sequence[str] | None,
    wanted: Collection[WantedPermission],
) -> tuple[WantedPermission, ...]:
    """What was chosen, in the order of the file: each permission once, in one declared role, with its options.

    Raises `Refusal` (manual 5 step 5: one role per category, none where the unit lacks the business).
    """
    keys = [one.permission for one in wanted]
    if not system.role:
        check_permissions(system, unit_kind, keys)
    if not keys:
        raise Refusal("請至少選擇一個類別的角色。", field="permissions")
    if len(set(keys)) != len(keys):
        raise Refusal("同一個類別只能選擇一個角色，請重新選擇。", field="permissions")
    offered = {each.offer.key: each for each in unit_offers(system, unit_kind, businesses)}
    for one in wanted:
        _check_one(system, offered.get(one.permission), one)
    by_key = {one.permission: one for one in wanted}
    return tuple(by_key[key] for key in offered if key in by_key)


def _check_one(system: InformationSystem, offered: UnitOffer | None, one: WantedPermission) -> None:
    roles = {role.key for role in system.role} or {PLAIN_ROLE}
    if offered is None or one.role not in roles:
        raise Refusal("選擇的權限或角色不在可以申請的範圍，請重新選擇。", field="permissions")
    label = offered.offer.label
    if not offered.allowed:
        raise Refusal(f"您的單位沒有「{label}」的業務，不能申請這個類別。", field="permissions")
    if not set(one.options) <= {choice.key for choice in offered.offer.options}:
        raise Refusal(f"「{label}」勾選的選項不在可以申請的範圍，請重新勾選。", field="permissions")
    if offered.offer.options and not one.options:
        raise Refusal(f"申請「{label}」請至少勾選一個選項。", field="permissions")
