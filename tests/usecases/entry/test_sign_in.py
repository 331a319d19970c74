"""登入: the right password opens, five wrong ones close, and nobody learns which accounts exist."""

from __future__ import annotations

from datetime import timedelta

import bcrypt
import pytest
from sqlalchemy import select

from portal.domain.account import Account, AccountState
from portal.domain.audit import AuditEvent, EventType
from portal.domain.counter import Limit
from portal.domain.login_session import LoginSession
from portal.domain.permission import Permission
from portal.store.accounts import change_state, locked
from portal.store.database import read, write
from portal.usecases.entry import sign_in as module
from portal.usecases.entry.reset_password import ask_reset, reset_password
from portal.usecases.entry.sign_in import CLOSED, WRONG, SignedIn, actor_of, sign_in
from tests.rig.acts import DESK, HWMS, OTHER_PASSWORD, PASSWORD, acting, more_rows, newest_link, row_counts
from tests.rig.people import circumstance
from tests.rig.refusals import refusal_of
from tests.rig.threads import together

QUARTER = timedelta(minutes=15)
MOMENT = timedelta(microseconds=1)


@pytest.fixture
def fox(make_person):
    return make_person("fox")


@pytest.fixture
def at(app):
    with app.app_context():
        yield circumstance(app)


def guess(at, password: str = "wrong", name: str = "fox", device: str = ""):
    return refusal_of(sign_in, HWMS, name, password, device, at)


def suspend(name: str, state: AccountState = AccountState.SUSPENDED) -> None:
    with write() as session:
        account = session.scalars(select(Account).where(Account.name == name)).one()
        change_state(session, locked(session, account.id), state)


def test_a_session_begins(app, fox, at):
    before = row_counts()
    opened = sign_in(HWMS, "fox", PASSWORD, "", at)
    assert more_rows(before) == {"login_session": 1, "audit_event": 1, "counter": 1}
    actor = actor_of(opened.token, at)
    assert (actor.system, actor.name, actor.holder_name, actor.kind) == ("hwms", "fox", "張小美", "general")
    assert actor.permissions == {Permission.USE_OWN_ACCOUNT}
    assert not opened.reviews
    event = read().scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert (event.type, event.actor, event.address) == (EventType.SIGNED_IN, "hwms/fox", at.address)


def test_a_name_is_known_however_it_is_typed(fox, at):
    for typed in ("fox", "FOX", " Fox ", "ｆｏｘ"):
        assert sign_in(HWMS, typed, PASSWORD, "", at).token


def test_a_password_is_taken_as_it_is(fox, at):
    for typed in (PASSWORD.lower(), f" {PASSWORD}", f"{PASSWORD} ", PASSWORD[:-1], f"{PASSWORD}\0"):
        assert guess(at, typed).sentence == WRONG


def test_the_time_before_this_one_is_remembered(app, fox, at):
    sign_in(HWMS, "fox", PASSWORD, "", at)
    sign_in(HWMS, "fox", PASSWORD, "", circumstance(app, now=at.now + QUARTER))
    read().rollback()
    account = read().scalars(select(Account)).one()
    assert (account.previous_sign_in_at, account.last_sign_in_at) == (at.now, at.now + QUARTER)


def test_five_failures_close_for_fifteen_minutes_after_the_fifth(app, fox, at):
    for minutes in range(5):
        now = at.now + timedelta(minutes=3 * minutes)
        assert guess(circumstance(app, now=now)).sentence == WRONG
    for moment in (now, now + timedelta(minutes=4), now + QUARTER - MOMENT):
        refusal = guess(circumstance(app, now=moment), PASSWORD)
        assert (refusal.sentence, refusal.status) == (CLOSED, 429)
    assert sign_in(HWMS, "fox", PASSWORD, "", circumstance(app, now=now + QUARTER)).token


def test_a_success_begins_anew(fox, at):
    for _ in range(4):
        for _ in range(4):
            assert guess(at).sentence == WRONG
        assert sign_in(HWMS, "fox", PASSWORD, "", at).token


def test_sixteen_guesses_at_once_and_no_more_than_five_are_looked_at(app, fox, at, monkeypatch):
    looked_at: list[str] = []
    monkeypatch.setattr(module, "password_matches", lambda typed, *_: looked_at.append(typed) or False)
    answers = together(app, lambda n: sign_in(HWMS, "fox", f"guess{n}", "", circumstance(app)), range(16))
    assert len(looked_at) == 5
    assert sorted(answer.sentence for answer in answers) == sorted([WRONG] * 5 + [CLOSED] * 11)


def test_the_right_one_among_sixteen_at_once(app, fox, at):
    words = [PASSWORD if number == 7 else f"guess{number}" for number in range(16)]
    answers = together(app, lambda word: sign_in(HWMS, "fox", word, "", circumstance(app)), words)
    opened = [answer for answer in answers if isinstance(answer, SignedIn)]
    assert len(opened) <= 1
    assert isinstance(answers[7], SignedIn) == bool(opened)


def test_another_account_is_not_closed_with_it(make_person, fox, at):
    make_person("wolf")
    for _ in range(6):
        guess(at)
    assert sign_in(HWMS, "wolf", PASSWORD, "", at).token


