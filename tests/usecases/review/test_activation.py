"""An account opens when review and proof are there, in either order; two reviewers at once do it once."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.domain.account import Account, AccountState
from portal.domain.application import Application, ApplicationState, PermissionRequest, RequestState
from portal.domain.audit import AuditEvent, EventType
from portal.domain.grant import Grant
from portal.domain.refusal import NotFound, Overtaken
from portal.domain.review import Review
from portal.store.audit_events import broken_links
from portal.store.database import read
from portal.store.grants import granted_permissions
from portal.usecases.apply.prove_email import prove_email, withdraw_application
from portal.usecases.review.decide_account import Outcome, activate_account, delete_account
from tests.rig.acts import HWMS, acting, letters_to, more_rows, newest_link, row_counts, signed_in
from tests.rig.people import circumstance
from tests.rig.refusals import refusal_of
from tests.rig.threads import together


@pytest.fixture
def administrator(app, make_person):
    """The bureau's administrator, and how they act."""
    person = make_person("boss", kind="unit-administrator", holder="林主任")
    with app.app_context():
        return acting(app, person)


@pytest.fixture
def fox(make_person):
    """Somebody who has applied and done nothing since."""
    return make_person("fox", state="waiting")


def account(person) -> Account:
    read().rollback()
    query = select(Account).where(Account.public_id == person.account_id)
    return read().scalars(query.execution_options(populate_existing=True)).one()


def activate(person, at, **more) -> Outcome:
    return activate_account(HWMS, person.account_id, at, **more)


def prove(app, person) -> None:
    at = circumstance(app)
    prove_email(HWMS, newest_link(person.email, "verify-email", at), at)


def kinds_of_letters(person) -> list[str]:
    return [letter.kind for letter in letters_to(person.email)]


def test_first_the_proof_then_the_review(app, administrator, fox):
    with app.app_context():
        prove(app, fox)
        assert refusal_of(signed_in, app, fox).code == "sign-in-pending"
        outcome = activate(fox, administrator)
        assert (outcome.account_name, outcome.done) == ("fox", True)
        assert account(fox).state is AccountState.ACTIVE
        assert kinds_of_letters(fox) == ["verify-email", "account-activated"]
        assert signed_in(app, fox).token


def test_first_the_review_then_the_proof(app, administrator, fox):
    with app.app_context():
        outcome = activate(fox, administrator)
        assert "完成信箱認證後" in outcome.sentence
        assert account(fox).state is AccountState.PENDING
        assert refusal_of(signed_in, app, fox).code == "sign-in-pending"
        prove(app, fox)
        assert account(fox).state is AccountState.ACTIVE
        assert kinds_of_letters(fox) == ["verify-email", "account-reviewed", "account-activated"]
        assert signed_in(app, fox).token


def test_proof_and_review_at_once(app, administrator, fox):
    acts = [lambda: prove(app, fox), lambda: activate(fox, administrator)]
    answers = together(app, lambda act: act(), acts)
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    with app.app_context():
        assert account(fox).state is AccountState.ACTIVE
        assert kinds_of_letters(fox).count("account-activated") == 1


def test_what_a_review_leaves_behind(app, administrator, fox):
    with app.app_context():
        before = row_counts()
        activate(fox, administrator)
        assert more_rows(before) == {
            "review": 1,
            "permission_grant": 3,
            "audit_event": 1,
            "outgoing_letter": 1,
        }
        review = read().scalars(select(Review)).one()
        assert (review.outcome, review.changes) == ("approved", {"added": [], "removed": []})
        assert review.reviewer_id == administrator.actor.account_id
        application = read().scalars(select(Application).where(Application.id == review.application_id)).one()
        assert (application.state, application.version) == (ApplicationState.DECIDED, 2)
        event = read().scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
        assert (event.type, event.actor, event.target) == (
            EventType.APPLICATION_APPROVED,
            "hwms/boss",
            "hwms/fox",
        )
        assert event.address == administrator.address


@pytest.mark.parametrize("state", ["waiting", "proved"])
def test_eight_administrators_at_once_and_one_activates(app, make_person, administrator, state):
    person = make_person("wolf", state=state)
    answers = together(app, lambda _: activate(person, administrator), range(8))
    done = [answer for answer in answers if isinstance(answer, Outcome)]
    told = [answer for answer in answers if isinstance(answer, Overtaken)]
    assert (len(done), len(told)) == (1, 7), answers
    assert all("wolf" in each.sentence and each.status == 409 for each in told)
    with app.app_context():
        assert len(read().scalars(select(Review)).all()) == 1
        mine = account(person).id
        assert len(read().scalars(select(Grant).where(Grant.account_id == mine)).all()) == 3
        assert len(kinds_of_letters(person)) == 2
        assert broken_links(read()) == []


