"""更正姓名 over HTTP: from an application or from what somebody holds, and back again."""

from __future__ import annotations

import pytest

from portal.domain.account import Account
from portal.domain.offers import WantedPermission
from tests.rig.smis import BUREAU, smis_client, smis_person
from tests.rig.visits import page_of, send

pytestmark = pytest.mark.parametrize(
    "database_kind", ["sqlite"], indirect=True
)  # use-cases are tested on both
ADMIN = "/authority/smis/administration/"


@pytest.fixture
def boss(app):
    """The browser of the bureau's manager."""
    managed = (WantedPermission("ppe", "manager"),)
    return smis_client(app, smis_person(app, "chief", unit=BUREAU, wanted=managed, holder="林主任"))


@pytest.mark.parametrize("state", ["waiting", "active"])
def test_from_the_page_about_somebody_and_back(app, boss, session, state):
    fox = smis_person(app, "fox", state, holder="張小弧")
    here = f"requests/{fox.application_id}" if state == "waiting" else f"permissions/{fox.account_id}"
    address = f"{ADMIN}permissions/{fox.account_id}/name"
    (link,) = [one for one in page_of(boss.get(f"{ADMIN}{here}")).links if one.startswith(address)]
    page = page_of(boss.get(link))
    back = f"{ADMIN}{here}"
    assert back in page.fields["back"]
    wrong = send(boss, address, {"name": "張小狐", "back": back})
    assert page_of(wrong, 422).fields["name"] == ["張小狐"]
    assert "請填寫更正的原因" in page_of(wrong, 422).errors["reason"]
    done = send(boss, address, {"name": "張小狐", "reason": "誤植", "back": back})
    assert (done.status_code, done.headers["Location"]) == (303, back)
    assert "已將張小弧更正為張小狐" in boss.get(back).text
    session.rollback()
    assert session.get_one(Account, fox.row).holder_name == "張小狐"


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example", "/account/"])
def test_back_leads_into_the_administration_only(app, boss, back):
    fox = smis_person(app, "fox", "waiting", holder="張小弧")
    address = f"{ADMIN}permissions/{fox.account_id}/name"
    done = send(boss, address, {"name": "張小狐", "reason": "誤植", "back": back})
    assert done.headers["Location"] == f"{ADMIN}requests"


def test_others_are_not_there(app, boss):
    away = smis_person(app, "away", "waiting", unit="HB-63000")
    address = f"{ADMIN}permissions/{away.account_id}/name"
    assert boss.get(address).status_code == 404
    assert send(boss, address, {"name": "張小狐", "reason": "誤植"}).status_code == 404
