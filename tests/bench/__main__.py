"""`make bench`: prepares data, starts the servers, runs the jobs in turn and prints the table."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from portal.config import read_settings
from tests.bench import card, unit_search
from tests.bench.card_visitors import bind_card, card_job
from tests.bench.jobs import Job, Jobs
from tests.bench.load import Flow, Stream
from tests.bench.people import ACCOUNTS, CHEAP, DEAR, generate
from tests.bench.requests import REQUESTS, generate_requests, review_jobs
from tests.bench.servers import ROOT, CannotMeasure, machine_time, own_time, serving
from tests.bench.table import RESTLESS, lines, print_table, restless
from tests.bench.visitors import HOME
from tests.rig.prepared import let_go, prepare_database
from tests.rig.settings import TEST_SETTINGS

KEYS = {name: str(TEST_SETTINGS[name]) for name in ("SECRET_KEY", "PEPPER")}
STARTS = 3
OTHERS = 0.25
"""What other programs may take of the machine before the figures say nothing."""


class Load:
    """The load generator's process."""

    def __init__(self) -> None:
        self.put_off = 0
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.load"], cwd=ROOT,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, job: Job, streams: list[Stream]) -> list[Flow]:
        """What comes of these streams; raises `CannotMeasure` if an answer was wrong."""
        assert self.process.stdin
        assert self.process.stdout
        print(json.dumps([asdict(stream) for stream in streams]), file=self.process.stdin, flush=True)
        flows = [Flow(**flow) for flow in json.loads(self.process.stdout.readline())]
        for flow in flows:
            self.put_off += flow.put_off
            if flow.wrong or not flow.done:
                log = job.server.tail() if job.server else ""
                raise CannotMeasure(f"{job.words}: {flow.wrong} of {flow.done} answers were wrong\n{log}")
        return flows

    def close(self) -> None:
        """No more orders."""
        self.process.communicate()


def measure(load: Load, jobs: list[Job], rounds: int, seconds: float) -> None:
    """Each job once a round, in turn, after a short round that warms up."""
    for number in range(-1, rounds):
        for job in jobs:
            streams = job.streams(seconds if number >= 0 else seconds / 4)
            before = job.server.cpu() if job.server else 0.0
            flow = load.run(job, streams)[0]
            used = job.server.cpu() - before if job.server else 0.0
            if number >= 0:
                job.cpu.append(used / flow.done if job.server else flow.cpu)
                job.rate.append(flow.per_second)
                job.p50.append(flow.p50)
                job.p99.append(flow.p99)


class Others:
    """What part of the processors went to programs that are none of ours."""

    def __init__(self) -> None:
        self.part = 0.0
        self.before = (*machine_time(), own_time())

    def stop(self) -> None:
        """Look again."""
        busy, whole, own = (
            after - before for after, before in zip((*machine_time(), own_time()), self.before, strict=True)
        )
        self.part = max(0.0, busy - own) / whole


@contextmanager
def databases(kind: str, folder: Path) -> Iterator[tuple[Callable[[str], str], list[int]]]:
    """Call it for the address of an empty database; and the processes that work for all of them."""
    if kind == "sqlite":
        yield lambda name: f"sqlite:///{folder / name}.sqlite3", []
        return
    from tests.rig.postgresql import running_server

    with running_server() as server:
        pid = int((server.folder / "data/postmaster.pid").read_text().split()[0])
        yield server.create, [pid]


