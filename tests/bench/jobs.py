"""The jobs: what is sent to which server, and that the answers are right before anything is timed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from sqlalchemy import Engine

from portal.config import Settings
from tests.bench.load import Stream
from tests.bench.people import CHEAP, DEAR, DESKS_SYSTEM, People, count_waiting, waiting
from tests.bench.servers import CannotMeasure, Server
from tests.bench.visitors import (
    APPLICATION,
    HOME,
    LIST,
    MATRIX,
    ZONE,
    Visitor,
    activation_forms,
    address,
    application_forms,
    before_the_matrix,
    sign_in_forms,
)

ROWS = 20
DEEP = 70_000
CAP = 5_000
"""Above it the list says 超過 5,000 筆 instead of counting."""
POSTS = 150
"""Forms sent in a round; each does something that cannot be done twice."""
PICKER = f"{APPLICATION}/choices?unit_kind=county-bureau"
HTMX = {"HX_Request": "true", "HX_Target": "unit-choices"}


@dataclass
class Job:
    """A line of the table: streams for each round, of which the first is measured."""

    key: str
    words: str
    server: Server | None
    streams: Callable[[float], list[Stream]]
    cpu: list[float] = field(default_factory=list)
    """Server milliseconds per request, a figure a round; so are those below."""
    rate: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)


class Jobs:
    """All jobs on these servers. `cheap` is the portal with a hash that costs nearly nothing."""

    def __init__(
        self, bare: Server, portal: Server, cheap: Server, people: People, engine: Engine, settings: Settings
    ) -> None:
        self.bare, self.portal, self.cheap = bare, portal, cheap
        self.people, self.engine, self.settings = people, engine, settings
        self.sign_in_forms = {
            cost: self._endless(sign_in_forms(portal, names)) for cost, names in people.sign_ins.items()
        }
        self.administrator = Visitor(portal).sign_in(people.administrator)
        other = Visitor(portal).sign_in(people.other_administrator)
        with engine.connect() as connection:
            rows = waiting(connection, people.other_path, 0, 20 * POSTS)
        self.activation_forms = iter(activation_forms(other, [row.public_id for row in rows]))
        self.application_forms = application_forms(cheap, settings)

    def pages(self) -> list[Job]:
        """Everything that takes milliseconds."""
        matrix = before_the_matrix(self.portal, self.settings)
        desk = Visitor(self.portal).sign_in(self.people.desk, f"/{ZONE}/{DESKS_SYSTEM}/")
        deep = f"{LIST}?before={self._row(DEEP)}"
        self._check_list(self.administrator, LIST, self.people.path, 0)
        self._check_list(desk, LIST, "", 0)
        self._check_list(desk, deep, "", DEEP)
        picking = Visitor(self.portal).headers(**HTMX)
        again = {**picking, "If-None-Match": self._check_picker(picking)}
        return [
            self._reading("bare", "bare page, 20 rows", self.bare, "/plain"),
            self._reading("same", "the list's page from memory", self.bare, "/same"),
            self._reading("hello", "hello", self.bare, "/hello"),
            self._reading("login", "login page", self.portal, HOME),
            self._reading("B1", "list, one county", self.portal, LIST, self.administrator.headers()),
            self._reading("B2a", "list, whole tree", self.portal, LIST, desk.headers()),
            self._reading("B2b", f"list, whole tree, row {DEEP:,}", self.portal, deep, desk.headers()),
            self._reading("B6a", "permission picker", self.portal, PICKER, picking),
            self._reading("B6b", "same, not modified", self.portal, PICKER, again, status=304),
            self._posting("B7a", "activation", self.portal, self.activation_forms),
            self._posting("B7b", "application, hash apart", self.cheap, self.application_forms),
            self._reading("B12", "page with the matrix", self.portal, MATRIX, matrix.headers()),
            self._posting("B3b", "sign-in, hash apart", self.portal, self.sign_in_forms[CHEAP]),
        ]

    def hashes(self) -> list[Job]:
        """What takes a hash."""
        raw = partial(Stream, port=0, requests=[], connections=2)
        return [
            Job("cheap", "", None, lambda _: [raw(seconds=0.2, hash_cost=CHEAP, connections=1)]),
            Job("raw", "bcrypt alone, both cores", None, lambda s: [raw(seconds=2 * s, hash_cost=DEAR)]),
            Job("B3a", "sign-ins", self.portal, lambda s: [self._storm(2 * s)]),
        ]

    def storms(self) -> list[Job]:
        """The list for people who read it while others sign in, and while nobody does."""
        text = self.portal.text("GET", LIST, self.administrator.headers())
        calm = partial(Stream, port=self.portal.port, requests=[text], connections=2, per_second=30)
        return [
            Job("calm", "list at 60/s", self.portal, lambda s: [calm(seconds=s)]),
            Job(
                "B8",
                "list at 60/s in a sign-in storm",
                self.portal,
                lambda s: [calm(seconds=s), self._storm(s)],
            ),
        ]

    def _reading(
        self,
        key: str,
        words: str,
        server: Server,
        path: str,
        headers: dict[str, str] | None = None,
        status: int = 200,
    ) -> Job:
        text = server.text("GET", path, headers or address())
        return Job(key, words, server, lambda s: [Stream(server.port, [text], s, [status])])

    def _posting(self, key: str, words: str, server: Server, forms: Iterator[str]) -> Job:
        def streams(seconds: float) -> list[Stream]:
            return [Stream(server.port, list(islice(forms, POSTS)), seconds, [303], again=False)]

        return Job(key, words, server, streams)

    def _storm(self, seconds: float) -> Stream:
        forms = list(islice(self.sign_in_forms[DEAR], 100))
        return Stream(self.portal.port, forms, seconds, [303], connections=12)

    @staticmethod
    def _endless(forms: list[str]) -> Iterator[str]:
        while True:
            yield from forms

    def _row(self, number: int) -> int:
        with self.engine.connect() as connection:
            return int(waiting(connection, "", number - 1, 1)[0].id)

    def _check_list(self, visitor: Visitor, address: str, path: str, skipped: int) -> None:
        """The page must hold these twenty people and this total."""
        with self.engine.connect() as connection:
            expected = [row.email for row in waiting(connection, path, skipped, ROWS)]
            total = count_waiting(connection, path)
        status, _, page = visitor.get(address)
        shown = list(dict.fromkeys(re.findall(r"person\d+@gov\.example", page)))
        told = f"超過 {CAP:,} 筆" if total > CAP else f"共 {total:,} 筆"
        if status != 200 or shown != expected or told not in page:
            raise CannotMeasure(f"{address}: {status}, {len(shown)} rows, {told!r} expected\n{page[:3000]}")

    def _check_picker(self, headers: dict[str, str]) -> str:
        """The partial must hold the permissions of a bureau; returns its ETag."""
        status, head, page = self.portal.ask("GET", PICKER, headers)
        found = re.search(r"^etag: (\S+)", head, re.M | re.I)
        if status != 200 or "plastic-microbeads" not in page or found is None:
            raise CannotMeasure(f"{PICKER}: {status}\n{head}\n{page[:2000]}")
        return found.group(1)
