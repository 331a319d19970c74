"""A real PostgreSQL server of the tests' own: started once, on a socket nobody else sees, thrown away after."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from tests.rig.tools import postgresql_programs

OWNER = "portal"
START_WITHIN = 30.0
MEMORY_WANTED = 2 * 1024**3
SPEED = [  # this server may lose everything: it is thrown away
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "shared_buffers=64MB",
    "max_connections=60",
    "listen_addresses=",
]


class PostgreSQL:
    """A running server; `create` gives a fresh database, `url` its address."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def url(self, name: str) -> str:
        """The address as a person would put it into DATABASE_URL."""
        return f"postgresql://{OWNER}@/{name}?host={self.folder}"

    def create(self, name: str, template: str | None = None) -> str:
        """A new database, a copy of `template` when one is given; its address."""
        copied = sql.SQL("TEMPLATE {}").format(sql.Identifier(template)) if template else sql.SQL("")
        self._say(sql.SQL("CREATE DATABASE {} {}").format(sql.Identifier(name), copied))
        return self.url(name)

    def drop(self, name: str) -> None:
        """Take a database away, together with whoever still holds it."""
        self._say(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _say(self, statement: sql.Composed) -> None:
        with psycopg.connect(
            host=str(self.folder), user=OWNER, dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement)


@contextmanager
def running_server() -> Iterator[PostgreSQL]:
    """Start a server in a folder of its own; stop it and remove the folder at the end."""
    programs = postgresql_programs()
    folder = Path(tempfile.mkdtemp(prefix="portal-pg-", dir=_roomy_place()))
    try:
        as_owner = _as_ordinary_user(folder)
        data, log = folder / "data", folder / "log"
        subprocess.run(
            [*as_owner, str(programs / "initdb"), "-D", str(data), "-U", OWNER, "-A", "trust", "-E", "UTF8",
             "--locale=C.UTF-8", "--no-sync", "--no-instructions"],
            check=True, capture_output=True, cwd=folder,
        )  # fmt: skip
        options = [
            word for setting in (*SPEED, f"unix_socket_directories={folder}") for word in ("-c", setting)
        ]
        with log.open("wb") as output:
            server = subprocess.Popen(
                [*as_owner, str(programs / "postgres"), "-D", str(data), *options],
                cwd=folder, stdout=output, stderr=output, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        try:
            _wait_for(server, folder, log)
            yield PostgreSQL(folder)
        finally:
            server.send_signal(3)  # SIGQUIT: at once, nothing is worth saving
            server.wait(timeout=20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _roomy_place() -> str:
    """In memory where there is room: a database is copied for every test, which halves their time there."""
    memory = Path("/dev/shm")
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > MEMORY_WANTED:
        return str(memory)
    return "/tmp"


def _as_ordinary_user(folder: Path) -> list[str]:
    """What to put before a command: PostgreSQL refuses root, and must end when the tests are killed."""
    words = ["setpriv", "--pdeathsig", "QUIT"]
    if os.geteuid() != 0:
        return words
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        user = pwd.getpwnam("nobody")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return [*words, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


def _wait_for(server: subprocess.Popen[bytes], folder: Path, log: Path) -> None:
    deadline = time.monotonic() + START_WITHIN
    while True:
        try:
            psycopg.connect(host=str(folder), user=OWNER, dbname="postgres").close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(
                    f"PostgreSQL did not start:\n{log.read_text(errors='replace')[-2000:]}"
                ) from None
            time.sleep(0.03)
