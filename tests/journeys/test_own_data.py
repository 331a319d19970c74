"""Manual 5, 個人資料維護: somebody who has signed in changes contact data, asks for more, and gives everything up."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import expect

from tests.journeys.crossed import CROSSED
from tests.journeys.inspection import Inspect
from tests.journeys.visitor import Visitor
from tests.rig.smis import COVID, PPE, SmisPerson, institution, smis_client, smis_person

pytestmark = pytest.mark.journey
OTHER = "3501200002"
LONG = "國立臺灣大學醫學院附設醫院新竹臺大分院生醫醫院竹北院區"


@CROSSED
def test_holders_maintain_their_own_data(app: Flask, any_visitor: Visitor, inspect: Inspect) -> None:
    person = smis_person(app, "clover", wanted=(PPE, COVID))
    institution(app, OTHER, LONG)
    visitor, look = any_visitor, inspect if any_visitor.script else lambda _: None
    visitor.be(smis_client(app, person))
    visitor.open("/account/")
    visitor.follow("個人資料維護")
    visitor.sees("個人資料維護")
    change_contact(visitor, person, look)
    ask_for_more(visitor, look)
    give_up(visitor, person, look)


def change_contact(visitor: Visitor, person: SmisPerson, look: Inspect) -> None:
    visitor.follow("修改個人資料")
    expect(visitor.box("使用者姓名")).to_have_count(0)
    visitor.box("主要電子信箱").fill("not an address")
    visitor.press("儲存")
    visitor.reads("電子郵件格式不正確")
    look(visitor)
    visitor.box("主要電子信箱").fill(f"new.{person.email}")
    visitor.press("儲存")
    visitor.sees("個人資料維護")
    assert visitor.summary("主要電子信箱") == f"new.{person.email}"
    expect(visitor.page.get_by_role("status").filter(has_text="通知信已寄到")).to_be_visible()


def ask_for_more(visitor: Visitor, look: Inspect) -> None:
    visitor.follow("申請其他權限")
    clinic = visitor.page.get_by_role("listitem").filter(has_text="同泰診所")
    clinic.get_by_role("button", name="選擇").first.click()
    expect(visitor.role("個人防護裝備", "承辦人")).to_be_checked()
    visitor.agree_to_notice()
    visitor.press("送出申請")
    visitor.reads("不需要再申請")
    visitor.search_unit("竹北院區", LONG)
    visitor.role("流感抗病毒藥劑", "管理者").check()
    visitor.agree_to_notice()
    look(visitor)
    visitor.press("送出申請")
    visitor.sees("個人資料維護")
    expect(visitor.page.get_by_role("status").filter(has_text="已送出申請，請等待審核通過。")).to_be_visible()
    visitor.reads(LONG, "管理者(審核中)")
    look(visitor)
    visitor.page.get_by_text(f"撤回「{LONG}」的流感抗病毒藥劑").click()
    visitor.press("確定撤回")
    visitor.reads("目前沒有審核中的申請")


def give_up(visitor: Visitor, person: SmisPerson, look: Inspect) -> None:
    visitor.follow("放棄權限")
    for box in visitor.page.get_by_role("checkbox").all():
        box.check()
    visitor.page.get_by_text("放棄勾選的權限").click()
    look(visitor)
    visitor.press("確定放棄")
    visitor.sees("已放棄所有權限，帳號已停用")
    look(visitor)
    visitor.open("/account/data")
    visitor.sees("主管機關專區")
