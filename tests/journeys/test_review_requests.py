"""Manual 5, review: a manager decides three requests three ways, approves ticked rows, and takes permissions back."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from playwright.sync_api import expect

from portal.domain.offers import WantedPermission
from tests.journeys.inspection import Inspect
from tests.journeys.visitor import Visitor
from tests.rig.smis import BUREAU, smis_client, smis_person

pytestmark = pytest.mark.journey
ADMINISTRATION = "/authority/smis/administration/"
LONG = "歐陽司馬諸葛上官夏侯" * 4
THREE = ("ppe", "antivenoms", "hiv-tb-drugs")


def test_three_requests_three_ways(app: Flask, any_visitor: Visitor, inspect: Inspect) -> None:
    manages = tuple(WantedPermission(key, "manager") for key in THREE)
    wants = tuple(WantedPermission(key, "handler") for key in THREE)
    chief = smis_person(app, "chief", unit=BUREAU, wanted=manages, holder="林主任")
    smis_person(app, "deer", wanted=wants[:1], holder="白鹿")
    smis_person(app, "fox", "waiting", wanted=wants, holder=LONG)
    smis_person(app, "wolf", "waiting", wanted=wants[:1], holder="王大狼")
    visitor, look = any_visitor, inspect if any_visitor.script else lambda _: None
    visitor.be(smis_client(app, chief))  # signing in with a card has journeys of its own
    visitor.open("/account/")
    visitor.follow("主管機關_系統管理")
    visitor.sees("權限申請審核")
    visitor.reads("共 4 筆")
    look(visitor)

    visitor.box("姓名").fill("歐陽")
    visitor.press("查詢")
    visitor.reads("共 3 筆")
    visitor.row("抗蛇毒血清").get_by_role("link").click()
    visitor.sees(f"{LONG}的申請")
    for words, answer in (("個人防護裝備", "核准"), ("抗蛇毒血清", "駁回"), ("愛滋結核藥劑", "退回補件")):
        part = visitor.page.get_by_role("region", name=words)
        part.get_by_role("radio", name=answer).check()
        if answer == "駁回":
            part.get_by_label("原因").fill("本單位不需要")
    visitor.press("送出審核結果")
    visitor.reads("選擇退回補件時請填寫原因")
    expect(visitor.page.get_by_role("radio", name="核准", checked=True)).to_have_count(1)
    look(visitor)
    visitor.page.get_by_role("region", name="愛滋結核藥劑").get_by_label("原因").fill("請補填分機")
    visitor.press("送出審核結果")
    visitor.page.wait_for_url(re.compile(r"/requests\?"))
    expect(visitor.page.get_by_role("status").first).to_contain_text("核准 1 項、駁回 1 項、退回補件 1 項")

    visitor.open(f"{ADMINISTRATION}requests")
    visitor.row("王大狼").get_by_role("checkbox").check()
    visitor.page.get_by_role("group", name="勾選的申請").get_by_text("核准", exact=True).click()
    look(visitor)
    visitor.press("確定核准勾選的申請")
    visitor.reads("1 筆完成")
    visitor.follow("回「權限申請審核」")
    visitor.reads("目前沒有等待您審核的申請")
    look(visitor)

    visitor.page.get_by_role("link", name="帳號權限管理").click()
    visitor.reads("共 3 個帳號")
    look(visitor)
    visitor.row("白鹿").get_by_role("link").click()
    visitor.page.get_by_role("checkbox", name="個人防護裝備").check()
    visitor.box("原因").fill("職務異動")
    visitor.page.get_by_text("停用勾選的權限").click()
    look(visitor)
    visitor.press("確定停用")
    expect(visitor.page.get_by_role("status").first).to_contain_text("帳號也已停用")
    visitor.reads("共 2 個帳號")
