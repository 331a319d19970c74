"""Choosing the unit one works in, and what it may ask for (manual 1 steps 2 and 3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.domain.actor import Circumstance
from portal.domain.offers import UnitOffer, unit_offers
from portal.domain.refusal import Refusal
from portal.domain.system import AccountKind, InformationSystem, PermissionOffer, UnitKind
from portal.domain.unit import Unit
from portal.store.database import read
from portal.store.units import counties, open_units, unit_by_code


@dataclass(frozen=True)
class UnitChoices:
    """What can be chosen once kind and county are; empty where the step before is still open."""

    kind: UnitKind | None
    by_county: bool
    counties: Sequence[str]
    county: str
    units: Sequence[tuple[str, str]]
    account_kinds: Sequence[AccountKind]
    permissions: Mapping[str, Sequence[PermissionOffer]]


def unit_choices(system: InformationSystem, kind_key: str, county: str) -> UnitChoices:
    """The choices that follow from a unit kind and, where the kind asks for it, a county."""
    kind = system.unit_kind_of(kind_key)
    if kind is None:
        return UnitChoices(None, False, [], "", [], [], {})
    session = read()
    by_county = "county" in kind.choose_by
    choices = counties(session, kind.key) if by_county else []
    chosen = county if county in choices else ""
    units = open_units(session, kind.key, chosen or None) if chosen or not by_county else []
    return UnitChoices(
        kind,
        by_county,
        choices,
        chosen,
        units,
        system.account_kinds_for(kind.key),
        system.permissions_for(kind.key),
    )


@dataclass(frozen=True)
class ChosenUnit:
    """A unit that was found by 單位查詢, and what its people may ask for."""

    code: str
    name: str
    kind: str
    offers: Sequence[UnitOffer]


def chosen_unit(system: InformationSystem, code: str, at: Circumstance) -> ChosenUnit:
    """The unit with this code, if it is open and its kind may apply; raises `Refusal` at `unit`."""
    if not code:
        raise Refusal("請按「選取」查詢並選擇您的單位，不能自行輸入代碼。", field="unit")
    unit = unit_by_code(read(), code[:40])
    if unit is None or system.unit_kind_of(unit.kind) is None:
        raise Refusal("找不到這個單位，或這類單位不能申請本系統。請按「選取」重新查詢。", field="unit")
    if unit.closed_at(at.now):
        raise Refusal(f"「{unit.name}」已歇業或裁撤，不能申請。請按「選取」選擇其他單位。", field="unit")
    return ChosenUnit(unit.code, unit.name, unit.kind, unit_offers(system, unit.kind, unit.businesses))


def unit_label(system: InformationSystem, unit: Unit) -> str:
    """所屬單位 as the manual writes it: 縣市環保局／新北市環保局, 清潔隊／臺北市／中正區清潔隊."""
    kind = system.unit_kind_of(unit.kind)
    return label_of_unit(kind, unit.name, unit.county)


def label_of_unit(kind: UnitKind | None, name: str, county: str | None) -> str:
    """The same from the parts, for lists."""
    parts = [kind.label if kind else ""]
    if kind and "county" in kind.choose_by and county:
        parts.append(county)
    parts.append(name)
    return "／".join(part for part in parts if part)
