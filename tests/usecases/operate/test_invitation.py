"""The first administrators: a one-time link, never a default password."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.domain.account import Account, AccountState
from portal.domain.credential import PasswordCredential
from portal.domain.unit import Unit
from portal.store.audit_events import broken_links
from portal.store.database import read
from portal.usecases.apply.prove_email import BadLink, prove_email
from portal.usecases.entry.reset_password import accept_invitation, reset_password
from portal.usecases.entry.second_proof import ways_on
from portal.usecases.entry.sign_in import WRONG, sign_in
from portal.usecases.operate.invite_administrator import DESK_CODE, invite_administrator
from tests.rig.acts import DESK, HWMS, letters_to, more_rows, newest_link, row_counts
from tests.rig.people import circumstance
from tests.rig.refusals import refusal_of
from tests.rig.threads import together

PHRASE = "quiet river under pale stones 47"
ADDRESS = "desk@example.com"


@pytest.fixture
def invited(app):
    """When somebody was invited, and the link they got."""
    at = circumstance(app)
    with app.app_context():
        name, link = invite_administrator(DESK, ADDRESS, "服務台 林小姐", at)
        assert name == "desk"
        yield at, link.removeprefix("http://localhost/letter/")


def test_the_link_of_the_command_is_the_link_of_the_letter(app, invited):
    at, link = invited
    assert link == newest_link(ADDRESS, "administrator-invitation", at)
    account = read().scalars(select(Account)).one()
    assert (account.kind, account.state, account.holder_name) == (
        "service-desk",
        AccountState.PENDING,
        "服務台 林小姐",
    )
    assert read().scalars(select(PasswordCredential)).all() == [], "there is no default password"
    assert refusal_of(sign_in, DESK, "desk", "", "", at).sentence == WRONG


def test_choosing_a_password_opens_the_account(app, invited):
    at, link = invited
    assert accept_invitation(DESK, link, PHRASE, at) == "desk"
    half = sign_in(DESK, "desk", PHRASE, "", at)
    assert ways_on(DESK, half.ticket, at).begins, "an authenticator comes next"
    assert broken_links(read()) == []


def test_the_link_works_once_for_a_day_and_for_nothing_else(app, invited):
    at, link = invited
    late = circumstance(app, now=at.now + timedelta(days=1))
    assert refusal_of(accept_invitation, DESK, link, PHRASE, late).reason == "late"
    for act in (lambda: prove_email(DESK, link, at), lambda: reset_password(DESK, link, "desk", PHRASE, at)):
        assert refusal_of(act).reason == "forged"
    for bad in ("too short", "", "password" * 4):
        assert refusal_of(accept_invitation, DESK, link, bad, at).field == "password"
    accept_invitation(DESK, link, PHRASE, at)
    assert refusal_of(accept_invitation, DESK, link, PHRASE + "!", at).reason == "used"


def test_eight_at_once_and_one_chooses(app, invited):
    at, link = invited
    answers = together(app, lambda n: accept_invitation(DESK, link, f"{PHRASE} {n}", at), range(8))
    assert answers.count("desk") == 1
    assert all(isinstance(answer, BadLink) for answer in answers if answer != "desk")


def test_a_second_invitation_makes_a_new_link_for_the_same_account(app, invited):
    at, first = invited
    name, second = invite_administrator(DESK, "Desk@Example.com", "另一個名字", at)
    assert name == "desk"
    assert refusal_of(accept_invitation, DESK, first, PHRASE, at).reason == "superseded"
    accept_invitation(DESK, second.rpartition("/")[2], PHRASE, at)
    assert read().scalars(select(Account.name)).all() == ["desk"]


def test_who_has_an_account_is_not_invited_again(app, invited):
    at, link = invited
    accept_invitation(DESK, link, PHRASE, at)
    before = row_counts()
    assert "desk" in refusal_of(invite_administrator, DESK, ADDRESS, "x", at).sentence
    assert more_rows(before) == {}


def test_a_bad_address_or_name_invites_nobody(app):
    with app.app_context():
        before = row_counts()
        for email, name in (("no address", "林"), (ADDRESS, ""), (ADDRESS, "123"), ("a@x.tw", "林" * 61)):
            assert refusal_of(invite_administrator, DESK, email, name, circumstance(app)).status == 422
        assert more_rows(before) == {}


def test_nobody_is_invited_into_a_system_whose_accounts_are_applied_for(app):
    with app.app_context():
        before = row_counts()
        assert "HWMS" in refusal_of(invite_administrator, HWMS, ADDRESS, "林小姐", circumstance(app)).sentence
        assert more_rows(before) == {}


def test_the_desk_is_one_unit_outside_the_tree_of_agencies(app, invited):
    at, _ = invited
    invite_administrator(DESK, "second@example.com", "林小姐", at)
    desk = read().scalars(select(Unit).where(Unit.code == DESK_CODE)).one()
    assert (desk.kind, desk.parent_id, len(desk.path)) == ("service-desk", None, 5)
    assert {account.unit_id for account in read().scalars(select(Account))} == {desk.id}


def test_the_command(app):
    run = app.test_cli_runner().invoke
    told = run(args=["portal", "invite-administrator", ADDRESS, "--name", "林小姐"])
    assert told.exit_code == 0
    assert "account: desk" in told.output
    assert "http://localhost/letter/" in told.output
    assert run(args=["portal", "invite-administrator", "no address"]).exit_code == 1
    wrong = run(args=["portal", "invite-administrator", ADDRESS, "--system", "nothing"])
    assert wrong.exit_code == 1
    assert "portal" in wrong.output
    with app.app_context():
        assert len(letters_to(ADDRESS)) == 1
