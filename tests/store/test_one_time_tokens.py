"""One-time tokens: the newest works, once, until its time is over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.domain.one_time_token import TOKEN_LIFE, OneTimeToken, TokenPurpose
from portal.store.database import read, write
from portal.store.one_time_tokens import issue_token, token_by_id, use_token
from tests.rig.rows import NOON, new_account
from tests.rig.threads import together

PROVE, RESET = TokenPurpose.PROVE_EMAIL, TokenPurpose.RESET_PASSWORD
MOMENT = timedelta(microseconds=1)


def issue(account_id=None, email="fox@x.tw", purpose=RESET, system="hwms", now=NOON) -> str:
    with write() as session:
        return issue_token(session, purpose, system, email, account_id, now).id


def use(token_id: str, now=NOON) -> bool:
    with write() as session:
        return use_token(session, session.get_one(OneTimeToken, token_id), now)


def accounts(number: int) -> list[int]:
    with write() as session:
        return [new_account(session).id for _ in range(number)]


@pytest.mark.parametrize("purpose", TokenPurpose)
def test_a_token_works_once_and_in_time(app, purpose):
    life = TOKEN_LIFE[purpose]
    with app.app_context():
        first, second = issue(purpose=purpose, email="a@x.tw"), issue(purpose=purpose, email="b@x.tw")
        assert use(first, NOON + life - MOMENT)
        assert not use(first)
        assert not use(second, NOON + life)
        assert token_by_id(read(), first).used_at == NOON + life - MOMENT


def test_sixteen_at_once_and_one_uses_it(app):
    with app.app_context():
        token_id = issue()
    assert sorted(together(app, use, [token_id] * 16)) == [False] * 15 + [True]


def test_a_newer_one_supersedes_those_of_its_holder_and_purpose_only(app):
    with app.app_context():
        fox, wolf = accounts(2)
        old = issue(fox, purpose=PROVE)
        others = [
            issue(fox, purpose=RESET), issue(wolf, purpose=PROVE), issue(fox, purpose=PROVE, system="portal"),
            issue(None, purpose=PROVE),
        ]  # fmt: skip
        new = issue(fox, purpose=PROVE, email="other@x.tw")
        assert not use(old)
        assert all(use(other) for other in others)
        assert use(new)


def test_an_addresss_token_supersedes_by_address(app):
    with app.app_context():
        (fox,) = accounts(1)
        old, other, of_account = issue(), issue(email="wolf@x.tw"), issue(fox)
        issue()
        assert [use(old), use(other), use(of_account)] == [False, True, True]


def test_a_used_one_stays_used_and_is_not_superseded(app):
    with app.app_context():
        old = issue()
        use(old)
        issue()
        assert token_by_id(read(), old).superseded_at is None
        assert token_by_id(read(), "nobody") is None
