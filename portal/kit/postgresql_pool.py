"""The connections to PostgreSQL: tried before they are used, and waited for no longer than told."""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, QueuePool, event
from sqlalchemy.pool import ConnectionPoolEntry

from portal.clients.postgresql import GRACE_S, PatientConnection, PostgreSQLTrouble, why_refused
from portal.limits import Limits, PostgreSQLLimits

AGAIN_S = 0.05
# SQLAlchemy names a pool's log after its module, and is quieter under its own name.
logging.getLogger(__name__).setLevel(logging.WARNING)


class WaitingPool(QueuePool):
    """A pool that waits for a connection of its own where the server has no other left."""

    def _do_get(self) -> ConnectionPoolEntry:
        give_up = time.monotonic() + self.timeout()
        while True:
            try:
                return super()._do_get()
            except Exception as error:
                if (
                    why_refused(str(error)) is not PostgreSQLTrouble.CROWDED
                    or time.monotonic() > give_up
                ):
                    raise
            time.sleep(AGAIN_S)


def options(limits: Limits) -> dict[str, Any]:
    """What the engine is made with."""
    kept = min(5, limits.postgresql.connections)
    return {
        "poolclass": WaitingPool,
        "pool_pre_ping": True,
        "pool_timeout": limits.busy_ms / 1000,
        "pool_size": kept,
        "max_overflow": limits.postgresql.connections - kept,
    }


def watch(engine: Engine, limits: PostgreSQLLimits) -> None:
    """Let each connection wait ``ping_s`` where it is tried, and ``answer_s`` where it is used."""
    used, idle = limits.answer_s + GRACE_S, limits.ping_s
    event.listen(engine, "do_connect", partial(_connect, used))
    event.listen(engine, "checkout", partial(_wait_for, used))
    event.listen(engine, "checkin", partial(_wait_for, idle))


def be_patient(connection: Connection, seconds: float | None) -> None:
    """Wait so long for the answer to each statement, until the connection is given back."""
    wanted = None if seconds is None else seconds + GRACE_S
    _wait_for(wanted, connection.connection.driver_connection)


def _connect(
    seconds: float, _dialect: Dialect, _entry: object, given: list[Any], named: dict[str, Any]
) -> PatientConnection:
    connection = PatientConnection.connect(*given, **named)
    connection.answer_s = seconds
    return connection


def _wait_for(seconds: float | None, connection: Any, *_: object) -> None:
    if isinstance(connection, PatientConnection):
        connection.answer_s = seconds
