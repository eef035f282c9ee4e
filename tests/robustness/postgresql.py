"""A PostgreSQL server of the test's own, on a free port; run as nobody where we are root."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.stack.labs import free_ports, wait_until

PLACES = ("/usr/lib/postgresql", "/usr/local", "/opt/homebrew/opt")


def programs() -> Path | None:
    """The folder with ``initdb`` and ``postgres``, the newest there is."""
    on_path = shutil.which("initdb")
    found = [path for place in PLACES for path in Path(place).glob("*/bin/initdb")]
    return max(found).parent if found else (Path(on_path).parent if on_path else None)


def needed_programs() -> Path:
    """The same; without them the test is skipped, but in CI, where it fails."""
    found = programs()
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("PostgreSQL is not installed here")
    return found


class PostgreSQLServer:
    """A server that can be stopped, started again, and made to stand still.

    ``url`` is the SQLAlchemy address of an empty database.
    """

    def __init__(self, binaries: Path, folder: Path, *options: str) -> None:
        as_somebody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]
        self._before = as_somebody if os.geteuid() == 0 else []
        self._binaries, self._folder = binaries, folder
        (self._port,) = free_ports(1)
        self._options = ["-h", "127.0.0.1", "-k", "", "-F", "-p", str(self._port), *options]
        self._server: subprocess.Popen[bytes] | None = None
        self.url = f"postgresql+psycopg://lab@127.0.0.1:{self._port}/postgres"
        if self._before:
            os.chown(folder, 65534, 65534)
        init = ["-D", str(folder / "data"), "-U", "lab", "-A", "trust", "--no-sync"]
        subprocess.run([*self._before, str(binaries / "initdb"), *init], check=True, **self._quiet)

    @property
    def _quiet(self) -> dict[str, Any]:
        return {"cwd": self._folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}

    def start(self) -> None:
        """Start it, and wait until it answers."""
        program = [
            *self._before,
            str(self._binaries / "postgres"),
            "-D",
            str(self._folder / "data"),
        ]
        self._server = subprocess.Popen([*program, *self._options], **self._quiet)
        asked = [str(self._binaries / "pg_isready"), "-h", "127.0.0.1", "-p", str(self._port)]
        wait_until(lambda: subprocess.run(asked, check=False, **self._quiet).returncode == 0)

    def stop(self) -> None:
        """End it, whoever is connected; what was committed is kept."""
        if self._server is not None:
            self.go_on()
            self._server.send_signal(signal.SIGINT)
            try:
                self._server.wait(10)
            except subprocess.TimeoutExpired:  # somebody hangs in its log-in
                self._server.send_signal(signal.SIGQUIT)
                self._server.wait(60)
            self._server = None

    def stand_still(self) -> None:
        """Let it answer nobody; connections are taken by the system, as before."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """As if nothing had been."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._server is not None
        own = str(self._server.pid)
        found = subprocess.run(["pgrep", "-P", own], check=False, capture_output=True, text=True)
        for pid in (own, *found.stdout.split()):  # the first begins no more others then
            with suppress(ProcessLookupError):  # a backend that has ended meanwhile
                os.kill(int(pid), number)


@contextmanager
def postgresql_server(binaries: Path, *options: str) -> Iterator[PostgreSQLServer]:
    """One that runs; nothing is left of it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="slo-lab-postgresql-"))
    try:
        server = PostgreSQLServer(binaries, folder, *options)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)


@contextmanager
def running_postgresql(binaries: Path) -> Iterator[str]:
    """The SQLAlchemy address of an empty database; nothing is left of it at the end."""
    with postgresql_server(binaries) as server:
        yield server.url
