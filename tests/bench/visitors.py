"""Visitors of the portal: what a browser keeps, and the forms it sends."""

from __future__ import annotations

import html
import itertools
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import urlencode

from portal.config import Settings
from portal.proofs import captcha
from portal.proofs.one_time_code import code_at, step_of
from tests.bench.people import AUTHENTICATOR, PASSWORD, SYSTEM
from tests.bench.servers import CannotMeasure, Server

ZONE = "authority"
HOME = f"/{ZONE}/{SYSTEM}/"
APPLICATION = f"{HOME}application"
LIST = f"{HOME}administration/accounts"
IN_PAGES = f"/{ZONE}/smis/application"
MATRIX = f"{IN_PAGES}/details"
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
_numbers = itertools.count(1)
_sign_ins: defaultdict[str, itertools.count[int]] = defaultdict(itertools.count)


def address() -> dict[str, str]:
    """A visitor's own address: limits by address are for attackers, and this load comes from one machine."""
    number = next(_numbers)
    return {"X-Forwarded-For": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}


def next_code(name: str) -> str:
    """What an administrator's app shows, and the one after that for a second sign-in: each counts once."""
    return code_at(AUTHENTICATOR, step_of(datetime.now(UTC)) + next(_sign_ins[name]))


class Visitor:
    """Somebody with a browser."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.cookies: dict[str, str] = {}
        self.token = ""

    def get(self, path: str, **headers: str) -> tuple[int, str, str]:
        """Open a page; cookies and the form's token are kept."""
        answer = self.server.ask("GET", path, self.headers(**headers))
        self._keep(answer[1])
        if found := _TOKEN.search(answer[2]):
            self.token = html.unescape(found.group(1))
        return answer

    def headers(self, **more: str) -> dict[str, str]:
        """What the browser sends along; in names of others an underscore stands for the hyphen."""
        kept = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        others = {name.replace("_", "-"): value for name, value in more.items()}
        return {**address(), **({"Cookie": kept} if kept else {}), **others}

    def form(self, path: str, **fields: str | list[str]) -> str:
        """A form as a raw request. It can be sent once more than the server expects: the cookie stays as it is."""
        body = urlencode({"csrf_token": self.token, **fields}, doseq=True)
        return self.server.text("POST", path, self.headers(), body)

    def sign_in(self, name: str, home: str = HOME) -> Visitor:
        """Sign in for good, as administrators do, and open the list, for its token."""
        self.get(home)
        self.send(f"{home}session", name=name, password=PASSWORD)
        self.get(f"{home}second-proof")
        self.send(f"{home}second-proof", code=next_code(name))
        self.get(LIST)
        return self

    def send(self, path: str, **fields: str) -> None:
        """Send a form that is answered by another page."""
        body = urlencode({"csrf_token": self.token, **fields})
        status, head, page = self.server.ask("POST", path, self.headers(), body)
        if status != 303:
            raise CannotMeasure(f"{path} was answered {status}\n{page[:2000]}")
        self._keep(head)

    def _keep(self, head: str) -> None:
        for name, value in re.findall(r"^set-cookie: ([^=]+)=([^;\r]*)", head, re.M | re.I):
            self.cookies[name] = value


def sign_in_forms(server: Server, names: list[str]) -> list[str]:
    """Each of these people signs in once."""
    visitor = Visitor(server)
    visitor.get(HOME)
    return [visitor.form(f"{HOME}session", name=name, password=PASSWORD) for name in names]


def activation_forms(administrator: Visitor, public_ids: list[str]) -> list[str]:
    """帳號啟用 of each of these accounts."""
    return [administrator.form(f"{LIST}/{public_id}/activation") for public_id in public_ids]


def application_forms(server: Server, settings: Settings) -> Iterator[str]:
    """帳號申請, filled in completely; the captcha is answered with the server's own key."""
    visitor, key = Visitor(server), settings.key("captcha")
    visitor.get(APPLICATION)
    for number in itertools.count(1):
        challenge = captcha.new_challenge(key, datetime.now(UTC))
        yield visitor.form(
            APPLICATION, captcha_id=challenge, captcha=captcha.answer(key, challenge), unit_kind="county-bureau",
            unit="EPB-65000", email=f"applicant{number}@gov.example", name="張小美", gender="female",
            password=PASSWORD, password_again=PASSWORD, phone="0225569785", phone_extension="123", fax="",
            account_kind="general", permissions=["plastic-microbeads", "fund-and-use"], consent="y",
        )  # fmt: skip


def before_the_matrix(server: Server, settings: Settings) -> Visitor:
    """Somebody who has told number and unit, and has the page with the permission matrix before them."""
    visitor, key = Visitor(server), settings.key("captcha")
    visitor.get(IN_PAGES)
    visitor.send(f"{IN_PAGES}/unit", unit="HB-65000")
    challenge = captcha.new_challenge(key, datetime.now(UTC))
    digits = captcha.answer(key, challenge)
    visitor.send(IN_PAGES, captcha_id=challenge, captcha=digits, personal_number="A123456789")
    status, _, page = visitor.get(MATRIX)
    if status != 200 or page.count("【單位無此業務權限】") != 1 or page.count('value="manager"') != 6:
        raise CannotMeasure(f"{MATRIX}: {status}\n{page[:3000]}")
    return visitor
