"""The demonstration: made once, kept, readable by its owner only, and never on somebody else's database."""

from __future__ import annotations

import re
import stat

import pytest
from sqlalchemy import select

from portal.domain.account import Account, AccountState
from portal.store.audit_events import broken_links
from portal.store.database import read
from portal.usecases.entry.second_proof import confirm_code, ways_on
from portal.usecases.entry.sign_in import sign_in
from portal.usecases.operate import prepare_demonstration as prepare_module
from portal.usecases.operate.prepare_demonstration import (
    FILE,
    WITH_CARD,
    NotADemonstration,
    prepare_demonstration,
)
from portal.usecases.read_systems import systems
from tests.rig.acts import more_rows, row_counts
from tests.rig.people import circumstance
from tests.rig.refusals import outcome

LINE = re.compile(r"^  (/\S+)\s+(\S+)\s+(\S+)\s+(.+?)（(.+)）$", re.M)


@pytest.fixture(autouse=True)
def cards(ready_cards):
    """What they are is tested elsewhere."""


@pytest.fixture
def app_settings():
    return {"PORTAL_DEMO": True, "PUBLIC_ORIGIN": "http://127.0.0.1:8000"}


def test_everybody_told_of_can_sign_in_or_is_told_what_is_missing(app, tmp_path):
    with app.app_context():
        told = prepare_demonstration(circumstance(app))
        lines = LINE.findall(told)
        assert len(lines) == len(read().scalars(select(Account)).all()) >= 6
        for page, name, password, _, facts in lines:
            system = systems()[page.strip("/").split("/")[1]]
            if "password" not in system.sign_in:
                assert password == WITH_CARD
                continue
            answer = outcome(sign_in, system, name, password, "", circumstance(app))
            if "驗證碼" in facts:  # read off the page, in a minute
                code = ways_on(system, answer.ticket, circumstance(app)).demo_code
                assert confirm_code(system, answer.ticket, code, circumstance(app)).reviews
            elif "可登入" in facts:
                assert not answer.reviews
            else:
                assert answer.code == "sign-in-pending"
        assert broken_links(read()) == []
        states = set(read().scalars(select(Account.state)))
        assert states == {AccountState.ACTIVE, AccountState.PENDING, AccountState.SUSPENDED}


def test_passwords_are_random_and_their_file_is_private(app, tmp_path):
    with app.app_context():
        told = prepare_demonstration(circumstance(app))
    file = tmp_path / FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text(encoding="utf-8").strip() in told
    passwords = [line[2] for line in LINE.findall(told) if line[2] != WITH_CARD]
    assert len(set(passwords)) == len(passwords)


def test_a_second_start_keeps_everything(app):
    with app.app_context():
        first = prepare_demonstration(circumstance(app))
        before = row_counts()
        assert prepare_demonstration(circumstance(app)) == first
        assert more_rows(before) == {}


def test_a_lost_file_means_new_passwords_for_the_same_accounts(app, tmp_path):
    with app.app_context():
        first = LINE.findall(prepare_demonstration(circumstance(app)))
        before = row_counts()
        (tmp_path / FILE).unlink()
        second = LINE.findall(prepare_demonstration(circumstance(app)))
        with_password = [line for line in first if line[2] != WITH_CARD]
        assert more_rows(before) == {"password_credential": len(with_password)}
        assert [line[1] for line in second] == [line[1] for line in first]
        for (_, name, old, *_), (_, _, new, *_) in zip(first, second, strict=True):
            if old == WITH_CARD:
                continue
            system = systems()["portal" if name == "desk" else "hwms"]
            assert outcome(sign_in, system, name, old, "", circumstance(app)).code == "sign-in-wrong"
            assert getattr(outcome(sign_in, system, name, new, "", circumstance(app)), "code", None) in {
                None,
                "sign-in-pending",
            }


@pytest.mark.parametrize("after", [0, 1, 3])
def test_a_start_that_was_broken_off_is_taken_up_again(app, monkeypatch, after):
    made = []

    def breaks_off(row, cards, at):
        if len(made) == after:
            raise KeyboardInterrupt
        made.append(row["name"])
        return real(row, cards, at)

    real = prepare_module._make_account
    monkeypatch.setattr(prepare_module, "_make_account", breaks_off)
    with app.app_context():
        with pytest.raises(KeyboardInterrupt):
            prepare_demonstration(circumstance(app))
        monkeypatch.setattr(prepare_module, "_make_account", real)
        lines = LINE.findall(prepare_demonstration(circumstance(app)))
        assert [line[1] for line in lines] == [row["name"] for row in prepare_module._people()]
        assert len(read().scalars(select(Account)).all()) == len(lines)


def test_a_database_with_other_peoples_accounts_is_left_alone(app, make_person, tmp_path):
    make_person("fox", state="waiting")
    with app.app_context():
        before = row_counts()
        with pytest.raises(NotADemonstration, match="DATABASE_URL"):
            prepare_demonstration(circumstance(app))
        assert more_rows(before) == {}
    assert not (tmp_path / FILE).exists()


def test_the_command(app, make_app, make_person):
    run = app.test_cli_runner().invoke
    assert "示範帳號與密碼" in run(args=["portal", "prepare"]).output
    production = make_app(PORTAL_DEMO=False, PUBLIC_ORIGIN="http://localhost")
    assert production.test_cli_runner().invoke(args=["portal", "prepare"]).exit_code == 0


def test_the_command_says_why_it_stays_away(app, make_person):
    make_person("fox", state="waiting")
    told = app.test_cli_runner().invoke(args=["portal", "prepare"])
    assert told.exit_code == 1
    assert "no demonstration" in told.output


def test_in_production_no_accounts_are_made(make_app):
    app = make_app(PORTAL_DEMO=False)
    app.test_cli_runner().invoke(args=["portal", "prepare"])
    with app.app_context():
        assert read().scalars(select(Account)).all() == []