def run(options: argparse.Namespace, folder: Path, stack: ExitStack) -> int:
    """The whole run; returns the exit code."""
    new, beside = stack.enter_context(databases(options.database, folder))
    url = new("portal")
    told = time.perf_counter()
    (folder / "cards").mkdir()
    cards = card.Portal(folder / "cards", datetime.now(UTC).replace(microsecond=0))
    app, people, engine = prepare(url, folder, options.scale, stack, str(cards.authorities))
    reviewers = generate_requests(engine, int(REQUESTS * options.scale))
    print(
        f"{ACCOUNTS * options.scale:,.0f} accounts on {options.database}, made in {time.perf_counter() - told:.0f} s; "
        f"{options.rounds} rounds of {options.seconds:g} s",
        flush=True,
    )
    settings = {**KEYS, "DATABASE_URL": url, "INSTANCE_PATH": str(folder), "PROXY_NETWORKS": "127.0.0.1/32"}

    def start(name: str, application: str = "app:app", first: str = HOME, **more: str) -> Any:
        return serving(name, application, {**settings, **more}, folder, first, beside)

    bare, _ = stack.enter_context(
        start(
            "bare page",
            "tests.bench.bare:create_app()",
            "/plain",
            BENCH_ADMINISTRATOR=people.administrator,
            BENCH_REVIEWER=str(reviewers.bureau),
        )
    )
    portal, _ = stack.enter_context(start("portal", AUTHORITIES_PATH=str(cards.authorities)))
    cheap, _ = stack.enter_context(start("portal, cheap hash", BCRYPT_COST=str(CHEAP), TESTING="1"))
    load = Load()
    stack.callback(load.close)
    jobs = Jobs(bare, portal, cheap, people, engine, read_settings(KEYS, INSTANCE_PATH=str(folder)))
    pages, hashes, storms = jobs.pages(), jobs.hashes(), jobs.storms()
    pages += review_jobs(app, bare, portal, reviewers, engine)
    held = cards.card()
    bind_card(app, people.sign_ins[DEAR][0], held, cards.folder)
    with_cards = [card_job(app, portal, held)]
    counts = (unit_search.FEW, int(unit_search.MANY * options.scale))
    with_units = stack.enter_context(unit_search.sizes(new, folder, settings, beside, counts))
    searching = unit_search.jobs(with_units)
    others = Others()
    for group in (pages, hashes, storms, with_cards, searching):
        measure(load, group, options.rounds, options.seconds)
    verified, _ = card.measure(cards, options.rounds, options.seconds / 4)
    others.stop()
    memory = portal.worker_memory()
    starts = []
    for number in range(STARTS):
        with start(f"start {number}") as (_, seconds):
            starts.append(seconds)
    measured = {job.key: job for job in (*pages, *hashes, *storms, *with_cards)}
    swing, taken = restless(measured), others.part
    verified[0] = replace(verified[0], key="signature")
    found = unit_search.lines({job.key: job for job in searching}, with_units)
    calm = swing <= RESTLESS and taken <= OTHERS
    print_table([*lines(measured, memory, starts), *found, *verified], calm)
    if load.put_off:
        print(f"\n{load.put_off} sign-ins were answered 429: they would have waited longer than 3 s.")
    print(
        f"\nThe bare page varied by {swing:.0%} between rounds; other programs used {taken:.0%} of the machine."
    )
    if swing > RESTLESS or taken > OTHERS:
        print("The machine is too busy for a verdict.")
    return 0


def prepare(url: str, folder: Path, scale: float, stack: ExitStack, authorities: str) -> Any:
    """An application, people in its fresh database, and an engine to look into that."""
    from portal import create_app

    prepare_database(url, folder)
    places = {"DATABASE_URL": url, "INSTANCE_PATH": str(folder), "AUTHORITIES_PATH": authorities}
    app = create_app(**{**TEST_SETTINGS, **places})
    stack.callback(let_go, app)
    with app.app_context():
        engine = app.extensions["sqlalchemy"].engine
        return app, generate(engine, app.extensions["portal-settings"], int(ACCOUNTS * scale)), engine


def main() -> int:
    """Read the options and run; 1 if nothing could be measured."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--scale", type=float, default=float(os.environ.get("SCALE") or 1))
    kinds = ["sqlite", "postgresql"]
    parser.add_argument("--database", choices=kinds, default=os.environ.get("DATABASE") or kinds[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder, ExitStack() as stack:
        try:
            return run(options, Path(folder), stack)
        except CannotMeasure as problem:
            print(f"cannot measure: {problem}", file=sys.stderr)
            return 1


if __name__ == "__main__":
    sys.exit(main())
