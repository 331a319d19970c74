"""The receipt, the printed form and 我的帳號 say what was applied for and where it stands."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from portal.domain.application import Application
from portal.domain.refusal import NotFound
from portal.store.database import read
from portal.usecases.apply.apply_for_account import apply_for_account
from portal.usecases.apply.choose_unit import unit_choices
from portal.usecases.apply.prove_email import prove_email, withdraw_application
from portal.usecases.apply.show_application import print_application, print_application_in_reach, receipt
from portal.usecases.own_account.show_account import own_account
from portal.usecases.review.decide_account import activate_account, delete_account
from tests.rig.acts import DESK, HWMS, acting, newest_link, submission
from tests.rig.people import CLEANING_TEAM, circumstance
from tests.rig.refusals import refusal_of


def text_of(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).replace("\n", "")


def test_the_receipt_follows_the_case(app, make_person):
    boss = make_person("boss", kind="unit-administrator")
    fox = make_person("fox", state="waiting")
    with app.app_context():
        at = circumstance(app)

        def shown():
            read().rollback()
            return receipt(HWMS, fox.application_id, at)

        sent = shown()
        assert (sent.account_name, sent.email, sent.stage) == ("fox", fox.email, "waiting")
        assert dict(sent.answers) == {
            "所屬單位": "縣市環保局／新北市環保局", "Email": fox.email, "姓名": fox.holder, "性別": "女",
            "連絡電話": "02-25569785", "需求項目權限": "一般帳號", "源頭減量": "一次用產品、水銀溫度計、含汞乾電池",
        }  # fmt: skip
        assert sent.outstanding == ("review", "email-link")
        activate_account(HWMS, fox.account_id, acting(app, boss))
        assert (shown().stage, shown().outstanding) == ("waiting", ("email-link",))
        prove_email(HWMS, newest_link(fox.email, "verify-email", at), at)
        assert (shown().stage, shown().outstanding) == ("approved", ())
        end = acting(app, boss)
        delete_account(HWMS, fox.account_id, "", end)
        assert (shown().stage, shown().closed_at) == ("ended", end.now)


@pytest.mark.parametrize("state", ["waiting", "reviewed"])
def test_what_was_withdrawn_is_told_as_such(app, make_person, state):
    fox = make_person("fox", state=state)
    with app.app_context():
        at = circumstance(app)
        withdraw_application(HWMS, newest_link(fox.email, "verify-email", at), at)
        read().rollback()
        shown = receipt(HWMS, fox.application_id, at)
        assert (shown.stage, shown.closed_at) == ("withdrawn" if state == "waiting" else "ended", at.now)


@pytest.mark.parametrize("show", [receipt, print_application])
def test_what_is_not_there_or_of_another_system(app, make_person, show):
    fox = make_person("fox", state="waiting")
    with app.app_context():
        more = (circumstance(app),) if show is receipt else ()
        for system, public_id in ((HWMS, "nobody"), (HWMS, ""), (DESK, fox.application_id)):
            assert isinstance(refusal_of(show, system, public_id, *more), NotFound)


def test_the_form_shows_what_was_applied_for_and_not_what_was_added_later(app, make_person):
    boss = make_person("boss", kind="unit-administrator")
    form = submission("fox", phone_extension="12", fax="0223117722", name="谷辣斯．尤達卡")
    with app.app_context():
        public_id = apply_for_account(HWMS, form, circumstance(app))
        at = acting(app, boss)
        application = read().scalars(select(Application).where(Application.public_id == public_id)).one()
        pdf, name = print_application(HWMS, public_id)
        printed = text_of(pdf)
        for word in (
            application.case_number, "fox", "fox@example.com", "谷辣斯", "縣市環保局／新北市環保局", "一般帳號", "女",
            "02-25569785#12", "02-23117722", "一次用產品", "塑膠微粒",
        ):  # fmt: skip
            assert word in printed, word
        assert name == f"{application.case_number}.pdf"
        account_id = receipt_account(app, public_id)
        activate_account(HWMS, account_id, at, permissions=["single-use-products", "fund-and-use"])
        read().rollback()
        again = text_of(print_application_in_reach(HWMS, account_id, at)[0])
        assert "塑膠微粒" in again
        assert "基金及運用" not in again


def receipt_account(app, public_id: str) -> str:
    from portal.domain.account import Account

    query = select(Account.public_id).join(Application, Application.account_id == Account.id)
    return read().scalars(query.where(Application.public_id == public_id)).one()


def test_own_account_says_unit_kind_and_permissions(app, make_person):
    fox = make_person("fox", unit=CLEANING_TEAM)
    with app.app_context():
        own = own_account(acting(app, fox))
        assert (own.account.name, own.kind, own.system.key) == ("fox", "一般帳號", "hwms")
        assert own.unit.startswith("清潔隊／新北市／")
        assert own.permissions == {"清除與回收": ["清除量與回收量月填報表"]}


def test_choices_follow_from_kind_and_county(app):
    with app.app_context():
        nothing = unit_choices(HWMS, "", "臺北市")
        assert (nothing.kind, nothing.units, nothing.permissions) == (None, [], {})
        ministry = unit_choices(HWMS, "ministry", "")
        assert ("MOENV-EMA", "環境部環境管理署") in ministry.units
        assert "申報管控" in ministry.permissions
        team = unit_choices(HWMS, "cleaning-team", "")
        assert (len(team.counties), team.county, team.units) == (22, "", [])
        taipei = unit_choices(HWMS, "cleaning-team", "臺北市")
        assert ("CT-63000050", "中正區清潔隊") in taipei.units
        assert [kind.label for kind in taipei.account_kinds] == ["一般帳號"]
        assert unit_choices(HWMS, "cleaning-team", "火星").county == ""
