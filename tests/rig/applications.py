"""The portal itself: in this process (`app`, `client`), or as it runs for people (`live_server`)."""

from __future__ import annotations

import os
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.rig.prepared import let_go
from tests.rig.settings import TEST_SETTINGS, as_environment
from tests.rig.warm_start import Launcher, Running

START_WITHIN = 30.0
GUNICORN = [
    "--threads=16", "--worker-class=gthread", "--preload", "--log-level=warning", "--no-control-socket",
    "--graceful-timeout=1",
]  # fmt: skip


@pytest.fixture
def app_settings() -> dict[str, Any]:
    """Settings of this test beside the usual ones: a module or class replaces this fixture."""
    return {}


@pytest.fixture
def make_app(
    database_url: str, app_settings: dict[str, Any], tmp_path: Path
) -> Iterator[Callable[..., Flask]]:
    """Call it for an application on the test's database, with other settings if need be."""
    from portal import create_app

    made: list[Flask] = []

    def make(**overrides: Any) -> Flask:
        places = {"DATABASE_URL": database_url, "INSTANCE_PATH": str(tmp_path)}
        made.append(create_app(**{**TEST_SETTINGS, **places, **app_settings, **overrides}))
        return made[-1]

    yield make
    for app in made:
        let_go(app)


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """The portal on a fresh database."""
    return make_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without a screen."""
    return app.test_client()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A look into the database from outside the application; `session.rollback()` before looking again.

    No application context stays open meanwhile: requests of `client` would share its `g`.
    """
    with app.app_context():
        engine = app.extensions["sqlalchemy"].engine
    with Session(engine) as opened:
        yield opened


@dataclass
class LiveServer:
    """The portal behind a real WSGI server."""

    url: str
    log: Path
    process: Running
    database_url: str

    def address(self, path: str) -> str:
        """The whole address of a page."""
        return self.url + path


@pytest.fixture(scope="session")
def launcher() -> Iterator[Launcher]:
    """One per test process."""
    opened = Launcher()
    yield opened
    opened.close()


@pytest.fixture
def serve(
    launcher: Launcher, database_url: str, app_settings: dict[str, Any], tmp_path: Path
) -> Iterator[Callable[..., LiveServer]]:
    """Call it to start a server on the test's database, with other settings if need be."""
    started: list[LiveServer] = []

    def start(workers: int = 1, **overrides: Any) -> LiveServer:
        with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            places = {"DATABASE_URL": database_url, "INSTANCE_PATH": str(tmp_path), "PUBLIC_ORIGIN": url}
            settings = {**TEST_SETTINGS, **places, **app_settings, **overrides}
            log = tmp_path / f"server-{len(started)}.log"
            with log.open("wb") as output:
                options = [*GUNICORN, f"--workers={workers}"]
                environment = {**os.environ, **as_environment(settings)}
                process = launcher.start(options, environment, listener, output)
                started.append(LiveServer(url, log, process, settings["DATABASE_URL"]))
        wait_for(started[-1])
        return started[-1]

    yield start
    for server in started:
        server.process.send_signal(signal.SIGINT)  # at once, without waiting for idle connections
    for server in started:
        server.process.close()
        assert "Traceback (most recent call last)" not in server.log.read_text(), server.log.read_text()[
            -4000:
        ]


@pytest.fixture
def live_server(serve: Callable[..., LiveServer]) -> LiveServer:
    """The portal as people meet it."""
    return serve()


def wait_for(server: LiveServer, within: float = START_WITHIN) -> None:
    """Return when the server answers; raises `RuntimeError` with what it said when it ends or takes too long."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline and not server.process.ended():
        with suppress(OSError):
            try:
                urllib.request.urlopen(server.url, timeout=START_WITHIN).close()
            except urllib.error.HTTPError as answer:
                answer.close()
            return
        time.sleep(0.05)
    server.process.send_signal(signal.SIGKILL)
    raise RuntimeError(f"the server did not start:\n{server.log.read_text()[-4000:]}")
