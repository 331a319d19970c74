"""The pages everybody may read: home, the three zones, site map, policies, English, and the text size."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from flask import Blueprint, Response, abort, current_app, request

from portal.domain.announcement import News
from portal.domain.system import InformationSystem
from portal.usecases.read_systems import systems
from portal.web.access import open_to_everyone
from portal.web.page import TEXT_SIZE_COOKIE, TEXT_SIZES, ZONES, go_to, own_path, render
from portal.web.public.sign_in import SignInForm

public = Blueprint("public", __name__)

POLICIES = {"privacy-and-security": "隱私權及資訊安全政策", "open-data": "政府網站資料開放宣告"}
NEWS_ON_HOME = 3
ONE_YEAR = 365 * 24 * 60 * 60


class Announcement(NamedTuple):
    """最新消息 with the system it is about."""

    system: InformationSystem
    news: News


@public.get("/")
@open_to_everyone
def home() -> Response:
    listed = [system for system in systems().values() if system.listed]
    return render("public/home.html", announcements=_newest(listed)[:NEWS_ON_HOME])


@public.get(f"/<any({', '.join(zone.key for zone in ZONES)}):zone>/")
@open_to_everyone
def zone(zone: str) -> Response:
    live = [system for system in systems().values() if system.listed and system.zone == zone]
    return render(
        "public/zone.html",
        live=live,
        only=live[0] if len(live) == 1 else None,
        announcements=_newest(live),
        form=SignInForm(formdata=None),
        forms={system.key: _own_ids(SignInForm(formdata=None), system.key) for system in live},
    )


@public.get("/sitemap")
@open_to_everyone
def sitemap() -> Response:
    listed = [system for system in systems().values() if system.listed]
    return render("public/sitemap.html", listed=listed, policies=POLICIES)


@public.get("/policies/<key>")
@open_to_everyone
def policy(key: str) -> Response:
    if key not in POLICIES:
        abort(404)
    return render(f"public/policies/{key}.html", heading=POLICIES[key])


@public.get("/english")
@open_to_everyone
def english() -> Response:
    return render("public/english.html", listed=[system for system in systems().values() if system.listed])


@public.post("/preferences/text-size")
@open_to_everyone
def text_size() -> Response:
    size = request.form.get("size", "")
    if size not in TEXT_SIZES:
        abort(400)
    response = go_to(own_path(request.form.get("back")))
    response.set_cookie(
        TEXT_SIZE_COOKIE,
        size,
        max_age=ONE_YEAR,
        secure=bool(current_app.config.get("SESSION_COOKIE_SECURE")),
        httponly=True,
        samesite="Lax",
    )
    return response


def _own_ids(form: SignInForm, system: str) -> SignInForm:
    """Several forms share a page: each field has an id of its own."""
    for field in form:
        field.id = f"{system}-{field.id}"
        field.label.field_id = field.id
    return form


def _newest(of: Iterable[InformationSystem]) -> Sequence[Announcement]:
    told = [Announcement(system, news) for system in of for news in system.news]
    return sorted(told, key=lambda announcement: str(announcement.news.date), reverse=True)
