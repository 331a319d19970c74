"""Pages that few people ever meet, inspected like all the others: when the portal fails, and invitations."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from portal.usecases.operate.invite_administrator import invite_administrator
from portal.usecases.read_systems import systems
from tests.journeys.inspection import Inspect
from tests.journeys.visitor import Visitor
from tests.rig.people import circumstance

pytestmark = pytest.mark.journey


def test_when_the_portal_fails(
    app: Flask, client: FlaskClient, visitor: Visitor, inspect: Inspect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pages as they come out of the portal, handed to the browser: a server that works does not send them."""

    def show(problem: Exception, heading: str) -> None:
        def fail() -> None:
            raise problem

        monkeypatch.setitem(app.view_functions, "public.home", fail)
        sent = client.get("/")
        visitor.page.route(
            visitor.server.address("/"),
            lambda route: route.fulfill(headers=dict(sent.headers), body=sent.text),
        )
        visitor.open("/")
        visitor.sees(heading)
        inspect(visitor)

    app.config["PROPAGATE_EXCEPTIONS"] = False
    show(ValueError(), "系統發生問題，這次沒有完成")
    show(OperationalError("", {}, Exception()), "系統暫時忙不過來")
    monkeypatch.setattr("portal.web.errors.render", None)  # and now the page of the error, too
    show(ValueError(), "系統暫時無法使用")


def test_an_invitation(app: Flask, visitor: Visitor, inspect: Inspect) -> None:
    with app.app_context():
        older, newer = (
            invite_administrator(
                systems()["portal"], "desk@example.com", "歐陽司馬諸葛上官夏侯" * 5, circumstance(app)
            )[1]
            for _ in range(2)
        )
    visitor.open(urlsplit(older).path)
    visitor.sees("請改用最新的一封信")
    inspect(visitor)
    visitor.open(urlsplit(newer).path)
    visitor.sees("設定密碼")
    inspect(visitor)
    visitor.press("送出")
    visitor.page.get_by_role("region", name="修正").wait_for()
    inspect(visitor)
    for label in ("新密碼", "確認新密碼"):
        visitor.box(label).fill("quiet river under pale stones 47")
    visitor.press("送出")
    visitor.sees("主管機關登入專區")
    visitor.open(urlsplit(newer).path)
    visitor.sees("連結已經使用過了")
    inspect(visitor)