def test_activation_and_deletion_at_once_leave_a_whole_case(app, administrator, fox):
    def decide(act: str):
        if act == "activate":
            return activate(fox, administrator)
        return delete_account(HWMS, fox.account_id, "", administrator)

    together(app, decide, ["activate", "delete"] * 4)
    with app.app_context():
        assert account(fox).state is AccountState.ENDED
        mine = account(fox).id
        assert granted_permissions(read(), mine) == set(), "nothing is held by an ended account"
        assert read().scalars(select(Application.state).where(Application.account_id == mine)).all() == [
            ApplicationState.DECIDED
        ]
        assert len(read().scalars(select(Review)).all()) == 1


def test_withdrawal_after_the_review_leaves_nothing_held(app, administrator, fox):
    with app.app_context():
        activate(fox, administrator)
        mine, at = account(fox).id, circumstance(app)
        assert granted_permissions(read(), mine)
        withdraw_application(HWMS, newest_link(fox.email, "verify-email", at), at)
        assert account(fox).state is AccountState.ENDED
        assert granted_permissions(read(), mine) == set(), "nothing is held by an ended account"


def test_a_second_time_is_told_and_changes_nothing(app, administrator, fox):
    with app.app_context():
        activate(fox, administrator)
        before = row_counts()
        assert isinstance(refusal_of(activate, fox, administrator), Overtaken)
        prove(app, fox)
        assert isinstance(refusal_of(activate, fox, administrator), Overtaken)
        assert more_rows(before) == {"audit_event": 2, "outgoing_letter": 1}, "of the proof"


def test_a_decision_on_an_outdated_text_fails_kindly(app, administrator, fox):
    with app.app_context():
        before = row_counts()
        for version in (0, 2, 99_999_999):
            assert "更動" in refusal_of(activate, fox, administrator, version=version).sentence
        assert more_rows(before) == {}
        assert activate(fox, administrator, version=1).done


CHOICES = {
    "as asked": (None, set(), set()),
    "the same": ("same", set(), set()),
    "one less": (("single-use-products", "mercury-thermometers"), set(), {"mercury-dry-batteries"}),
    "another one": (
        ("single-use-products", "fund-and-use"), {"fund-and-use"}, {"mercury-thermometers", "mercury-dry-batteries"},
    ),
    "one twice": (("single-use-products",) * 2, set(), {"mercury-thermometers", "mercury-dry-batteries"}),
    "none": ((), set(), {"single-use-products", "mercury-thermometers", "mercury-dry-batteries"}),
}  # fmt: skip


@pytest.mark.parametrize("choice", CHOICES)
def test_what_the_administrator_changes_is_granted_and_written_down(app, administrator, fox, choice):
    ticked, added, removed = CHOICES[choice]
    asked = {"single-use-products", "mercury-thermometers", "mercury-dry-batteries"}
    with app.app_context():
        activate(fox, administrator, permissions=sorted(asked) if ticked == "same" else ticked)
        assert granted_permissions(read(), account(fox).id) == (asked - removed) | added
        assert read().scalars(select(Review.changes)).one() == {
            "added": sorted(added),
            "removed": sorted(removed),
        }
        requests = {row.permission: row for row in read().scalars(select(PermissionRequest)).all()}
        mine = {key: row for key, row in requests.items() if row.application.account_id == account(fox).id}
        assert {key for key, row in mine.items() if row.state is RequestState.REFUSED} == removed
        assert {key for key, row in mine.items() if row.added_by_reviewer} == added
        event = read().scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
        assert (event.details["added"], event.details["removed"]) == (sorted(added), sorted(removed))


@pytest.mark.parametrize(
    "ticked", [("reporting-control",), ("single-use-products", "x"), ("monthly-collection",)]
)
def test_nobody_can_be_given_what_their_unit_is_not_offered(app, administrator, fox, ticked):
    with app.app_context():
        before = row_counts()
        refusal = refusal_of(activate, fox, administrator, permissions=ticked)
        assert (refusal.field, refusal.status) == ("permissions", 422)
        assert more_rows(before) == {}
        assert account(fox).reviewed_at is None


def test_nobody_reviews_their_own(app, make_person):
    boss = make_person("boss", kind="unit-administrator")
    twin = make_person("boss", state="proved", kind="unit-administrator")
    assert (twin.name, twin.email) == ("boss01", boss.email)
    with app.app_context():
        at = acting(app, boss)
        before = row_counts()
        for person in (boss, twin):
            for act in (activate, lambda person, at: delete_account(HWMS, person.account_id, "", at)):
                refusal = refusal_of(act, person, at)
                assert (refusal.status, "自己" in refusal.sentence) == (403, True)
        assert more_rows(before) == {}
        assert account(boss).state is AccountState.ACTIVE


def test_an_account_that_is_not_there(app, administrator):
    with app.app_context():
        for public_id in ("", "nobody", "狐", "%", "a" * 5000):
            assert isinstance(refusal_of(activate_account, HWMS, public_id, administrator), NotFound)
