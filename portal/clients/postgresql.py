"""PostgreSQL as a system outside: connections that wait no longer than told, and why one failed.

Its driver need not be installed: a lab on SQLite has none.
"""

from __future__ import annotations

import math
import shlex
import sys
import time
from enum import StrEnum
from typing import TYPE_CHECKING, Any

try:
    import psycopg
    from psycopg import Connection
except ImportError:  # pragma: no cover - the tests have it
    psycopg = None  # type: ignore[assignment]
    Connection = object  # type: ignore[assignment,misc]

if TYPE_CHECKING:
    from psycopg.abc import PQGen

DRIVER = "psycopg[binary]>=3.2"
GRACE_S = 0.5
"""The server's own limit comes first: then the connection can be used again."""


class PostgreSQLTrouble(StrEnum):
    """Why PostgreSQL gives no answer."""

    AWAY = "away"
    STARTING = "starting"
    SILENT = "silent"
    CROWDED = "crowded"
    DENIED = "denied"
    UNDRIVEN = "undriven"

    @property
    def what(self) -> str:
        """What is wrong, as a sentence."""
        return _SENTENCES[self][0]

    @property
    def advice(self) -> str:
        """What to do about it."""
        return _SENTENCES[self][1]


_SENTENCES = {
    PostgreSQLTrouble.AWAY: (
        "The database can't be reached.",
        "Is it running, and its disk there? slo-lab doctor says more.",
    ),
    PostgreSQLTrouble.STARTING: (
        "The database is starting, or being stopped.",
        "Try again in a moment.",
    ),
    PostgreSQLTrouble.SILENT: (
        "The database takes connections, but does not answer.",
        "Does its process or its machine stand still? Let it go on, or start it again.",
    ),
    PostgreSQLTrouble.CROWDED: (
        "No connection to the database is free.",
        "Try again in a moment; if it stays, stop what else uses PostgreSQL, or let it have more "
        "(max_connections).",
    ),
    PostgreSQLTrouble.DENIED: (
        "The database does not let the portal in, or do this: a login or a right was refused.",
        "Look at SLO_LAB_DATABASE_URL and at what its user may do (GRANT), then try again.",
    ),
    PostgreSQLTrouble.UNDRIVEN: (
        "PostgreSQL's driver is not installed here.",
        f"{shlex.quote(sys.executable)} -m pip install {shlex.quote(DRIVER)} gets it.",
    ),
}
_WORDS = {
    "too many clients": PostgreSQLTrouble.CROWDED,
    "too many connections": PostgreSQLTrouble.CROWDED,
    "connection slots are reserved": PostgreSQLTrouble.CROWDED,
    "system is starting up": PostgreSQLTrouble.STARTING,
    "system is shutting down": PostgreSQLTrouble.STARTING,
    "not yet accepting connections": PostgreSQLTrouble.STARTING,
    "in recovery mode": PostgreSQLTrouble.STARTING,
    "authentication failed": PostgreSQLTrouble.DENIED,
    "no password supplied": PostgreSQLTrouble.DENIED,
    "no pg_hba.conf entry": PostgreSQLTrouble.DENIED,
    "permission denied": PostgreSQLTrouble.DENIED,
    "is not permitted to log in": PostgreSQLTrouble.DENIED,
    '" does not exist': PostgreSQLTrouble.DENIED,
}
"""The server's words as it refuses a connection: its code does not reach the driver then."""


def why_refused(said: str) -> PostgreSQLTrouble:
    """What the driver's words mean where no connection came about."""
    if "timeout expired" in said:
        return PostgreSQLTrouble.SILENT
    return next(
        (trouble for words, trouble in _WORDS.items() if words in said), PostgreSQLTrouble.AWAY
    )


class PatientConnection(Connection):
    """A connection that is closed where the server says nothing for ``answer_s``, in s.

    The server's own limit on statements is of no help: one that stands still keeps none.
    """

    answer_s: float | None = None

    def wait(self, gen: PQGen[Any], *given: Any, **named: Any) -> Any:
        """Wait for an answer; raises psycopg's ConnectionTimeout."""
        return super().wait(self._while_patient(gen), *given, **named)

    def _while_patient(self, gen: PQGen[Any]) -> PQGen[Any]:
        """The same steps; the driver asks for the next each tenth of a second at least."""
        patience = math.inf if self.answer_s is None else self.answer_s
        end = time.monotonic() + patience
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if not ready and time.monotonic() > end:
                    self.pgconn.finish()
                    raise psycopg.errors.ConnectionTimeout("answer timeout expired")
                wanted = gen.send(ready)
        except StopIteration as done:
            return done.value


def ask(url: str, seconds: int) -> PostgreSQLTrouble | None:
    """Why the server at the driver's address gives no answer within so many seconds; or None."""
    if psycopg is None:
        return PostgreSQLTrouble.UNDRIVEN
    try:
        with PatientConnection.connect(url, connect_timeout=seconds) as connection:
            connection.answer_s = float(seconds)
            connection.execute("SELECT 1")
    except psycopg.OperationalError as error:
        return why_refused(str(error))
    return None
