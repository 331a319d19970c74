"""刪除 by an administrator: a waiting application is refused, an account in use is ended for good."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.domain.account import Account, AccountState
from portal.domain.application import Application, ApplicationState, PermissionRequest, RequestState
from portal.domain.audit import AuditEvent, EventType
from portal.domain.grant import Grant, GrantState
from portal.domain.refusal import NotFound, Overtaken
from portal.domain.review import Review
from portal.store.database import read
from portal.usecases.apply.prove_email import prove_email
from portal.usecases.entry.reset_password import ask_reset
from portal.usecases.entry.sign_in import WRONG, actor_of, sign_in
from portal.usecases.review.decide_account import LAST_DESK, Outcome, activate_account, delete_account
from tests.rig.acts import DESK, HWMS, acting, letters_to, newest_link, signed_in
from tests.rig.people import circumstance
from tests.rig.refusals import refusal_of
from tests.rig.threads import together


@pytest.fixture
def boss(app, make_person):
    person = make_person("boss", kind="unit-administrator")
    with app.app_context():
        return acting(app, person)


def account(person) -> Account:
    read().rollback()
    return read().scalars(select(Account).where(Account.public_id == person.account_id)).one()


def events() -> list[EventType]:
    return list(read().scalars(select(AuditEvent.type).order_by(AuditEvent.id.desc()).limit(2)))[::-1]


@pytest.mark.parametrize("state", ["waiting", "proved"])
def test_a_waiting_application_is_refused_with_the_reason(app, make_person, boss, state):
    fox = make_person("fox", state=state)
    with app.app_context():
        delete_account(HWMS, fox.account_id, "請改用公務信箱。", boss)
        assert (account(fox).state, account(fox).ended_at) == (AccountState.ENDED, boss.now)
        application = (
            read().scalars(select(Application).where(Application.public_id == fox.application_id)).one()
        )
        assert application.state is ApplicationState.DECIDED
        assert {request.state for request in application.requests} == {RequestState.REFUSED}
        review = read().scalars(select(Review)).one()
        assert (review.outcome, review.reason) == ("refused", "請改用公務信箱。")
        letter = letters_to(fox.email)[-1]
        assert (letter.kind, letter.context["reason"]) == ("application-refused", "請改用公務信箱。")
        assert events() == [EventType.APPLICATION_REFUSED, EventType.ACCOUNT_ENDED]


def test_an_account_in_use_is_ended_with_all_it_holds(app, make_person, boss):
    fox = make_person("fox")
    with app.app_context():
        token = signed_in(app, fox).token
        assert actor_of(token, circumstance(app)) is not None
        delete_account(HWMS, fox.account_id, "", boss)
        assert account(fox).state is AccountState.ENDED
        assert actor_of(token, circumstance(app)) is None
        mine = select(Grant.state).where(Grant.account_id == account(fox).id)
        assert set(read().scalars(mine)) == {GrantState.WITHDRAWN}
        assert letters_to(fox.email)[-1].kind == "account-ended"
        decided = (
            read().scalars(select(Application.state).where(Application.public_id == fox.application_id)).one()
        )
        assert decided is ApplicationState.DECIDED
        approved = select(PermissionRequest).where(PermissionRequest.state == RequestState.REFUSED)
        assert read().scalars(approved).all() == [], "what was once approved stays on record"


def test_nothing_opens_an_ended_account_again(app, make_person, boss):
    fox = make_person("fox", state="waiting")
    with app.app_context():
        at = circumstance(app)
        link = newest_link(fox.email, "verify-email", at)
        delete_account(HWMS, fox.account_id, "", boss)
        assert refusal_of(prove_email, HWMS, link, at).status == 410
        assert isinstance(refusal_of(activate_account, HWMS, fox.account_id, boss), NotFound | Overtaken)
        assert refusal_of(sign_in, HWMS, "fox", fox.password, "", at).sentence == WRONG
        before = len(letters_to(fox.email))
        ask_reset(HWMS, fox.email, at)
        assert [letter.kind for letter in letters_to(fox.email)[before:]] == ["nothing-known"]
        assert account(fox).state is AccountState.ENDED


def test_its_name_is_never_given_again(app, make_person, boss):
    fox = make_person("fox", state="waiting")
    with app.app_context():
        delete_account(HWMS, fox.account_id, "", boss)
    assert make_person("fox", state="waiting").name == "fox01"


def test_eight_at_once_and_one_deletes(app, make_person, boss):
    fox = make_person("fox", state="waiting")
    answers = together(app, lambda _: delete_account(HWMS, fox.account_id, "", boss), range(8))
    assert sum(isinstance(answer, Outcome) for answer in answers) == 1
    assert all(isinstance(answer, Outcome | NotFound | Overtaken) for answer in answers)
    with app.app_context():
        assert len(letters_to(fox.email)) == 2
        assert len(read().scalars(select(Review)).all()) == 1


def test_the_desk_may_delete_a_colleague_and_never_itself(app, make_desk):
    one, two = make_desk("one"), make_desk("two")
    with app.app_context():
        at = acting(app, one)
        assert refusal_of(delete_account, DESK, one.account_id, "", at).status == 403
        assert delete_account(DESK, two.account_id, "", at).done


def test_two_at_the_desk_delete_each_other_and_one_stays(app, make_desk):
    people = [make_desk("one"), make_desk("two")]
    with app.app_context():
        acts = list(zip([acting(app, each) for each in people], people[::-1], strict=True))
    answers = together(app, lambda act: delete_account(DESK, act[1].account_id, "", act[0]), acts)
    assert sum(isinstance(answer, Outcome) for answer in answers) == 1
    (refused,) = (answer for answer in answers if not isinstance(answer, Outcome))
    assert refused.sentence == LAST_DESK
    with app.app_context():
        assert [account(each).state for each in people].count(AccountState.ACTIVE) == 1
