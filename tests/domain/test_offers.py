"""What units of a kind may ask for, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.offers import (
    WantedPermission,
    check_account_kind,
    check_permissions,
    check_wanted,
    unit_offers,
)
from portal.usecases.read_systems import systems
from tests.rig.refusals import refusal_of

SYSTEM = systems()["hwms"]
KINDS = [kind.key for kind in SYSTEM.unit_kind]
KEYS = [offer.key for offer in SYSTEM.permission]


@given(
    st.sampled_from(KINDS),
    st.lists(st.sampled_from([*KEYS, "reporting", "", "*", "REPORTING-CONTROL"]), max_size=6),
)
def test_permissions_are_accepted_if_all_are_offered_to_the_kind(unit_kind, wanted):
    offered = {offer.key for offer in SYSTEM.permission if unit_kind in offer.unit_kinds}
    if wanted and set(wanted) <= offered:
        read = check_permissions(SYSTEM, unit_kind, wanted)
        assert list(read) == [key for key in KEYS if key in wanted], "once each, in the order of the file"
        return
    assert refusal_of(check_permissions, SYSTEM, unit_kind, wanted).field == "permissions"


def test_an_unknown_kind_is_offered_nothing():
    assert refusal_of(check_permissions, SYSTEM, "health-bureau", KEYS[:1]).field == "permissions"


@pytest.mark.parametrize("unit_kind", KINDS)
@pytest.mark.parametrize("account_kind", ["general", "unit-administrator", "service-desk", "", "General"])
def test_account_kinds_that_a_unit_may_have(unit_kind, account_kind):
    allowed = {("ministry", "unit-administrator"), ("county-bureau", "unit-administrator")}
    if account_kind == "general" or (unit_kind, account_kind) in allowed:
        check_account_kind(SYSTEM, unit_kind, account_kind)
        return
    assert refusal_of(check_account_kind, SYSTEM, unit_kind, account_kind).field == "account_kind"


SMIS = systems()["smis"]
CATEGORIES = [offer.key for offer in SMIS.permission]
ROLES = [role.key for role in SMIS.role]
WANTED = st.builds(
    WantedPermission,
    st.sampled_from([*CATEGORIES, "weapons"]),
    st.sampled_from([*ROLES, "user", ""]),
    st.lists(st.sampled_from(["covid-19", "a-pox", "z-pox"]), max_size=2, unique=True).map(tuple),
)


@given(
    st.sampled_from([kind.key for kind in SMIS.unit_kind]),
    st.none() | st.lists(st.sampled_from(CATEGORIES), unique=True),
    st.lists(WANTED, max_size=5),
)
def test_roles_businesses_and_options(unit_kind, businesses, wanted):
    kind = SMIS.unit_kind_of(unit_kind)
    has = set(kind.businesses if businesses is None else businesses)
    options = {offer.key: {choice.key for choice in offer.options} for offer in SMIS.permission}
    keys = [one.permission for one in wanted]
    fits = wanted and len(set(keys)) == len(keys) and all(
        one.permission in has
        and one.role in ROLES
        and set(one.options) <= options[one.permission]
        and bool(one.options) == bool(options[one.permission])
        for one in wanted
    )  # fmt: skip
    if fits:
        read = check_wanted(SMIS, unit_kind, businesses, wanted)
        assert sorted(read, key=lambda one: CATEGORIES.index(one.permission)) == list(read)
        assert set(read) == set(wanted)
        return
    assert refusal_of(check_wanted, SMIS, unit_kind, businesses, wanted).field == "permissions"


def test_what_a_unit_lacks_is_shown_and_not_offered():
    shown = {each.offer.label: each.allowed for each in unit_offers(SMIS, "health-bureau", None)}
    assert list(shown) == [offer.label for offer in SMIS.permission], "nothing is hidden"
    assert [label for label, allowed in shown.items() if not allowed] == ["生物防護裝備"]
    own = {
        each.offer.key for each in unit_offers(SMIS, "medical-institution", ["antivenoms"]) if each.allowed
    }
    assert own == {"antivenoms"}, "what the unit itself says stands before its kind"
    assert not any(each.allowed for each in unit_offers(SMIS, "medical-institution", []))


def test_two_roles_in_one_category():
    both = [WantedPermission("ppe", "manager"), WantedPermission("ppe", "viewer")]
    assert "只能選擇一個角色" in refusal_of(check_wanted, SMIS, "health-bureau", None, both).sentence
