"""逾期: what waits for its own applicant is closed at the boundary; what waits for reviewers never is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.domain.account import Account, AccountState
from portal.domain.application import Application, ApplicationState, RequestState
from portal.domain.audit import EventType
from portal.domain.grant import Grant, GrantState
from portal.domain.refusal import Refusal
from portal.store import unfinished_accounts as store
from portal.store.database import read, write
from portal.usecases.apply.prove_email import prove_email
from portal.usecases.operate.expire_applications import expire_applications
from tests.rig.acts import HWMS, letters_to, more_rows, newest_link, row_counts
from tests.rig.authority import DAY
from tests.rig.card_acts import events
from tests.rig.idle import row_of
from tests.rig.people import circumstance
from tests.rig.refusals import outcome
from tests.rig.smis import smis_person
from tests.rig.smis_acts import decide, requests_of
from tests.rig.threads import together

MOMENT = timedelta(microseconds=1)
LIMIT = 30 * DAY


@pytest.fixture
def in_app(app):
    with app.app_context():
        yield


def run(app, now, dry_run=False):
    done = expire_applications(circumstance(app, now), dry_run)
    return {name for one in done for name in one.names}


def begun(person):
    """Since when somebody's application waits for them."""
    read().rollback()
    sent = read().scalars(select(Application).where(Application.public_id == person.application_id)).one()
    return max(sent.submitted_at, row_of(person.name).reviewed_at or sent.submitted_at)


@pytest.mark.parametrize(
    ("state", "ends"), [("waiting", True), ("reviewed", True), ("proved", False), ("active", False)]
)
def test_who_has_something_left_to_do_is_closed_at_the_boundary(app, make_person, in_app, state, ends):
    fox = make_person("fox", state=state)
    over = begun(fox) + LIMIT
    assert run(app, over - MOMENT) == set()
    before = row_counts()
    assert run(app, over, dry_run=True) == ({"fox"} if ends else set())
    assert more_rows(before) == {}
    assert run(app, over) == ({"fox"} if ends else set())
    assert run(app, over + 900 * DAY) == set(), "once is enough"
    row = row_of("fox")
    assert (row.state is AccountState.ENDED, row.ended_at == over) == (ends, ends)
    assert [letter.kind for letter in letters_to(fox.email, "application-expired")] == [
        "application-expired"
    ] * ends
    assert len(events(EventType.APPLICATION_EXPIRED)) == ends
    assert GrantState.ACTIVE not in set(read().scalars(select(Grant.state))) or state == "active"


def test_the_review_gives_the_applicant_the_whole_time_again(app, make_person, in_app):
    fox = make_person("fox", state="reviewed")
    with write() as session:
        session.scalars(select(Account).where(Account.name == "fox")).one().reviewed_at = (
            begun(fox) + 29 * DAY
        )
    assert run(app, begun(fox) + 2 * DAY) == set()
    assert run(app, begun(fox) + LIMIT) == {"fox"}


def test_the_case_says_so_and_the_old_link_opens_nothing(app, make_person, in_app):
    fox = make_person("fox", state="waiting")
    at = circumstance(app, begun(fox) + LIMIT)
    link = newest_link(fox.email, "verify-email", at)
    run(app, at.now)
    case = read().scalars(select(Application)).one()
    assert case.state is ApplicationState.EXPIRED
    assert {request.state for request in case.requests} == {RequestState.WITHDRAWN}
    assert isinstance(outcome(prove_email, HWMS, link, circumstance(app)), Refusal)
    assert row_of("fox").state is AccountState.ENDED


def test_who_waits_for_reviewers_waits_as_long_as_it_takes(app, in_app):
    clover = smis_person(app)
    waiting = smis_person(app, "waiting", state="waiting")
    returned = smis_person(app, "returned", state="waiting")
    decide(app, returned, "ppe", RequestState.RETURNED)
    with write() as session:
        session.scalars(
            select(Application).where(Application.account_id == returned.row)
        ).one().submitted_at -= 5 * DAY
    (request,) = requests_of(returned)
    decided = request.decided_at
    assert run(app, decided + LIMIT - MOMENT) == set()
    assert run(app, decided + LIMIT) == {returned.name}
    assert run(app, decided + 9000 * DAY) == set()
    assert row_of(waiting.name).state is AccountState.PENDING
    assert row_of(clover.name).state is AccountState.ACTIVE


def test_several_runs_in_batches_close_each_once(app, make_person, in_app, monkeypatch):
    monkeypatch.setattr(store, "BATCH", 2)
    names = {make_person(f"fox{number}", state="waiting").name for number in range(5)}
    over = max(row_of(name).created_at for name in names) + LIMIT
    runs = together(app, lambda _: run(app, over), range(4))
    assert sorted(name for one in runs for name in one) == sorted(names)
    assert len(events(EventType.APPLICATION_EXPIRED)) == 5


def test_the_command(app, make_person, in_app):
    make_person("fox", state="waiting")
    with write() as session:
        fox = session.scalars(select(Account)).one()
        case = session.scalars(select(Application)).one()
        fox.created_at = case.submitted_at = fox.created_at - LIMIT
    invoke = app.test_cli_runner().invoke
    for arguments, told in (
        (["--dry-run"], ["hwms: 1 expired", "fox: expired", "nothing was changed"]),
        ([], ["hwms: 1 expired", "fox: expired"]),
        ([], ["hwms: 0 expired", "smis: 0 expired"]),
    ):
        output = invoke(args=["portal", "expire-applications", *arguments]).output
        assert all(words in output for words in told), output
