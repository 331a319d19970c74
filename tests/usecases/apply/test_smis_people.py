"""The rig's people of SMIS are what they are called; whoever relies on them relies on this."""

from __future__ import annotations

import pytest

from portal.domain.account import Account, AccountState
from portal.domain.application import PermissionRequest, RequestState
from portal.domain.grant import GrantState
from portal.store.grants import grants_of
from tests.rig.smis import BUREAU, COVID, PPE, STATES, smis_actor, smis_client, smis_person

EXPECTED = {
    "waiting": AccountState.PENDING, "returned": AccountState.PENDING,
    "active": AccountState.ACTIVE, "suspended": AccountState.SUSPENDED,
}  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_people_are_in_the_state_they_are_made_in(app, session, state):
    person = smis_person(app, state=state, wanted=(PPE, COVID))
    assert session.get_one(Account, person.row).state is EXPECTED[state]
    held = {(grant.permission, grant.role, tuple(grant.options)) for grant in grants_of(session, person.row)}
    wanted = {(one.permission, one.role, one.options) for one in (PPE, COVID)}
    assert held == (wanted if state == "active" else set())


def test_a_manager_of_the_bureau_gets_what_waits_below(app, session):
    smis_person(app, "asks", state="waiting", wanted=(COVID,))
    manager = smis_person(app, "decides", unit=BUREAU, wanted=(COVID,))

    waiting = session.query(PermissionRequest).filter_by(state=RequestState.REQUESTED).one()
    (grant,) = grants_of(session, manager.row)
    assert (waiting.review_path, grant.state) == (grant.unit_path, GrantState.ACTIVE)
    assert smis_actor(app, manager).actor is not None
    assert smis_client(app, manager).get("/account/").status_code == 200
