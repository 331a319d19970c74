"""What units of a kind may ask for, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.offers import check_account_kind, check_permissions
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
