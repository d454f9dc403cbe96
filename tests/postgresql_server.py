"""A real PostgreSQL server on loopback (Debian's package), with a cluster of its own for as long as a test needs it."""

import contextlib
import getpass
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

USER = "postgres"


@dataclass(frozen=True)
class PostgresServer:
    """Where the server listens. Who connects from loopback is believed: nothing else reaches it."""

    port: int

    def url(self, database: str, driver: str = "psycopg", user: str = USER) -> str:
        """An address for SQLAlchemy; Prefect takes the driver `asyncpg`."""
        return f"postgresql+{driver}://{user}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str) -> str:
        """Make an empty database; returns its address for SQLAlchemy."""
        self.run(f'create database "{database}"')
        return self.url(database)

    def run(self, statement: str, database: str = "postgres", user: str = USER) -> list[tuple[object, ...]]:
        """Run one statement; its rows, where it has any."""
        with psycopg.connect(
            host="127.0.0.1", port=self.port, user=user, dbname=database, autocommit=True
        ) as connection:
            cursor = connection.execute(statement.encode())
            return list(cursor.fetchall()) if cursor.description else []


@contextlib.contextmanager
def running_postgresql() -> Iterator[PostgresServer]:
    """A fresh server, gone with its files at the end. PostgreSQL refuses to be root, so then it runs as `postgres`."""
    as_other = {"user": USER, "group": USER} if os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    if as_other:
        shutil.chown(folder, USER, USER)
    port = _free_port()
    program = _programs()
    try:
        _call(
            [program / "initdb", "-D", folder / "data", "-U", USER, "--auth=trust", "--no-sync", "-E", "UTF8"],
            folder,
            as_other,
        )
        # Nothing here has to survive a pulled plug: that is PostgreSQL's own work.
        settings = ["fsync=off", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", f"port={port}"]
        with open(folder / "server.log", "wb") as log:
            process = subprocess.Popen(
                [program / "postgres", "-D", folder / "data", *[word for one in settings for word in ("-c", one)]],
                cwd=folder,
                stdout=log,
                stderr=log,
                env=_environment(),
                **as_other,
            )
        try:
            server = PostgresServer(port)
            _wait_until_ready(server, process, folder / "server.log")
            yield server
        finally:
            # The fast way to stop: it does not wait for sessions that nobody closed.
            process.send_signal(signal.SIGINT)
            process.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _call(command: list[object], folder: Path, as_other: dict[str, str]) -> None:
    done = subprocess.run(
        [str(word) for word in command], cwd=folder, capture_output=True, text=True, env=_environment(), **as_other
    )
    assert done.returncode == 0, f"as {getpass.getuser()}: {done.stdout}{done.stderr}"


def _environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _programs() -> Path:
    """The folder of the newest server that Debian's package has installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    assert found, "PostgreSQL is not installed: apt-get install postgresql"
    return found[-1]


def _wait_until_ready(server: PostgresServer, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up = time.monotonic() + 60
    while True:
        try:
            server.run("select 1")
            return
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > give_up:
                raise RuntimeError(f"PostgreSQL did not start\n{log.read_text(errors='replace')[-3000:]}") from None
            time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
