"""Generated requests for permissions: 100,000 times SCALE, of clinics all over the country, and their reviewers."""

from __future__ import annotations

import random
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import Connection, Engine, Table, func, insert, select, text

from portal.domain.account import Account, AccountState
from portal.domain.application import (
    Application,
    ApplicationPurpose,
    ApplicationState,
    PermissionRequest,
    RequestState,
)
from portal.domain.base import Base
from portal.domain.grant import Grant
from portal.domain.unit import Unit, path_segment
from portal.store.database import write
from portal.store.login_sessions import open_session
from portal.usecases.read_systems import systems
from tests.bench.jobs import DEEP, ROWS, Job
from tests.bench.load import Stream
from tests.bench.people import BATCH, GIVEN, SURNAMES
from tests.bench.servers import CannotMeasure, Server
from tests.bench.visitors import Visitor

SMIS = "smis"
REVIEW_LIST = f"/authority/{SMIS}/administration/requests"
REQUESTS = 100_000
CLINICS = 2_000
COUNTY_SHARE = 0.03
START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Reviewers:
    """Who was made: the manager of one bureau, who gets about 3 % of the requests, and the one of all others."""

    bureau: int
    bureau_path: str
    central: int
    central_path: str


def generate_requests(engine: Engine, requests: int) -> Reviewers:
    """Add them to a migrated and seeded database; two requests an application, all undecided."""
    chance = random.Random(5)
    with engine.begin() as connection:
        central = connection.execute(select(Unit.id, Unit.path).where(Unit.code == "MOHW-CDC")).one()
        bureaus = connection.execute(
            select(Unit.id, Unit.path).where(Unit.kind == "health-bureau").order_by(Unit.id)
        ).all()
        clinics = _clinics(connection, bureaus)
        first = (connection.execute(select(func.max(Account.id))).scalar() or 0) + 1
        case = (connection.execute(select(func.max(Application.id))).scalar() or 0) + 1
        _managers(connection, first, bureaus[0], central)
        for done in range(0, requests // 2, BATCH):
            count = min(BATCH, requests // 2 - done)
            _batch(
                connection,
                chance,
                clinics,
                bureaus[0].path,
                central.path,
                first + 2 + done,
                case + done,
                count,
            )
        if connection.dialect.name == "postgresql":
            for noun in (Account, Application, Unit):
                table = noun.__tablename__
                connection.execute(
                    text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
                )
            connection.execute(text("ANALYZE"))
    return Reviewers(first, bureaus[0].path, first + 1, central.path)


def _insert(connection: Connection, noun: type[Base], rows: list[dict[str, Any]]) -> None:
    table = noun.__table__
    assert isinstance(table, Table)
    connection.execute(insert(table), rows)


def _clinics(connection: Connection, bureaus: Any) -> list[tuple[int, str]]:
    """Clinics of all counties; the first bureau has its share, the others have the rest evenly."""
    number = (connection.execute(select(func.max(Unit.id))).scalar() or 0) + 1
    rows: list[dict[str, Any]] = []
    for place in range(CLINICS):
        of = bureaus[0] if place < CLINICS * COUNTY_SHARE else bureaus[1 + place % (len(bureaus) - 1)]
        rows.append(
            {
                "id": number + place, "kind": "medical-institution", "code": f"35{place:08}", "name": f"第{place}診所",
                "aliases": [], "county": "新北市", "parent_id": of.id, "path": of.path + path_segment(number + place),
            }
        )  # fmt: skip
    _insert(connection, Unit, rows)
    return [(row["id"], row["path"]) for row in rows]


def _managers(connection: Connection, first: int, bureau: Any, central: Any) -> None:
    holders = [_account(first, "林主任", bureau), _account(first + 1, "陳科長", central)]
    for holder in holders:
        holder |= {
            "state": AccountState.ACTIVE,
            "reviewed_at": START,
            "activated_at": START,
            "idle_since": START,
        }
    _insert(connection, Account, holders)
    grants = [
        {
            "account_id": holder["id"], "system": SMIS, "unit_id": holder["unit_id"], "unit_path": holder["unit_path"],
            "permission": offer.key, "role": "manager", "options": [], "granted_at": START,
        }
        for holder in holders
        for offer in systems()[SMIS].permission
    ]  # fmt: skip
    _insert(connection, Grant, grants)


def _account(number: int, holder: str, place: Any) -> dict[str, Any]:
    email = f"smis{number}@clinic.example"
    return {
        "id": number, "public_id": secrets.token_urlsafe(12), "system": SMIS, "kind": "general",
        "name": f"smis{number}", "state": AccountState.PENDING, "unit_id": place[0], "unit_path": place[1],
        "holder_name": holder, "email": email, "email_key": email, "phone": "0229603456", "contact": {},
        "created_at": START,
    }  # fmt: skip


def _batch(
    connection: Connection,
    chance: random.Random,
    clinics: list[tuple[int, str]],
    managed: str,
    central: str,
    first: int,
    case: int,
    count: int,
) -> None:
    accounts, applications, requests = [], [], []
    keys = [offer.key for offer in systems()[SMIS].permission]
    for n in range(count):
        place = chance.choice(clinics)
        holder = chance.choice(SURNAMES) + "".join(chance.sample(GIVEN, 2))
        accounts.append(_account(first + n, holder, place))
        sent = START + timedelta(seconds=60 * (first + n))
        applications.append(
            {
                "id": case + n, "public_id": secrets.token_urlsafe(12), "case_number": f"SMIS-BENCH-{case + n:08}",
                "account_id": first + n, "purpose": ApplicationPurpose.OPEN, "state": ApplicationState.SUBMITTED,
                "answers": {"email": accounts[-1]["email"], "name": holder}, "notice_version": "2026-11",
                "agreed_at": sent, "submitted_at": sent, "version": 1,
            }
        )  # fmt: skip
        requests += [
            {
                "public_id": secrets.token_urlsafe(12), "application_id": case + n, "account_id": first + n,
                "system": SMIS, "unit_id": place[0], "unit_path": place[1], "permission": key, "role": "handler",
                "options": ["covid-19"] if key.startswith("emerging") else [], "state": RequestState.REQUESTED,
                "review_path": managed if place[1].startswith(managed) else central, "added_by_reviewer": False,
            }
            for key in chance.sample(keys, 2)
        ]  # fmt: skip
    for noun, rows in ((Account, accounts), (Application, applications), (PermissionRequest, requests)):
        _insert(connection, noun, rows)


def session_cookie(app: Flask, account_id: int) -> dict[str, str]:
    """The cookie of somebody who has signed in: a card is not needed here."""
    with app.app_context(), write() as session:
        token = open_session(session, account_id, datetime.now(UTC), "127.0.0.1")
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer
    return {app.config["SESSION_COOKIE_NAME"]: str(signer.dumps({"_user_id": token, "_fresh": True}))}


def reviewing(app: Flask, server: Server, account_id: int) -> Visitor:
    """Somebody who reviews, with a browser."""
    visitor = Visitor(server)
    visitor.cookies |= session_cookie(app, account_id)
    status, _, page = visitor.get(REVIEW_LIST)
    if status != 200:
        raise CannotMeasure(f"{REVIEW_LIST}: {status}\n{page[:2000]}")
    return visitor


def review_jobs(app: Flask, bare: Server, portal: Server, of: Reviewers, engine: Engine) -> list[Job]:
    """The list of requests, its page from memory beside it; pages are compared with the database first."""
    bureau, central = reviewing(app, portal, of.bureau), reviewing(app, portal, of.central)
    (row,) = waiting_requests(engine, of.central_path, DEEP - 1, 1)
    deep = f"{REVIEW_LIST}?before={row.id}"
    for visitor, address, path, skipped in (
        (bureau, REVIEW_LIST, of.bureau_path, 0), (central, REVIEW_LIST, of.central_path, 0),
        (central, deep, of.central_path, DEEP),
    ):  # fmt: skip
        expected = [one.case_number for one in waiting_requests(engine, path, skipped, ROWS)]
        status, _, page = visitor.get(address)
        shown = re.findall(r'data-label="案件編號"[^>]*><span>([^<]+)<', page)
        if status != 200 or shown != expected:
            raise CannotMeasure(f"{address}: {status}, {len(shown)} rows\n{page[:3000]}")

    def reading(key: str, words: str, server: Server, path: str, visitor: Visitor | None = None) -> Job:
        asked = server.text("GET", path, visitor.headers() if visitor else None)
        return Job(key, words, server, lambda s: [Stream(server.port, [asked], s, [200])])

    return [
        reading("reviewed", "the review list's page from memory", bare, "/same-requests"),
        reading("B11a", "review list, one county", portal, REVIEW_LIST, bureau),
        reading("B11b", "review list, whole country", portal, REVIEW_LIST, central),
        reading("B11c", f"review list, row {DEEP:,}", portal, deep, central),
    ]


def waiting_requests(engine: Engine, path: str, skip: int, most: int) -> list[Any]:
    """Undecided requests that were sent to a unit, newest first: number and case number."""
    query = (
        select(PermissionRequest.id, Application.case_number)
        .join(Application, Application.id == PermissionRequest.application_id)
        .where(PermissionRequest.system == SMIS, PermissionRequest.review_path == path)
    )
    with engine.connect() as connection:
        return list(connection.execute(query.order_by(PermissionRequest.id.desc()).offset(skip).limit(most)))
