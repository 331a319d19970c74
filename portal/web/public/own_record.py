"""我的資料 of whoever is signed in: what is kept about them, on a page and as a file."""

from __future__ import annotations

from flask import Blueprint, Response, make_response

from portal.domain.permission import Permission
from portal.usecases.operate.purge_leftovers import SESSIONS_KEPT
from portal.usecases.own_account.show_own_record import own_record as read_own_record
from portal.web.access import circumstance, requires
from portal.web.own_record import csv_of, parts_of
from portal.web.page import render

own_record = Blueprint("own_record", __name__, url_prefix="/account/record")


@own_record.get("")
@requires(Permission.USE_OWN_ACCOUNT)
def page() -> Response:
    record = read_own_record(circumstance())
    parts = parts_of(record, SESSIONS_KEPT.days)
    return render("own_record/page.html", own_system=record.system, parts=parts)


@own_record.get("/file.csv")
@requires(Permission.USE_OWN_ACCOUNT)
def download() -> Response:
    record = read_own_record(circumstance())
    response = make_response(csv_of(parts_of(record, SESSIONS_KEPT.days)))
    response.headers["Content-Type"] = "text/csv; charset=utf-8"
    name = f"my-data-{record.system.key}-{record.account.name}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
