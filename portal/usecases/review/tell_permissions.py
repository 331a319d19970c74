"""What is held and what is asked for, unit by unit, in the words of the manual: 管理者(審核中)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from portal.domain.application import PermissionRequest, RequestState
from portal.domain.grant import Grant
from portal.domain.offers import WantedPermission
from portal.domain.system import InformationSystem
from portal.store.permission_requests import UNDECIDED
from portal.store.units import unit_by_id

_STATES: Final = {
    RequestState.REQUESTED: "審核中",
    RequestState.RETURNED: "退回補件",
    RequestState.APPROVED: "已核准",
    RequestState.REFUSED: "未核准",
    RequestState.WITHDRAWN: "已撤回",
}


@dataclass(frozen=True)
class UnitLine:
    """One unit: what stands under each permission, what of it is wanted or held, whether it has closed."""

    code: str
    name: str
    words: Mapping[str, str]
    wanted: Mapping[str, WantedPermission]
    closed: bool = False


def role_words(system: InformationSystem, permission: str, role: str, options: Sequence[str]) -> str:
    """管理者, or 管理者(COVID-19、A痘) where there are options; "" in a system without roles."""
    if not system.role:
        return ""
    offer = system.offer_of(permission)
    labels = {choice.key: choice.label for choice in offer.options} if offer else {}
    chosen = "、".join(labels.get(key, key) for key in options)
    return f"{system.role_label(role)}({chosen})" if chosen else system.role_label(role)


def request_words(system: InformationSystem, request: PermissionRequest) -> str:
    """管理者(審核中), 管理者(退回補件：請附上…), or the state alone in a system without roles."""
    state = _STATES[request.state]
    reason = request.reason if request.state in (RequestState.RETURNED, RequestState.REFUSED) else None
    words = role_words(system, request.permission, request.role, request.options)
    told = f"{state}：{reason}" if reason else state
    return f"{words}({told})" if words else told


def asked_by_unit(
    session: Session,
    system: InformationSystem,
    requests: Iterable[PermissionRequest],
    now: datetime | None = None,
) -> list[UnitLine]:
    """What an application asks for; of each permission what was asked last. `wanted`: what is undecided.

    With `now` the lines say which units have closed.
    """
    words: dict[int, dict[str, str]] = {}
    wanted: dict[int, dict[str, WantedPermission]] = {}
    for request in requests:
        if request.state is RequestState.WITHDRAWN:
            continue
        words.setdefault(request.unit_id, {})[request.permission] = request_words(system, request)
        if request.state in UNDECIDED:
            one = WantedPermission(request.permission, request.role, tuple(request.options))
            wanted.setdefault(request.unit_id, {})[request.permission] = one
    return [_line(session, unit_id, words[unit_id], wanted.get(unit_id, {}), now) for unit_id in words]


def held_by_unit(session: Session, system: InformationSystem, grants: Iterable[Grant]) -> list[UnitLine]:
    """What an account holds."""
    words: dict[int, dict[str, str]] = {}
    held: dict[int, dict[str, WantedPermission]] = {}
    for grant in grants:
        told = role_words(system, grant.permission, grant.role, grant.options)
        words.setdefault(grant.unit_id, {})[grant.permission] = told
        one = WantedPermission(grant.permission, grant.role, tuple(grant.options))
        held.setdefault(grant.unit_id, {})[grant.permission] = one
    return [_line(session, unit_id, words[unit_id], held[unit_id]) for unit_id in words]


def _line(
    session: Session,
    unit_id: int,
    words: dict[str, str],
    wanted: dict[str, WantedPermission],
    now: datetime | None = None,
) -> UnitLine:
    unit = unit_by_id(session, unit_id)
    return UnitLine(unit.code, unit.name, words, wanted, closed=now is not None and unit.closed_at(now))
