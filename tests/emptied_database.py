"""A PostgreSQL for the tests of a process: it begins with the first that wants one, and ends with
the process.
"""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from psycopg.sql import SQL, Identifier

from portal import create_app, end_app
from portal.config import Settings
from portal.kit.db import db, migrate_to_head
from tests.apps import MIGRATED
from tests.patience import SECONDS
from tests.robustness.postgresql import needed_programs, running_postgresql

NUMBERS_ANEW = "SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'"


class EmptiedDatabase:
    """One server's database, emptied after each test: that costs a tenth of a new one each."""

    def __init__(self, url: str) -> None:
        self._url = url
        with TemporaryDirectory() as folder:
            app = create_app(Settings(data_dir=Path(folder), database_url=url))
            migrate_to_head(app)
            assert end_app(app, SECONDS) == []
        # Whoever left a transaction open is told of it here.
        options = "-c lock_timeout=60s"
        plain = url.replace("+psycopg", "")
        self._connection = psycopg.connect(plain, autocommit=True, options=options)
        MIGRATED.add(url)

    @contextmanager
    def for_one_test(self) -> Iterator[str]:
        """Its address; there is nothing in it but its tables."""
        yield self._url
        for table in reversed(db.metadata.sorted_tables):
            self._connection.execute(SQL("DELETE FROM {}").format(Identifier(table.name)))
        self._connection.execute(NUMBERS_ANEW)


@cache
def emptied_database() -> EmptiedDatabase:
    """That of this process; skips, or in CI fails, where PostgreSQL is not installed."""
    server = ExitStack()
    url = server.enter_context(running_postgresql(needed_programs()))
    atexit.register(server.close)
    return EmptiedDatabase(url)
