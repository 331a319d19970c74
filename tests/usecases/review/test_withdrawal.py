"""由上級單位停用: managers take back what lies at their units and below; with the last one the account goes, too."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.domain.account import Account, AccountState, SuspensionCause
from portal.domain.application import PermissionRequest
from portal.domain.audit import AuditEvent, EventType
from portal.domain.grant import Grant, GrantState
from portal.domain.offers import WantedPermission
from portal.domain.refusal import NotFound, Overtaken
from portal.store.database import read
from portal.store.units import unit_by_code
from portal.usecases.review.withdraw_permissions import (
    HolderFilter,
    holder_detail,
    list_holders,
    withdraw_permissions,
)
from tests.rig.acts import letters_to, more_rows, row_counts
from tests.rig.refusals import outcome, refusal_of
from tests.rig.smis import BUREAU, SMIS, smis_actor, smis_person
from tests.rig.threads import together

MANAGES = tuple(WantedPermission(key, "manager") for key in ("ppe", "antivenoms"))


@pytest.fixture
def boss(app):
    """The bureau's manager of two categories, and how they act."""
    return smis_actor(app, smis_person(app, "boss", unit=BUREAU, wanted=MANAGES, holder="林主任"))


@pytest.fixture
def deer(app):
    """A manager of both categories at a clinic."""
    return smis_person(app, "deer", wanted=MANAGES, holder="白鹿")


def grants(person) -> dict[str, Grant]:
    read().rollback()
    query = select(Grant).where(Grant.account_id == person.row).execution_options(populate_existing=True)
    return {grant.permission: grant for grant in read().scalars(query)}


def withdraw(person, at, *permissions: str) -> str:
    numbers = [grant.id for key, grant in grants(person).items() if key in permissions]
    return withdraw_permissions(SMIS, person.account_id, numbers, "職務異動", at)


def account(person) -> Account:
    read().rollback()
    return read().get_one(Account, person.row, populate_existing=True)


def test_one_is_taken_back_and_what_waits_goes_further_up(app, boss, deer):
    fox = smis_person(app, "fox", "waiting", wanted=(WantedPermission("ppe", "viewer"),))
    with app.app_context():
        request = select(PermissionRequest.review_path).where(PermissionRequest.account_id == fox.row)
        assert read().scalars(request).one() == unit_by_code(read(), deer.unit).path
        before = row_counts()
        assert "1 項權限" in withdraw(deer, boss, "ppe")
        assert more_rows(before) == {"audit_event": 1, "outgoing_letter": 1}
        assert {key: grant.state for key, grant in grants(deer).items()} == {
            "ppe": GrantState.WITHDRAWN, "antivenoms": GrantState.ACTIVE,
        }  # fmt: skip
        assert account(deer).state is AccountState.ACTIVE
        assert read().scalars(request).one() == unit_by_code(read(), BUREAU).path
        event = read().scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
        assert (event.type, event.actor, event.target) == (
            EventType.PERMISSIONS_WITHDRAWN, "smis/boss", "smis/deer",
        )  # fmt: skip
        assert event.details["reason"] == "職務異動"
        (letter,) = letters_to(deer.email, "permissions-withdrawn")
        assert letter.context["suspended"] is False


def test_the_last_one_suspends_the_account(app, boss, deer):
    with app.app_context():
        assert "帳號也已停用" in withdraw(deer, boss, "ppe", "antivenoms")
        mine = account(deer)
        assert (mine.state, mine.suspended_because) == (AccountState.SUSPENDED, SuspensionCause.WITHDRAWN)
        assert letters_to(deer.email, "permissions-withdrawn")[0].context["suspended"] is True
        assert isinstance(refusal_of(withdraw, deer, boss, "ppe"), NotFound), "nothing is left to take"


def test_what_lies_elsewhere_stays(app, boss):
    both = smis_person(app, "both", wanted=(MANAGES[0], WantedPermission("hiv-tb-drugs", "viewer")))
    far = smis_person(app, "far", unit="HB-63000", wanted=MANAGES)
    above = smis_person(app, "above", unit="MOHW-CDC", wanted=MANAGES)
    with app.app_context():
        before = row_counts()
        assert isinstance(refusal_of(withdraw, both, boss, "ppe", "hiv-tb-drugs"), Overtaken)
        for person in (far, above):
            assert isinstance(refusal_of(withdraw, person, boss, "ppe"), NotFound)
        assert more_rows(before) == {}
        detail = holder_detail(SMIS, both.account_id, boss)
        assert [grant.permission for grant in detail.within] == ["ppe"]
        assert [grant.permission for grant in detail.others] == ["hiv-tb-drugs"]
        page = list_holders(SMIS, HolderFilter(), "", boss)
        assert [row.public_id for row in page.rows] == [both.account_id]


def test_nobody_takes_back_their_own(app, boss):
    with app.app_context():
        own = read().get_one(Account, boss.actor.account_id)
        numbers = read().scalars(select(Grant.id).where(Grant.account_id == own.id)).all()
        refusal = refusal_of(withdraw_permissions, SMIS, own.public_id, numbers, "x", boss)
        assert isinstance(refusal, NotFound)


def test_eight_managers_at_once_and_one_takes_it_back(app, boss, deer):
    second = smis_actor(app, smis_person(app, "second", unit=BUREAU, wanted=MANAGES))
    with app.app_context():
        numbers = [grants(deer)["ppe"].id]
    answers = together(
        app,
        lambda at: outcome(withdraw_permissions, SMIS, deer.account_id, numbers, "x", at),
        [boss, second] * 4,
    )
    done = [answer for answer in answers if isinstance(answer, str)]
    told = [answer for answer in answers if isinstance(answer, Overtaken)]
    assert (len(done), len(told)) == (1, 7), answers
    with app.app_context():
        assert len(letters_to(deer.email, "permissions-withdrawn")) == 1
        assert account(deer).state is AccountState.ACTIVE


def test_managers_who_take_back_each_others_role_leave_no_deadlock(app, boss, deer):
    """Two managers of one unit at the same moment: one is left, or none; nobody waits forever."""
    people = [smis_person(app, f"m{n}", unit=BUREAU, wanted=MANAGES[:1]) for n in range(4)]
    actors = [smis_actor(app, person) for person in people]
    with app.app_context():
        numbers = [[grants(person)["ppe"].id] for person in people]

    def act(n: int) -> object:
        other = (n + 1) % 4
        return withdraw_permissions(SMIS, people[other].account_id, numbers[other], "x", actors[n])

    answers = together(app, lambda n: outcome(act, n), range(4))
    assert all(isinstance(answer, str | NotFound | Overtaken) for answer in answers), answers
