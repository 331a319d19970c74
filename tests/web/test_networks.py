"""Where a request comes from: administration from given networks only, and only the proxy is believed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import request
from sqlalchemy import select

from portal.domain.audit import AuditEvent, EventType
from portal.domain.counter import Limit
from tests.rig.people import csrf_token, sign_in
from tests.rig.visits import ACCOUNTS, ADMIN, HOME, send

OFFICE, PROXY, STRANGER = "10.1.2.3", "192.0.2.10", "198.51.100.7"
FIRST = ["10.0.0.0/8", " 10.0.0.0/8 ,, 2001:db8::/32 "]


def visit(client, address: str, comes_from: str, forwarded: str | None = None, **more):
    headers = {"X-Forwarded-For": forwarded} if forwarded is not None else {}
    return client.get(address, environ_overrides={"REMOTE_ADDR": comes_from}, headers=headers, **more)


@pytest.mark.parametrize("networks", FIRST)
def test_administration_from_the_office_only(make_app, networks):
    client = make_app(ADMIN_NETWORKS=networks).test_client()
    for address in (ADMIN, ACCOUNTS, f"{ACCOUNTS}/x", f"{ADMIN}letters"):
        away = visit(client, address, STRANGER)
        assert away.status_code == 403
        assert 'name="password"' not in away.text
        assert visit(client, address, OFFICE).status_code in {200, 303}
    for address in ("/", HOME, f"{HOME}application"):
        assert visit(client, address, STRANGER).status_code == 200, "everything else is for everybody"


def test_an_act_from_elsewhere_is_refused_though_signed_in(make_app, make_person):
    make_person("fox", state="waiting")
    boss = make_person("boss", kind="unit-administrator")
    client = make_app(ADMIN_NETWORKS="10.0.0.0/8").test_client()
    sign_in(client, boss)
    assert (
        send(client, f"{ACCOUNTS}/x/activation", environ_overrides={"REMOTE_ADDR": STRANGER}).status_code
        == 403
    )
    assert send(client, f"{ACCOUNTS}/batch", environ_overrides={"REMOTE_ADDR": STRANGER}).status_code == 403
    assert visit(client, ACCOUNTS, OFFICE).status_code == 200


def test_an_address_nobody_can_read_is_not_the_office(make_app):
    client = make_app(ADMIN_NETWORKS="10.0.0.0/8").test_client()
    for odd in ("", "unix:", "::ffff:10.1.2.3", "10.1.2.3.4", "localhost"):
        assert visit(client, ADMIN, odd).status_code == 403, odd


FORWARDED = {
    "a stranger says he is in the office": (STRANGER, OFFICE, 403),
    "a stranger says a whole chain": (STRANGER, f"{OFFICE}, {PROXY}", 403),
    "the proxy says who came": (PROXY, OFFICE, 200),
    "the proxy says that a stranger came": (PROXY, STRANGER, 403),
    "the stranger put the office before": (PROXY, f"{OFFICE}, {STRANGER}", 403),
    "the proxy adds its word at the end": (PROXY, f"{STRANGER}, {OFFICE}", 200),
    "the proxy says nothing": (PROXY, None, 403),
    "the proxy says nonsense": (PROXY, "office", 403),
    "the proxy says an address and a port": (PROXY, f"{OFFICE}:1234", 403),
    "nothing after the comma": (PROXY, f"{OFFICE},", 403),
    "from the office itself": (OFFICE, None, 200),
}


def test_only_the_proxy_is_believed_and_only_its_last_word(make_app, subtests):
    client = make_app(ADMIN_NETWORKS="10.0.0.0/8", PROXY_NETWORKS=f"{PROXY}/32").test_client()
    for case, (comes_from, forwarded, status) in FORWARDED.items():
        with subtests.test(case):
            assert visit(client, ADMIN, comes_from, forwarded).status_code == status


def test_without_a_proxy_nobody_is_believed(make_app):
    client = make_app(ADMIN_NETWORKS="10.0.0.0/8").test_client()
    for header in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Client-IP", "X-Client-IP", "True-Client-IP"):
        told = f"for={OFFICE}" if header == "Forwarded" else OFFICE
        answer = client.get(ADMIN, environ_overrides={"REMOTE_ADDR": STRANGER}, headers={header: told})
        assert answer.status_code == 403, header


def test_the_audit_trail_names_the_address_that_is_believed(make_app, session):
    app = make_app(PROXY_NETWORKS=f"{PROXY}/32")
    client = app.test_client()
    for comes_from, forwarded in ((STRANGER, "203.0.113.1"), (PROXY, "203.0.113.2"), (PROXY, "2001:db8::7")):
        data = {"csrf_token": csrf_token(client, HOME), "name": "fox", "password": "x"}
        client.post(
            f"{HOME}session",
            data=data,
            environ_overrides={"REMOTE_ADDR": comes_from},
            headers={"X-Forwarded-For": forwarded},
        )
    query = select(AuditEvent.address).where(AuditEvent.type == EventType.SIGN_IN_FAILED)
    assert session.scalars(query.order_by(AuditEvent.id)).all() == [STRANGER, "203.0.113.2", "2001:db8::7"]


def test_limits_count_the_visitor_and_not_the_proxy(make_app, monkeypatch):
    few = Limit("sign-in-address", 2, timedelta(minutes=15))
    monkeypatch.setattr("portal.usecases.entry.sign_in.SIGN_IN_FAILURES_BY_ADDRESS", few)
    client = make_app(PROXY_NETWORKS=f"{PROXY}/32").test_client()

    def guess(number: int, forwarded: str) -> int:
        data = {"csrf_token": csrf_token(client, HOME), "name": f"nobody{number}", "password": "x"}
        where = {"environ_overrides": {"REMOTE_ADDR": PROXY}, "headers": {"X-Forwarded-For": forwarded}}
        return client.post(f"{HOME}session", data=data, **where).status_code

    assert [guess(number, "203.0.113.1") for number in range(3)] == [422, 422, 429]
    assert guess(9, "203.0.113.2") == 422
    assert guess(10, "203.0.113.2, 203.0.113.1") == 429


def test_the_proxy_says_whether_there_was_tls(make_app):
    app = make_app(PROXY_NETWORKS=f"{PROXY}/32", PUBLIC_ORIGIN="https://portal.example.gov.tw")
    seen = []
    app.before_request(lambda: seen.append(request.is_secure))
    client = app.test_client()
    for comes_from, says in ((PROXY, "https"), (PROXY, "http"), (STRANGER, "https")):
        client.get("/", environ_overrides={"REMOTE_ADDR": comes_from}, headers={"X-Forwarded-Proto": says})
    assert seen == [True, False, False]
