"""What 單位查詢 costs in 5,165 and in 1,000,000 units: B4 and B5 of `make bench`, or alone:
`python -m tests.bench.unit_search`.

Beside each search stand the same page with twenty rows found by primary key, and with a LIKE scan. Units are
generated and loaded by the portal's own command. Every word's total is compared with a LIKE count before it is timed.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from statistics import median
from urllib.parse import quote

from sqlalchemy import create_engine, text

from portal.usecases.apply.search_units import COUNT_CAP, PAGE
from tests.bench.jobs import Job
from tests.bench.load import Stream
from tests.bench.servers import CannotMeasure, Server, serving
from tests.bench.table import Line
from tests.bench.typed import FEW, Search, searches
from tests.bench.visitors import address
from tests.rig.many_units import institutions, write_list
from tests.rig.prepared import let_go, prepare_database
from tests.rig.settings import TEST_SETTINGS

MANY = 1_000_000
PLACE = "/authority/smis/units"
CHECKED = 25
"""Totals of a line that are compared with a scan, which takes a hundred times as long."""
CALM = "calm"
"""Asked sixty times a second by one visitor: what a person waits, rather than what a server can do."""
KINDS = "'medical-institution', 'health-bureau', 'disease-control'"


class Size:
    """A server on so many units."""

    def __init__(self, count: int, server: Server, url: str, took: float) -> None:
        self.count, self.server, self.took = count, server, took
        self.engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))

    def job(self, key: str, words: str, asked: list[Search], share: float = 1.0, how: str = "") -> Job:
        """A line of the table."""
        headers = {**address(), "X-Bench": how}
        looked_at = 0 if how else max(1, len(asked) // CHECKED)
        places = [
            self._address(search, check=bool(looked_at) and number % looked_at == 0)
            for number, search in enumerate(asked)
        ]
        random.Random(3).shuffle(places)
        texts = [self.server.text("GET", place, headers) for place in places]
        pace = {"connections": 1, "per_second": 60} if how == CALM else {"connections": 2}
        stream = partial(Stream, self.server.port, texts, **pace)
        return Job(key, words, self.server, lambda s: [stream(seconds=s * share)])

    def _address(self, search: Search, check: bool) -> str:
        total = self._total(search) if check or search.last else 0
        page = max(1, -(-min(total, COUNT_CAP) // PAGE)) if search.last else 1
        place = f"{PLACE}?for=application&q={quote(search.typed)}&county={quote(search.county)}&page={page}"
        if check:
            self._check(place, total, page)
        return place

    def _total(self, search: Search) -> int:
        where, values = f"kind IN ({KINDS})", {"cap": COUNT_CAP + 1}
        for number, word in enumerate(search.typed.split()):
            where += f" AND (name LIKE :like{number} OR code LIKE :code{number})"
            values |= {f"like{number}": f"%{word}%", f"code{number}": f"{word}%"}
        if search.county:
            where, values["county"] = f"{where} AND county = :county", search.county
        query = f"SELECT count(*) FROM (SELECT 1 FROM unit WHERE {where} LIMIT :cap) AS found"
        with self.engine.connect() as connection:
            return int(connection.execute(text(query), values).scalar_one())

    def _check(self, place: str, total: int, page: int) -> None:
        status, _, shown = self.server.ask("GET", place, address())
        told = f"超過 {COUNT_CAP} 筆" if total > COUNT_CAP else f"頁 {total} 筆" if total else "共 0 筆"
        expected = min(PAGE, min(total, COUNT_CAP) - (page - 1) * PAGE)
        rows = len(re.findall(r'name="unit" value=', shown))
        if status != 200 or told not in shown or rows != expected:
            problem = f"{status}, {rows} rows; {expected} and {told!r} expected"
            raise CannotMeasure(f"{place}: {problem}\n{shown[:2000]}")


@contextmanager
def sizes(
    new: Callable[[str], str],
    folder: Path,
    settings: dict[str, str],
    beside: list[int],
    counts: tuple[int, ...],
) -> Iterator[list[Size]]:
    """A database and a server for each number of units."""
    with ExitStack() as stack:
        found = []
        for count in counts:
            instance = folder / f"units-{count}"
            instance.mkdir()
            url = new(f"units_{count}")
            took = _load(url, instance, count)
            places = {**settings, "DATABASE_URL": url, "INSTANCE_PATH": str(instance)}
            application = "tests.bench.unit_pages:create_app()"
            server, _ = stack.enter_context(
                serving(f"{count} units", application, places, instance, f"{PLACE}?for=application", beside)
            )
            found.append(Size(count, server, url, took))
        yield found


def _load(url: str, instance: Path, count: int) -> float:
    """Make the units and load them as an operator does; the seconds that took."""
    from portal import create_app
    from portal.usecases.operate.load_institutions import load_institutions

    prepare_database(url, instance)
    file = write_list(instance / "list.csv", institutions(count))
    app = create_app(**{**TEST_SETTINGS, "DATABASE_URL": url, "INSTANCE_PATH": str(instance)})
    begun = time.perf_counter()
    with app.app_context():
        loaded = load_institutions(file, date(2026, 11, 20))
    if loaded.added != count:
        raise CannotMeasure(f"{loaded.added} of {count} units loaded: {loaded.skipped[:3]}")
    let_go(app)
    file.unlink()
    return time.perf_counter() - begun


def jobs(of: list[Size]) -> list[Job]:
    """All lines: for each size the mix, the page by primary key and the scan; then every kind of search."""
    few, many = of[0], of[-1]
    kinds = searches()
    words = kinds.pop("words")
    found = []
    for size, key in ((few, "B4"), (many, "B5")):
        scanned = random.Random(5).sample(words, 5 if size is many else 50)
        found += [
            size.job(
                f"key-{key}", f"{PAGE} units by primary key, of {size.count:,}", [Search("")], 0.5, "key"
            ),
            size.job(key, f"unit search in {size.count:,}, {len(words)} words", words),
            size.job(f"like-{key}", f"same by LIKE, of {size.count:,}", scanned, 0.5, "like"),
        ]
    found.append(many.job("B5p", f"unit search in {many.count:,} at 60/s", words, 1.0, CALM))
    for kind, asked in kinds.items():
        for size, key in ((few, "few"), (many, "many")):
            found.append(size.job(f"{key}: {kind}", kind, asked, 0.25))
    return found


def lines(measured: dict[str, Job], of: list[Size]) -> list[Line]:
    """The lines of the table, with ratios; the kinds of searches at the larger size beside the smaller."""
    cpu = {key: median(job.cpu) for key, job in measured.items() if job.cpu}
    found, worst = [], (0.0, "")
    for key, job in measured.items():
        value, unit = None, ""
        if key in ("B4", "B5"):
            value, unit = cpu[key] / cpu[f"key-{key}"], "× by primary key"
        elif key == "B5p":
            value, unit = median(job.p99), "ms, p99"
        elif key.startswith("many: "):
            value, unit = cpu[key] / cpu[key.replace("many", "few", 1)], f"× in {of[0].count:,}"
            worst = max(worst, (value, job.words))
        words = f"  {job.words}, {of[-1].count:,}" if key.startswith("many: ") else job.words
        if not key.startswith("few: "):
            found.append(
                Line(key, words, cpu[key], value, unit, median(job.rate), median(job.p50), median(job.p99))
            )
    found.append(
        Line("B5g", f"grown from {of[0].count:,} to {of[-1].count:,}", value=cpu["B5"] / cpu["B4"], unit="×")
    )
    found.append(Line("B5w", f"grown most: {worst[1]}", value=worst[0], unit="×"))
    found.append(Line("load", f"{of[-1].count:,} units loaded", value=of[-1].took, unit="s"))
    return found


def main() -> int:
    """Print the table of this part."""
    from tests.bench.__main__ import KEYS, OTHERS, Load, Others, databases, measure
    from tests.bench.table import RESTLESS, print_table, restless

    parser = argparse.ArgumentParser(prog="python -m tests.bench.unit_search", description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--units", type=int, default=MANY)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="portal-bench-units-") as name, ExitStack() as stack:
        new, beside = stack.enter_context(databases(options.database, Path(name)))
        settings = {**KEYS, "PROXY_NETWORKS": "127.0.0.1/32"}
        of = stack.enter_context(sizes(new, Path(name), settings, beside, (FEW, options.units)))
        load = Load()
        stack.callback(load.close)
        measured = jobs(of)
        others = Others()
        measure(load, measured, options.rounds, options.seconds)
        others.stop()
        by_key = {job.key: job for job in measured}
        by_key["bare"] = by_key["key-B4"]
        swing = restless(by_key)
        del by_key["bare"]
        print_table(lines(by_key, of), calm=swing <= RESTLESS and others.part <= OTHERS)
        print(
            f"\nThe page by primary key varied by {swing:.0%}; other programs used {others.part:.0%} of the machine."
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
