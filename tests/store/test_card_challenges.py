"""Card challenges: kept as asked, used once, dropped when they decide nothing any more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from portal.domain.card_challenge import CHALLENGE_LIFE, CardChallenge, CardPurpose
from portal.store.card_challenges import challenge_by_nonce, keep_challenge, purge_challenges, use_challenge
from portal.store.database import read, write
from tests.rig.rows import NOON
from tests.rig.threads import together


@pytest.fixture(autouse=True)
def inside(app):
    with app.app_context():
        yield


def keep(nonce: str, now=NOON) -> None:
    with write() as session:
        keep_challenge(
            session,
            CardChallenge(
                nonce=nonce,
                text=f"cardauth.v1.{nonce}",
                purpose=CardPurpose.SIGN_IN,
                system="hwms",
                session_hash="a" * 64,
                expires_at=now + CHALLENGE_LIFE,
            ),
        )


def use(nonce: str, now=NOON) -> bool:
    with write() as session:
        return use_challenge(session, nonce, now)


def test_it_is_kept_as_it_was_asked():
    keep("one")
    found = challenge_by_nonce(read(), "one")
    assert (found.text, found.purpose, found.system) == ("cardauth.v1.one", CardPurpose.SIGN_IN, "hwms")
    assert (found.expires_at, found.used_at, found.account_id) == (NOON + timedelta(seconds=120), None, None)
    assert challenge_by_nonce(read(), "two") is None
    assert challenge_by_nonce(read(), "") is None


def test_a_number_is_given_once():
    keep("one")
    with pytest.raises(IntegrityError):
        keep("one")


def test_it_is_used_once():
    keep("one")
    keep("two")
    assert use("one")
    assert not use("one", NOON + timedelta(seconds=1))
    assert not use("never asked")
    read().rollback()
    assert challenge_by_nonce(read(), "one").used_at == NOON
    assert use("two")


def test_sixteen_at_once_and_one_uses_it(app):
    keep("one")
    assert sorted(together(app, use, ["one"] * 16)) == [False] * 15 + [True]


def test_a_look_sees_what_others_did_meanwhile(app):
    keep("one")
    with write() as session:
        assert challenge_by_nonce(session, "one").used_at is None
        assert use_challenge(session, "one", NOON)
        assert challenge_by_nonce(session, "one").used_at == NOON


def test_only_old_ones_are_dropped():
    keep("old", NOON - timedelta(days=2))
    keep("new")
    with write() as session:
        assert purge_challenges(session, NOON - timedelta(days=1)) == 1
    read().rollback()
    assert challenge_by_nonce(read(), "old") is None
    assert challenge_by_nonce(read(), "new")