def test_who_signed_in_here_before_is_not_locked_out_by_others(app, fox, at):
    device = sign_in(HWMS, "fox", PASSWORD, "", at).device
    for _ in range(9):
        guess(at)
    assert guess(at, PASSWORD).sentence == CLOSED
    assert sign_in(HWMS, "fox", PASSWORD, device, at).token
    for _ in range(5):
        assert guess(at, device=device).sentence == WRONG
    assert guess(at, PASSWORD, device=device).sentence == CLOSED, "five guesses there, too"


def test_a_device_is_known_for_its_own_account_and_system_only(make_person, fox, at):
    make_person("wolf")
    device = sign_in(HWMS, "fox", PASSWORD, "", at).device
    for _ in range(6):
        guess(at, name="wolf")
    for foreign in (device, device[:-1], "x", "狐", "a" * 5000):
        assert guess(at, PASSWORD, "wolf", device=foreign).sentence == CLOSED
    assert "fox" not in device
    assert device != module.device_value("portal", "fox", at)


def test_many_wrong_names_from_one_network_close_it_but_not_for_a_known_browser(app, fox, at, monkeypatch):
    monkeypatch.setattr(module, "SIGN_IN_FAILURES_BY_ADDRESS", Limit("sign-in-address", 20, QUARTER))
    device = sign_in(HWMS, "fox", PASSWORD, "", at).device
    for number in range(20):
        assert guess(at, name=f"nobody{number}").sentence == WRONG
    assert guess(at, name="another").status == 429
    assert guess(at, PASSWORD).status == 429
    assert sign_in(HWMS, "fox", PASSWORD, device, at).token
    assert guess(circumstance(app), name="another").sentence == WRONG, "elsewhere it is open"


def test_those_who_get_in_do_not_close_their_network(fox, at, monkeypatch):
    monkeypatch.setattr(module, "SIGN_IN_FAILURES_BY_ADDRESS", Limit("sign-in-address", 5, QUARTER))
    for _ in range(12):
        assert sign_in(HWMS, "fox", PASSWORD, "", at).token


def test_known_and_unknown_accounts_cost_the_same_and_say_the_same(make_person, make_desk, at, monkeypatch):
    make_person("fox")
    make_person("waiting", state="waiting")
    make_person("ended")
    make_person("suspended")
    make_desk("elsewhere")
    suspend("ended", AccountState.ENDED)
    suspend("suspended")
    hashed: list[bytes] = []
    real = bcrypt.checkpw
    monkeypatch.setattr(bcrypt, "checkpw", lambda *both: hashed.append(both[1]) or real(*both))
    seen = {}
    for name in (
        "fox",
        "waiting",
        "ended",
        "suspended",
        "elsewhere",
        "nobody",
        "",
        "' or 1=1 --",
        "狐" * 500,
    ):
        before, hashed[:] = row_counts(), []
        refusal = guess(at, name=name)
        costs = [each.split(b"$")[2] for each in hashed]
        seen[name] = (
            refusal.sentence,
            refusal.field,
            refusal.status,
            costs,
            more_rows(before).get("audit_event"),
        )
    assert set(map(repr, seen.values())) == {repr((WRONG, None, 422, [b"04"], 1))}


@pytest.mark.parametrize(
    ("state", "words"),
    [("waiting", ["機關管理員啟用", "信箱認證"]), ("proved", ["機關管理員啟用"]), ("reviewed", ["信箱認證"])],
)
def test_who_is_not_there_yet_is_told_what_is_missing(make_person, at, state, words):
    make_person("fox", state=state)
    refusal = guess(at, PASSWORD)
    assert refusal.code == "sign-in-pending"
    assert [word for word in ("機關管理員啟用", "信箱認證") if word in refusal.sentence] == words
    assert read().scalars(select(LoginSession)).all() == []


def test_suspended_and_ended(fox, at):
    suspend("fox")
    assert guess(at, PASSWORD).code == "sign-in-suspended"
    suspend("fox", AccountState.ENDED)
    refusal = guess(at, PASSWORD)
    assert (refusal.code, refusal.sentence) == ("sign-in-ended", WRONG)


def test_systems_do_not_share_accounts(app, fox, make_desk, at):
    desk = make_desk("desk")
    assert refusal_of(sign_in, DESK, "fox", PASSWORD, "", at).sentence == WRONG
    assert acting(app, desk).actor.every_system


def test_a_password_replaced_while_it_was_compared_opens_nothing(app, fox, at, monkeypatch):
    ask_reset(HWMS, fox.email, at)
    link = newest_link(fox.email, "reset-password", at)
    real = module.password_matches

    def slow(*arguments) -> bool:
        answer = real(*arguments)
        reset_password(HWMS, link, "fox", OTHER_PASSWORD, circumstance(app))
        return answer

    monkeypatch.setattr(module, "password_matches", slow)
    assert guess(at, PASSWORD).sentence == WRONG
    assert read().scalars(select(LoginSession).where(LoginSession.ended_at.is_(None))).all() == []


def test_failures_are_counted_and_written_down_even_though_they_are_refused(fox, at):
    for _ in range(6):
        guess(at)
    read().rollback()
    types = read().scalars(select(AuditEvent.type).order_by(AuditEvent.id)).all()[-6:]
    assert types == [EventType.SIGN_IN_FAILED] * 5 + [EventType.SIGN_IN_CLOSED]
    last = read().scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert (last.actor, last.outcome) == ("hwms/fox", "refused")
    assert "wrong" not in str(vars(last))
