"""閒置停用: warned twice, suspended once, exactly at the boundaries, however often and from wherever it is run."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from portal.domain.account import Account, AccountState, SuspensionCause
from portal.domain.audit import EventType
from portal.domain.dormancy import Dormancy
from portal.domain.grant import Grant, GrantState
from portal.domain.letter import OutgoingLetter
from portal.domain.login_session import LoginSession
from portal.store import idle_accounts as store
from portal.store.accounts import locked
from portal.store.database import read, write
from portal.usecases.entry.sign_in import open_for, sign_in
from portal.usecases.operate.suspend_dormant import suspend_dormant
from tests.rig.acts import HWMS, letters_to, more_rows, row_counts
from tests.rig.authority import DAY, NOON, YEAR
from tests.rig.card_acts import events
from tests.rig.card_holders import enter_first, holder_of_card, present
from tests.rig.idle import idle_rows, row_of
from tests.rig.people import circumstance
from tests.rig.refusals import outcome
from tests.rig.smis import SMIS, smis_person
from tests.rig.threads import together

RULE = SMIS.dormancy
MOMENT = timedelta(microseconds=1)
WARNED, SUSPENDED = "dormancy-warning", "account-suspended"


@pytest.fixture
def at(app):
    with app.app_context():
        yield circumstance(app, NOON)


def run(app, now, dry_run=False):
    (done,) = [one for one in suspend_dormant(circumstance(app, now), dry_run) if one.system == "smis"]
    return done


def kinds(name):
    read().rollback()
    return [letter.kind for letter in letters_to(f"{name}@example.com")]


def model(idle, warned):
    """What is to be done after so long an idleness: naively."""
    if idle >= timedelta(days=180):
        return "suspended"
    for days in (7, 30):
        if idle >= timedelta(days=180 - days):
            return None if warned is not None and warned <= days else days
    return None


IDLE = st.one_of(
    st.timedeltas(timedelta(0), timedelta(days=400)),
    st.builds(
        lambda days, moments: timedelta(days=days) + moments * MOMENT,
        st.sampled_from([0, 149, 150, 151, 172, 173, 174, 179, 180, 181]),
        st.integers(-2, 2),
    ).filter(lambda idle: idle >= timedelta(0)),
)


@given(idle=IDLE, warned=st.sampled_from([None, 30, 7]))
def test_the_rule_is_the_model(idle, warned):
    expected = model(idle, None)
    over = RULE.ends(NOON - idle) <= NOON
    assert over == (expected == "suspended")
    assert RULE.warning(NOON - idle, NOON) == (None if over else expected)


def test_what_the_command_does_is_the_model(app, at, monkeypatch):
    """Generated times, in batches of three; a dry run says the same beforehand, a second run does nothing."""
    monkeypatch.setattr(store, "BATCH", 3)
    chance = Random(180)
    edges = [timedelta(days=days) + n * MOMENT for days in (150, 173, 180) for n in (-1, 0, 1)]
    idle = edges * 2 + [chance.random() * 250 * DAY for _ in range(50)]
    names = idle_rows([NOON - each for each in idle])
    warned = [chance.choice([None, 30, 7]) for _ in idle]
    with write() as session:
        for row, days in zip(session.scalars(select(Account).order_by(Account.name)), warned, strict=True):
            row.warned_before = days
    expected = {name: model(each, days) for name, each, days in zip(names, idle, warned, strict=True)}
    before = row_counts()
    dry = run(app, NOON, dry_run=True)
    assert more_rows(before) == {}
    done = run(app, NOON)
    assert dry == done
    assert set(done.suspended) == {name for name, what in expected.items() if what == "suspended"}
    assert dict(done.warned) == {name: what for name, what in expected.items() if what in (7, 30)}
    count = len(done.suspended) + len(done.warned)
    assert more_rows(before) == {"audit_event": count, "outgoing_letter": count}
    states = {row.name: row.state for row in read().scalars(select(Account))}
    suspended = {name for name, state in states.items() if state is AccountState.SUSPENDED}
    assert suspended == set(done.suspended)
    again = run(app, NOON)
    assert (again.suspended, again.warned) == ([], [])


@pytest.mark.parametrize("every", [1, 3])
def test_two_warnings_and_one_suspension_in_two_hundred_days(app, at, every):
    """Run each night, or every third one: the letters are the same."""
    (name,) = idle_rows([NOON])
    told = []
    for day in range(0, 201, every):
        done = run(app, NOON + day * DAY)
        if done.suspended or done.warned:
            told.append(day)
    assert kinds(name) == [WARNED, WARNED, SUSPENDED]
    assert told == ([150, 173, 180] if every == 1 else [150, 174, 180])
    row = row_of(name)
    assert (row.state, row.suspended_because) == (AccountState.SUSPENDED, SuspensionCause.DORMANT)
    assert row.suspended_at == NOON + 180 * DAY


def test_who_missed_the_first_warning_gets_one_letter(app, at):
    (name,) = idle_rows([NOON])
    for day in (174, 175, 179):
        run(app, NOON + day * DAY)
    assert kinds(name) == [WARNED]
    assert row_of(name).warned_before == 7


def test_a_sign_in_begins_the_count_anew(app, at):
    (name,) = idle_rows([NOON])
    run(app, NOON + 175 * DAY)
    later = NOON + 176 * DAY
    with write() as session:
        open_for(session, locked(session, row_of(name).id), circumstance(app, later))
    assert run(app, NOON + 181 * DAY).suspended == []
    assert run(app, later + 150 * DAY).warned == [(name, 30)]
    assert run(app, later + 180 * DAY).suspended == [name]


def test_it_takes_the_permissions_along_and_ends_the_sessions(app, at):
    person = smis_person(app, now=NOON)
    with write() as session:
        open_for(session, locked(session, person.row), circumstance(app, NOON))
    assert run(app, NOON + 180 * DAY).suspended == [person.name]
    assert set(read().scalars(select(Grant.state))) == {GrantState.EXPIRED}
    assert all(row.ended_at for row in read().scalars(select(LoginSession)))
    event = events(EventType.ACCOUNT_SUSPENDED)[-1]
    assert (event.target, event.details) == (f"smis/{person.name}", {"because": "dormant"})


def test_two_runs_side_by_side_write_each_letter_once(app, at):
    idle = [days * DAY for days in (150, 160, 173, 176, 180, 190)]
    names = idle_rows([NOON - each for each in idle])
    runs = together(app, lambda _: run(app, NOON), range(4))
    assert sorted(name for one in runs for name in one.suspended) == names[4:]
    assert sorted(name for one in runs for name, _ in one.warned) == names[:4]
    assert Counter(letter.kind for letter in read().scalars(select(OutgoingLetter))) == {
        WARNED: 4,
        SUSPENDED: 2,
    }


def test_only_who_is_in_use_and_only_where_there_is_a_rule(app, at):
    long_ago = [NOON - 900 * DAY]
    idle_rows(long_ago, "hwms", stem="hwms")
    for state in (AccountState.PENDING, AccountState.SUSPENDED, AccountState.ENDED):
        idle_rows(long_ago, state=state, stem=state.value)
    before = row_counts()
    assert [(one.system, one.suspended, one.warned) for one in suspend_dormant(at)] == [("smis", [], [])]
    assert more_rows(before) == {}


def test_the_command(app, at):
    names = idle_rows([at.now - 3650 * DAY])
    invoke = app.test_cli_runner().invoke
    for arguments, told in (
        (["--dry-run"], ["smis: 1 suspended, 0 warned", f"{names[0]}: suspended", "nothing was changed"]),
        ([], ["smis: 1 suspended, 0 warned", f"{names[0]}: suspended"]),
        ([], ["smis: 0 suspended, 0 warned"]),
    ):
        output = invoke(args=["portal", "suspend-dormant", *arguments]).output
        assert all(words in output for words in told), output


# ------------------------------------------------------------ at sign-in


def test_a_card_finds_its_account_suspended_at_the_boundary(tree_app, tree):
    with tree_app.app_context():
        person = holder_of_card(tree_app)
        card = tree.card(life=20 * YEAR)
        assert enter_first(card, person, circumstance(tree_app, NOON)).token
        with write() as session:
            locked(session, person.row).idle_since = NOON - 180 * DAY + MOMENT
        assert present(card, circumstance(tree_app, NOON)).token
        with write() as session:
            locked(session, person.row).idle_since = NOON - 180 * DAY
        refusal = outcome(present, card, circumstance(tree_app, NOON))
        assert (refusal.code, refusal.sentence) == ("sign-in-suspended", SMIS.messages["suspended"])
        assert row_of(person.name).suspended_because is SuspensionCause.DORMANT
        assert letters_to(person.email, SUSPENDED)


def test_a_first_card_of_somebody_who_never_came(tree_app, tree):
    with tree_app.app_context():
        person = holder_of_card(tree_app)
        with write() as session:
            locked(session, person.row).idle_since = NOON - 180 * DAY
        assert outcome(present, tree.card(), circumstance(tree_app, NOON)).code == "sign-in-suspended"
        assert not letters_to(person.email, "card-code")


def test_a_password_finds_its_account_suspended(app, make_person):
    person = make_person("fox")
    strict = replace(HWMS, dormancy=Dormancy(180))
    with app.app_context():
        with write() as session:
            row = session.scalars(select(Account).where(Account.name == person.name)).one()
            row.idle_since = NOON - 180 * DAY
        refusal = outcome(sign_in, strict, person.name, person.password, "", circumstance(app, NOON))
        assert refusal.code == "sign-in-suspended"
        assert row_of(person.name).state is AccountState.SUSPENDED
