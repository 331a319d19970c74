"""帳號申請: from the filled form to a pending account and its letter."""

from __future__ import annotations

import re

from sqlalchemy import select

from portal.domain.account import Account, AccountState
from portal.domain.application import Application, ApplicationState, PermissionRequest, RequestState
from portal.domain.counter import APPLICATIONS_BY_ADDRESS
from portal.domain.refusal import Refusal
from portal.domain.unit import Unit
from portal.store.audit_events import broken_links
from portal.store.counters import counter_key, take
from portal.store.credentials import current_password, password_matches
from portal.store.database import read, write
from portal.usecases.apply.apply_for_account import apply_for_account, problems_of
from tests.rig.acts import HWMS, PASSWORD, letters_to, more_rows, row_counts, submission
from tests.rig.people import CLEANING_TEAM, MINISTRY, circumstance
from tests.rig.refusals import refusal_of
from tests.rig.rows import NOON, unit
from tests.rig.threads import together


def test_what_is_kept_of_an_application(app):
    at = circumstance(app, now=NOON)
    with app.app_context():
        public_id = apply_for_account(
            HWMS, submission("fox52fox", fax="0223117722", phone_extension="12"), at
        )
        account = read().scalars(select(Account)).one()
        application = read().scalars(select(Application)).one()
        assert (account.name, account.state, account.kind) == ("fox52fox", AccountState.PENDING, "general")
        assert (account.email, account.phone, account.phone_extension) == (
            "fox52fox@example.com",
            "0225569785",
            "12",
        )
        assert account.unit_path == unit(read(), "EPB-65000").path
        assert (account.created_at, account.reviewed_at, account.activated_at) == (NOON, None, None)
        assert (application.public_id, application.state) == (public_id, ApplicationState.SUBMITTED)
        assert (application.notice_version, application.agreed_at) == (HWMS.notice.version, NOON)
        assert re.fullmatch(r"HWMS-1151120-[2-9A-Z]{6}", application.case_number)
        assert application.answers["name"] == "黃小狐"
        assert PASSWORD not in str(vars(application)) + str(vars(account))
        credential = current_password(read(), account.id)
        assert password_matches(PASSWORD, credential.hash, at.settings.pepper)
        wanted = read().scalars(select(PermissionRequest.permission)).all()
        assert sorted(wanted) == ["plastic-microbeads", "single-use-products"]
        (letter,) = letters_to("fox52fox@example.com")
        assert (letter.kind, letter.context["account_name"]) == ("verify-email", "fox52fox")
        assert broken_links(read()) == []


def test_sixteen_applications_for_one_name_give_sixteen_names(app):
    forms = [submission("fox52fox", nonce=f"n{number}") for number in range(16)]

    def apply(form):
        while True:
            try:
                return apply_for_account(HWMS, form, circumstance(app))
            except Refusal as refusal:
                if "稍候幾秒" not in refusal.sentence:
                    raise

    numbers = together(app, apply, forms)
    assert len(set(numbers)) == 16
    with app.app_context():
        names = read().scalars(select(Account.name)).all()
        assert sorted(names) == ["fox52fox", *(f"fox52fox{number:02d}" for number in range(1, 16))]
        assert len(letters_to("fox52fox@example.com", "verify-email")) == 16
        assert broken_links(read()) == []


def test_the_same_form_sent_eight_times_at_once_is_one_application(app):
    at = circumstance(app)
    answers = together(app, lambda _: apply_for_account(HWMS, submission(), at), range(8))
    assert len(set(answers)) == 1, answers
    assert isinstance(answers[0], str)
    with app.app_context():
        assert read().scalars(select(Account.name)).all() == ["fox"]
        assert len(letters_to("fox@example.com")) == 1


def test_the_same_form_from_two_networks_at_once_is_one_application(app):
    answers = together(app, lambda _: apply_for_account(HWMS, submission(), circumstance(app)), range(4))
    assert len(set(answers)) == 1, answers
    assert isinstance(answers[0], str)


def test_the_same_form_sent_again_later_changes_nothing(app):
    with app.app_context():
        first = apply_for_account(HWMS, submission(), circumstance(app))
        before = row_counts()
        assert apply_for_account(HWMS, submission(), circumstance(app)) == first
        assert more_rows(before) == {}


OTHERS = {
    "address": {"email": "wolf@example.com"},
    "name": {"name": "黃大狼"},
    "phone": {"phone": "0912345678"},
    "gender": {"gender": "male"},
    "one more answer": {"fax": "0223117722"},
    "unit": {"unit_code": "EPB-63000"},
    "kind of unit": {"unit_kind": MINISTRY[0], "unit_code": MINISTRY[1]},
    "kind of account": {"account_kind": "unit-administrator"},
    "permissions": {"permissions": ("single-use-products",)},
    "no permissions": {"permissions": ()},
}


