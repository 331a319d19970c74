"""Step 10: what an operator types, each as a process of its own, and what people then find in the browser."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.domain.audit import AuditEvent
from portal.domain.letter import OutgoingLetter
from tests.journeys.visitor import APPLICATION, MENU, Visitor
from tests.rig.applications import LiveServer
from tests.rig.databases import BOTH
from tests.rig.mail import SMTPServer
from tests.rig.people import Person
from tests.rig.settings import TEST_SETTINGS, as_environment
from tests.rig.warm_start import Launcher

pytestmark = pytest.mark.journey
ON_BOTH = pytest.mark.parametrize("database_kind", BOTH, indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("database_kind", BOTH[1:], indirect=True)
PASSWORD = "quiet river under pale stones 47"


class Command(Protocol):
    """`flask portal …` with other settings if need be; what it printed, after it ended with `code`."""

    def __call__(self, *words: str, code: int = 0, **settings: Any) -> str: ...


@pytest.fixture
def flask_portal(launcher: Launcher, database_url: str, tmp_path: Path) -> Command:
    """Call it: `flask_portal("letters", "--show")`."""

    def run(*words: str, code: int = 0, **settings: Any) -> str:
        usual = {**TEST_SETTINGS, "DATABASE_URL": database_url, "INSTANCE_PATH": str(tmp_path)}
        environment = {**os.environ, **as_environment({**usual, **settings})}
        out, err = tmp_path / "out", tmp_path / "err"
        with out.open("wb") as stdout, err.open("wb") as stderr:
            status = launcher.run(["--app", "app", "portal", *words], environment, stdout, stderr)
        told, complained = out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8")
        assert status == code, complained
        assert "Traceback" not in complained
        return told if code == 0 else complained

    return run


@ON_BOTH
def test_the_first_administrator_comes_by_a_one_time_link(
    flask_portal: Command,
    new_database: Callable[[], str],
    serve: Callable[..., LiveServer],
    new_page: Callable[..., Page],
) -> None:
    """From an empty database to a service desk at work."""
    place = {"DATABASE_URL": new_database()}
    flask_portal("prepare", **place)
    server = serve(**place)
    told = flask_portal("invite-administrator", "Desk@agency.gov.tw", **place, PUBLIC_ORIGIN=server.url)
    assert "account: desk" in told
    link = re.search(r"http\S+", told)
    assert link
    visitor = Visitor(new_page(), server)
    visitor.page.goto(link[0])
    visitor.sees("設定密碼")
    assert link[0].rpartition("/")[2] not in visitor.page.content()
    expect(visitor.box("帳號")).to_have_value("desk")
    visitor.box("新密碼").fill(PASSWORD)
    visitor.box("確認新密碼").fill(PASSWORD)
    visitor.press("送出")
    visitor.sees("主管機關登入專區")
    visitor.page.goto(link[0])
    visitor.sees("連結已經使用過了")
    visitor.open("/authority/portal/administration/")
    visitor.sign_in("desk", PASSWORD)
    visitor.sees("選擇系統")
    visitor.follow("生活廢棄物質管理資訊系統")
    visitor.sees(MENU)
    visitor.reads("目前沒有等待啟用的帳號")
    assert "already has the account desk" in flask_portal(
        "invite-administrator", "desk@agency.gov.tw", code=1, **place
    )


def test_an_invitation_can_be_sent_again(flask_portal: Command) -> None:
    links = set()
    for _ in range(2):
        told = flask_portal("invite-administrator", "desk@agency.gov.tw", "--name", "王小明")
        assert "account: desk\n" in told
        links.add(told.split()[-1])
    assert len(links) == 2
    assert "no such system" in flask_portal("invite-administrator", "a@example.com", "--system", "x", code=1)
    assert "電子郵件格式不正確" in flask_portal("invite-administrator", "nobody", code=1)
    assert "queued: 2" in flask_portal("letters")


@ON_POSTGRESQL
def test_units_from_a_file(flask_portal: Command, visitor: Visitor, tmp_path: Path) -> None:
    assert re.search(r"units: 0 added, 0 changed, \d+ unchanged", flask_portal("load-units"))
    file = tmp_path / "new.csv"
    head = "kind,code,name,aliases,county,parent_code\n"
    file.write_text(f"{head}county-bureau,EPB-99999,海上環保局,,海上市,MOENV\n", encoding="utf-8")
    assert "units: 1 added, 0 changed, 0 unchanged" in flask_portal("load-units", str(file))
    visitor.open(APPLICATION)
    visitor.choose_unit("縣市環保局", "海上環保局")
    expect(visitor.page.get_by_role("group", name="欲使用之功能").get_by_role("checkbox")).to_have_count(29)
    file.write_text(f"{head}county-bureau,EPB-99999,水上環保局,,海上市,MOENV\n", encoding="utf-8")
    assert "units: 0 added, 1 changed, 0 unchanged" in flask_portal("load-units", str(file))
    file.write_text(f"{head}cleaning-team,CT-1,甲清潔隊,,海上市,NOBODY\n", encoding="utf-8")
    assert "line 2: parent NOBODY" in flask_portal("load-units", str(file), code=1)


@ON_BOTH
def test_letters_leave_through_a_real_mail_server(
    flask_portal: Command, smtp_server: SMTPServer, visitor: Visitor, make_person: Callable[..., Person]
) -> None:
    fox = make_person("fox", state="waiting")
    assert "letters wait in the outbox" in flask_portal("send-mail", code=1)
    mail = {**smtp_server.settings, "PUBLIC_ORIGIN": visitor.server.url}
    assert "letters sent: 1" in flask_portal("send-mail", **mail)
    assert "letters sent: 0" in flask_portal("send-mail", **mail)
    (message,) = smtp_server.to(fox.email)
    assert "noreply@portal.example" in str(message["From"])
    assert "請認證您的信箱（帳號 fox）" in str(message["Subject"])
    link = re.search(r"http\S+/letter/\S+", message.get_content())
    assert link
    visitor.page.goto(link[0])
    visitor.press("確認我的電子郵件")
    visitor.sees("信箱已認證")
    listed = flask_portal("letters")
    assert "sent: 1" in listed
    assert fox.email in listed
    assert "/letter/" not in listed
    shown = flask_portal("letters", "--show", PUBLIC_ORIGIN=visitor.server.url)
    assert link[0] in shown


def test_refused_letters_wait_or_come_to_the_desk(
    flask_portal: Command,
    smtp_server: SMTPServer,
    visitor: Visitor,
    make_person: Callable[..., Person],
    make_desk: Callable[..., Person],
    session: Session,
) -> None:
    make_person("fox", state="waiting")
    smtp_server.answer = "451 4.3.0 come again"
    assert "letters sent: 0" in flask_portal("send-mail", **smtp_server.settings)
    assert "queued: 1" in flask_portal("letters")
    session.execute(update(OutgoingLetter).values(due_at=OutgoingLetter.created_at))
    session.commit()
    smtp_server.answer = "550 5.1.1 nobody of that name"
    assert "letters sent: 0" in flask_portal("send-mail", **smtp_server.settings)
    listed = flask_portal("letters")
    assert "dead: 1" in listed
    assert "nobody of that name" in listed
    desk = make_desk()
    visitor.open("/authority/portal/administration/")
    visitor.sign_in(desk.name, desk.password)
    visitor.follow("信件", "navigation")
    visitor.sees("寄不出去的信件")
    visitor.reads("fox@example.com", "認證信", "nobody of that name")


@ON_BOTH
def test_the_audit_trail_can_be_checked(
    flask_portal: Command, make_person: Callable[..., Person], session: Session
) -> None:
    make_person("fox")
    assert "the audit trail is whole" in flask_portal("check-audit")
    first, second = session.scalars(select(AuditEvent.id).order_by(AuditEvent.id).limit(2)).all()
    session.execute(update(AuditEvent).where(AuditEvent.id == second).values(address="10.9.8.7"))
    session.commit()
    assert "tampered with in 1 places" in flask_portal("check-audit", code=1)
    session.execute(delete(AuditEvent).where(AuditEvent.id == first))
    session.commit()
    assert "tampered with in 2 places" in flask_portal("check-audit", code=1)


@ON_POSTGRESQL
def test_leftovers_are_dropped(flask_portal: Command, make_person: Callable[..., Person]) -> None:
    make_person("fox")
    assert re.search(r"rows dropped: \d+", flask_portal("purge"))
    assert "rows dropped: 0" in flask_portal("purge")


def test_a_demonstration_stays_away_from_real_accounts(
    flask_portal: Command,
    make_person: Callable[..., Person],
    new_database: Callable[[], str],
    demonstration_cards: Path,
    tmp_path: Path,
) -> None:
    make_person("fox")
    shutil.copytree(demonstration_cards, tmp_path / "demonstration-cards")  # they take long to make
    assert "accounts that are no demonstration" in flask_portal("prepare", code=1, PORTAL_DEMO=True)
    place = {"DATABASE_URL": new_database(), "PORTAL_DEMO": True}
    first = flask_portal("prepare", **place)
    assert "bureau.admin" in first
    assert flask_portal("prepare", **place) == first
