"""The chain of events finds every row that was edited, removed or moved, and names it."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest
from sqlalchemy import delete, func, select, text, update

from portal.domain.audit import AuditEvent, EventType
from portal.store.audit_events import broken_links, has_event, record
from portal.store.database import read, write
from tests.rig.people import circumstance
from tests.rig.rows import NOON
from tests.rig.threads import together

TAIPEI = timezone(timedelta(hours=8))


@pytest.fixture
def trail(app) -> list[int]:
    """Ten events of several kinds; their numbers."""
    kinds = list(EventType)
    with app.app_context():
        for number in range(10):
            at = circumstance(app, now=NOON.astimezone(TAIPEI) + timedelta(seconds=number))
            with write() as session:
                record(
                    session,
                    kinds[number % 4],
                    at,
                    target=f"hwms/t{number}",
                    case="環境部",
                    n=number,
                    added=[],
                )
        return list(read().scalars(select(AuditEvent.id).order_by(AuditEvent.id)))


def problems(app, *statements) -> list[str]:
    """What is wrong with the trail after these changes, which are then taken back."""
    with app.app_context():
        session = read()
        for statement in statements:
            session.execute(statement)
        found = broken_links(session)
        session.rollback()
        return found


def removed(*numbers: int):
    return delete(AuditEvent).where(AuditEvent.id.in_(numbers))


def test_an_untouched_trail_is_whole(app, trail):
    assert len(trail) == 10
    assert problems(app) == []


EDITS = {
    "type": EventType.SIGNED_OUT, "at": NOON - timedelta(days=1), "address": "203.0.113.9", "request_id": "other",
    "actor": "hwms/somebody", "target": "hwms/somebody", "outcome": "refused", "details": {"case": "環境部", "n": 99},
}  # fmt: skip


def test_an_edited_row_is_named(app, trail):
    for field, value in EDITS.items():
        for place in (0, 4, 9):
            edit = update(AuditEvent).where(AuditEvent.id == trail[place]).values({field: value})
            assert problems(app, edit) == [f"event {trail[place]}: its content was changed"], field


def test_a_removed_row_is_missed_by_the_one_after_it(app, trail):
    for place in range(9):
        assert problems(app, removed(trail[place])) == [
            f"event {trail[place + 1]}: the one before it was removed or moved"
        ]


def test_several_removed_rows(app, trail):
    named = [problem.partition(":")[0] for problem in problems(app, removed(trail[2], trail[3], trail[6]))]
    assert named == [f"event {trail[4]}", f"event {trail[7]}"]


def test_two_rows_in_each_others_place(app, trail):
    one, other = trail[3], trail[5]
    moved = [(one, 10_000), (other, one), (10_000, other)]
    moves = [update(AuditEvent).where(AuditEvent.id == old).values(id=new) for old, new in moved]
    named = {problem.partition(":")[0] for problem in problems(app, *moves)}
    assert {f"event {one}", f"event {other}"} <= named


def test_an_edited_row_with_a_new_seal_breaks_the_next(app, trail):
    from portal.domain.audit import seal

    with app.app_context(), write() as session:
        row = session.get_one(AuditEvent, trail[4])
        row.outcome = "refused"
        row.hash = seal(row)
    assert problems(app) == [f"event {trail[5]}: the one before it was removed or moved"]


def test_sixteen_writers_at_once_make_one_chain(app):
    def write_one(number: int) -> None:
        with write() as session:
            record(session, EventType.SIGNED_IN, circumstance(app), target=f"hwms/{number}")

    together(app, write_one, range(16))
    assert problems(app) == []
    with app.app_context():
        assert read().scalar(select(func.count()).select_from(AuditEvent)) == 16


def test_an_act_that_fails_leaves_no_event(app, trail):
    def fail() -> None:
        with write() as session:
            record(session, EventType.DEMONSTRATION_PREPARED, circumstance(app))
            raise ZeroDivisionError

    with app.app_context():
        with pytest.raises(ZeroDivisionError):
            fail()
        assert not has_event(read(), EventType.DEMONSTRATION_PREPARED)
        assert has_event(read(), EventType.ACCOUNT_ACTIVATED)
    assert problems(app) == []


def test_if_the_event_cannot_be_written_the_act_does_not_happen(app, make_person):
    from portal.domain.account import Account, AccountState
    from portal.usecases.entry.sign_in import sign_in
    from portal.usecases.read_systems import systems

    person = make_person("fox")
    with app.app_context(), write() as session:
        session.execute(text("ALTER TABLE audit_event RENAME TO gone"))
    with app.app_context():
        with pytest.raises(Exception, match="audit_event"):
            sign_in(systems()["hwms"], person.name, person.password, "", circumstance(app))
        read().rollback()
        account = read().scalars(select(Account)).one()
        assert account.last_sign_in_at is None
        assert account.state is AccountState.ACTIVE
        assert read().scalar(text("SELECT count(*) FROM login_session")) == 0


def test_who_acted_is_the_actor_unless_somebody_else_is_named(app):
    at = circumstance(app)
    with app.app_context():
        with write() as session:
            record(session, EventType.SIGNED_IN, at)
            record(session, EventType.SIGNED_IN, at, actor="command line", outcome="refused", code="x")
        first, second = read().scalars(select(AuditEvent).order_by(AuditEvent.id))
        assert (first.actor, first.outcome, first.details) == (None, "ok", {})
        assert (second.actor, second.outcome, second.details) == ("command line", "refused", {"code": "x"})
        assert (first.at, first.address, first.request_id) == (at.now, at.address, at.request_id)


def test_the_command_names_what_is_broken(app, trail):
    runner = app.test_cli_runner()
    assert "whole" in runner.invoke(args=["portal", "check-audit"]).output
    with app.app_context(), write() as session:
        session.execute(removed(trail[3]))
    told = runner.invoke(args=["portal", "check-audit"])
    assert told.exit_code == 1
    assert f"event {trail[4]}: the one before it was removed or moved" in told.output