def test_a_solved_captcha_is_good_for_one_form_only(app, subtests):
    with app.app_context():
        apply_for_account(HWMS, submission(nonce="once"), circumstance(app))
        before = row_counts()
        for other, changes in OTHERS.items():
            with subtests.test(other):
                changed = submission(nonce="once", **changes)
                refusal = refusal_of(apply_for_account, HWMS, changed, circumstance(app))
                assert (refusal.field, refusal.code) == ("captcha", "captcha-replayed")
        assert more_rows(before) == {}


def test_the_order_of_permissions_makes_no_other_form(app):
    with app.app_context():
        first = apply_for_account(HWMS, submission(), circumstance(app))
        turned = submission(permissions=("plastic-microbeads", "single-use-products"))
        assert apply_for_account(HWMS, turned, circumstance(app)) == first


def test_an_address_in_use_is_taken_like_any_other_and_its_owner_is_told(app):
    with app.app_context():
        for nonce in ("n1", "n2", "n3"):
            apply_for_account(HWMS, submission(nonce=nonce, email="Fox@example.com"), circumstance(app))
        told = [letter.context["others"] for letter in letters_to("Fox@example.com")]
        assert told == [[], ["fox"], ["fox", "fox01"]]


BAD = {
    "no kind of unit": ({"unit_kind": ""}, "unit_kind"),
    "an unknown kind of unit": ({"unit_kind": "health-bureau"}, "unit_kind"),
    "no unit": ({"unit_code": ""}, "unit"),
    "an unknown unit": ({"unit_code": "EPB-99999"}, "unit"),
    "a unit of another kind": ({"unit_code": CLEANING_TEAM[1]}, "unit"),
    "a kind for another unit": ({"unit_kind": "ministry"}, "unit"),
    "the service desk as a unit": ({"unit_kind": "service-desk", "unit_code": "SERVICE-DESK"}, "unit_kind"),
    "no kind of account": ({"account_kind": ""}, "account_kind"),
    "an unknown kind of account": ({"account_kind": "service-desk"}, "account_kind"),
    "an administrator of a cleaning team": (
        {"unit_kind": CLEANING_TEAM[0], "unit_code": CLEANING_TEAM[1], "account_kind": "unit-administrator",
         "permissions": ("monthly-collection",)}, "account_kind",
    ),
    "a permission of the ministry's": ({"permissions": ("reporting-control",)}, "permissions"),
    "a permission nobody has": ({"permissions": ("single-use-products", "everything")}, "permissions"),
    "a password that breaks the rule": ({"password": "short"}, "password"),
    "a password with the own name": ({"email": "ustrust4k@x.tw", "password": "Ustrust4K#m9"}, "password"),
    "a password with the own telephone": ({"phone": "0225569785", "password": "0225569785Aa#"}, "password"),
}  # fmt: skip


def test_what_does_not_fit_together_is_refused_at_its_field_and_keeps_nothing(app, subtests):
    with app.app_context():
        before = row_counts()
        for bad, (changes, field) in BAD.items():
            with subtests.test(bad):
                form = submission(**changes)
                assert [problem.field for problem in problems_of(HWMS, form, circumstance(app))] == [field]
                refusal = refusal_of(apply_for_account, HWMS, form, circumstance(app))
                assert (refusal.field, refusal.status) == (field, 422)
        assert more_rows(before) == {}


def test_all_problems_are_told_at_once(app):
    with app.app_context():
        form = submission(unit_code="EPB-99999", account_kind="x", permissions=("x",), password="x")
        fields = {problem.field for problem in problems_of(HWMS, form, circumstance(app))}
        assert fields == {"unit", "account_kind", "permissions", "password"}


def test_a_closed_unit_takes_no_applications(app):
    with app.app_context():
        with write() as session:
            session.scalars(select(Unit).where(Unit.code == "EPB-65000")).one().closed_on = NOON.date()
        assert refusal_of(apply_for_account, HWMS, submission(), circumstance(app)).field == "unit"


def test_one_network_may_send_so_many_an_hour_and_no_more(app):
    limit = APPLICATIONS_BY_ADDRESS.times
    assert limit >= 60, "a whole agency sits behind one address"
    at = circumstance(app, now=NOON)
    with app.app_context():
        key = counter_key(APPLICATIONS_BY_ADDRESS, at.address)
        with write() as session:
            for _ in range(limit):
                take(session, APPLICATIONS_BY_ADDRESS, key, NOON)
        refusal = refusal_of(apply_for_account, HWMS, submission(), at)
        assert refusal.status == 429
        assert read().scalars(select(Account)).all() == []


def test_the_longest_answers_allowed_fit_into_both_databases(app):
    email = f"{'a' * 64}@{'.'.join(['b' * 61] * 3)}.tw"
    form = submission("x", email=email, name="𡍼" * 50, phone="0912345678", phone_extension="123456")
    with app.app_context():
        apply_for_account(HWMS, form, circumstance(app))
        account = read().scalars(select(Account)).one()
        assert (account.email, account.holder_name, account.name) == (email, "𡍼" * 50, "a" * 40)


def test_requests_wait_until_somebody_decides(app):
    with app.app_context():
        apply_for_account(HWMS, submission(), circumstance(app))
        assert set(read().scalars(select(PermissionRequest.state))) == {RequestState.REQUESTED}
