"""Whether what was chosen fits what the unit's kind is offered."""

from __future__ import annotations

from collections.abc import Iterable

from portal.domain.refusal import Refusal
from portal.domain.system import InformationSystem


def check_account_kind(system: InformationSystem, unit_kind: str, account_kind: str) -> None:
    """Raise `Refusal` unless units of this kind may have such an account (manual 1 step 2)."""
    if account_kind not in {kind.key for kind in system.account_kinds_for(unit_kind)}:
        raise Refusal("請選擇這類單位可以申請的帳號類型。", field="account_kind")


def check_permissions(system: InformationSystem, unit_kind: str, wanted: Iterable[str]) -> tuple[str, ...]:
    """The wanted permissions in the order of the file; raise `Refusal` if none or one not offered."""
    offered = [offer.key for group in system.permissions_for(unit_kind).values() for offer in group]
    keys = set(wanted)
    if not keys:
        raise Refusal("請至少勾選一項功能權限。", field="permissions")
    if not keys <= set(offered):
        raise Refusal("勾選的權限不屬於這類單位可以申請的範圍，請重新勾選。", field="permissions")
    return tuple(key for key in offered if key in keys)
