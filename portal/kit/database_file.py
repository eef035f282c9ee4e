"""The file of a SQLite database: whole at the start, and the same one as long as the portal runs.

SQLite goes on with a file that was deleted or replaced, since the system keeps it for whoever has
it open; what is saved there is gone with the process.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, event
from sqlalchemy.exc import DatabaseError, OperationalError

Mark = tuple[int, int]
"""What tells a file from another one at the same path."""


class LostFileError(sqlite3.OperationalError):
    """The file, or the log beside it, is not the one any more that was opened."""


class DamagedFileError(sqlite3.DatabaseError):
    """SQLite's own check found a fault in the file."""


def path_of(url: URL) -> Path | None:
    """The file of a SQLite database; None for another database, and for one without a file."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    return None if url.database.startswith((":memory:", "file:")) else Path(url.database)


class DatabaseFile:
    """A file that must not be lost; made, for its owner alone, where it is not there yet."""

    def __init__(self, path: Path) -> None:
        """Raises OSError."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            path.touch(mode=0o600)
        self._path = path
        self._mark = _mark_of(path)
        self._log = path.with_name(f"{path.name}-wal")
        self._log_mark: Mark | None = None
        self._open = 0

    def watch(self, engine: Engine) -> None:
        """Let no connection be made, none be taken and nothing be committed once it is lost."""
        event.listen(engine, "do_connect", lambda *_: self._check())
        event.listen(engine, "connect", self._on_connect)
        event.listen(engine, "checkout", lambda *_: self._check())
        event.listen(engine, "commit", self._on_commit)
        event.listen(engine, "close", self._on_close)

    def _check(self) -> None:
        """Raises LostFileError, which SQLAlchemy wraps as it does errors of the driver."""
        if _mark_of(self._path) != self._mark:
            raise LostFileError(f"{self._path} was deleted or replaced")
        if not self._open:
            return
        # SQLite keeps the log as long as anybody has the file open.
        self._log_mark = self._log_mark or _mark_of(self._log)
        if self._log_mark != _mark_of(self._log):
            raise LostFileError(f"{self._log} was deleted or replaced")

    def _on_connect(self, _connection: object, _record: object) -> None:
        self._open += 1

    def _on_close(self, _connection: object, _record: object) -> None:
        self._open -= 1
        if not self._open:
            self._log_mark = None

    def _on_commit(self, _connection: object) -> None:
        try:
            self._check()
        except LostFileError as error:
            raise OperationalError("COMMIT", None, error) from error


def _mark_of(path: Path) -> Mark | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def check_whole(connection: Connection) -> None:
    """Raises DatabaseError where SQLite's quick check finds a fault; asks no other database."""
    if connection.dialect.name != "sqlite":
        return
    said = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if said != "ok":
        raise DatabaseError("PRAGMA quick_check", None, DamagedFileError(str(said)))
