"""Sessions: found by the hash of a secret, and gone when anything of theirs ends."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from portal.domain.account import Account, AccountState
from portal.domain.login_session import LoginSession
from portal.store.database import read, write
from portal.store.login_sessions import (
    end_session,
    end_sessions_of,
    open_session,
    purge_sessions,
    session_holder,
    token_hash,
    touch_session,
)
from tests.rig.rows import NOON, new_account


def opened(account_id: int, now=NOON) -> str:
    with write() as session:
        return open_session(session, account_id, now, "192.0.2.1")


def account(state=AccountState.ACTIVE, **values) -> int:
    with write() as session:
        return new_account(session, state=state, **values).id


def is_open(token: str) -> bool:
    return session_holder(read(), token) is not None


def test_a_session_is_found_by_its_secret_only(app):
    with app.app_context():
        holder = account(name="fox", holder_name="王小明")
        token = opened(holder)
        row = session_holder(read(), token)
        assert (row.id, row.name, row.holder_name, row.started_at, row.seen_at) == (
            holder,
            "fox",
            "王小明",
            NOON,
            NOON,
        )
        for other in ("", "nobody", token[:-1], token + "a", token_hash(token)):
            assert not is_open(other)
        kept = read().scalars(select(LoginSession)).one()
        assert token not in {str(value) for value in vars(kept).values()}, "the table holds no cookie"


def test_secrets_are_long_and_never_the_same(app):
    with app.app_context():
        holder = account()
        tokens = {opened(holder) for _ in range(20)}
        assert len(tokens) == 20
        assert all(len(token) >= 43 for token in tokens)


def test_only_an_active_account_has_sessions(app):
    with app.app_context():
        for state in AccountState:
            holder = account(state)
            assert is_open(opened(holder)) == (state is AccountState.ACTIVE)
        holder = account()
        token = opened(holder)
        with write() as session:
            session.get_one(Account, holder).state = AccountState.SUSPENDED
        assert not is_open(token)


def test_ending_one_leaves_the_others(app):
    with app.app_context():
        holder = account()
        first, second = opened(holder), opened(holder)
        with write() as session:
            end_session(session, token_hash(first), NOON)
        assert (is_open(first), is_open(second)) == (False, True)


def test_ending_all_of_an_account_leaves_other_accounts_and_the_one_excepted(app):
    with app.app_context():
        holder, other = account(), account()
        mine, also_mine, theirs = opened(holder), opened(holder), opened(other)
        with write() as session:
            end_sessions_of(session, holder, NOON, token_hash(mine))
        assert [is_open(token) for token in (mine, also_mine, theirs)] == [True, False, True]
        with write() as session:
            end_sessions_of(session, holder, NOON)
        assert [is_open(token) for token in (mine, also_mine, theirs)] == [False, False, True]


def test_the_end_of_a_session_is_noted_once(app):
    with app.app_context():
        holder = account()
        hashed = token_hash(opened(holder))
        for moment in (NOON, NOON + timedelta(hours=1)):
            with write() as session:
                end_session(session, hashed, moment)
                end_sessions_of(session, holder, moment)
        assert read().get_one(LoginSession, hashed).ended_at == NOON


def test_touching_and_purging(app):
    with app.app_context():
        holder = account()
        seen, unseen = opened(holder, NOON - timedelta(days=40)), opened(holder, NOON - timedelta(days=40))
        with write() as session:
            touch_session(session, token_hash(seen), NOON)
        with write() as session:
            assert purge_sessions(session, NOON - timedelta(days=30)) == 1
        assert (is_open(seen), is_open(unseen)) == (True, False)
