"""What is wrong with the database, by name: one place reads the drivers' errors."""

from __future__ import annotations

import sqlite3
from enum import StrEnum

from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from portal.clients.postgresql import PostgreSQLTrouble, why_refused
from portal.kit.database_file import DamagedFileError, LostFileError

DatabaseTrouble = SQLAlchemyError | CommandError


class DatabaseFault(StrEnum):
    """Why the database did not do what it was asked; the values are stable codes.

    NEWER: its tables are those of another version of the lab. UNKNOWN: none of the others.
    """

    LOCKED = "locked"
    AWAY = PostgreSQLTrouble.AWAY.value
    STARTING = PostgreSQLTrouble.STARTING.value
    SILENT = PostgreSQLTrouble.SILENT.value
    CROWDED = PostgreSQLTrouble.CROWDED.value
    DENIED = PostgreSQLTrouble.DENIED.value
    UNDRIVEN = PostgreSQLTrouble.UNDRIVEN.value
    LOST = "lost"
    READ_ONLY = "read_only"
    FULL = "full"
    DAMAGED = "damaged"
    NEWER = "newer"
    UNKNOWN = "unknown"

    @property
    def what(self) -> str:
        """What happened, as a sentence; it says nothing of what was or wasn't saved."""
        return _SENTENCES[self][0]

    @property
    def advice(self) -> str:
        """What to do about it."""
        return _SENTENCES[self][1]

    @property
    def sentence(self) -> str:
        """Both."""
        return f"{self.what} {self.advice}"


_SENTENCES = {
    DatabaseFault.LOCKED: (
        "The database is locked: another program has been writing to it for too long.",
        "Try again in a moment.",
    ),
    **{DatabaseFault(trouble): (trouble.what, trouble.advice) for trouble in PostgreSQLTrouble},
    DatabaseFault.LOST: (
        "The database's file was deleted, moved or replaced while the portal was running: nothing "
        "can be saved any more.",
        "Put the file back as it was; or stop the lab, and slo-lab restore puts a copy in its "
        "place.",
    ),
    DatabaseFault.READ_ONLY: (
        "The database is read-only: it can be read, but not written to.",
        "Make it writable (its file and folder, or PostgreSQL's server), then try again.",
    ),
    DatabaseFault.FULL: (
        "The disk of the database is full.",
        "Free some space, then try again.",
    ),
    DatabaseFault.DAMAGED: (
        "The database is damaged: a part of it can't be read.",
        "Stop the lab, then put a copy back: slo-lab restore has those of SQLite, your own backups "
        "those of PostgreSQL.",
    ),
    DatabaseFault.NEWER: (
        "The database belongs to another version of SLO Lab, most likely a newer one.",
        "Start that version, or set SLO_LAB_DATA_DIR (SLO_LAB_DATABASE_URL) to another database.",
    ),
    DatabaseFault.UNKNOWN: (
        "The database gave an error that the portal has no name for.",
        "Try again; if it stays, slo-lab logs portal has the details.",
    ),
}
_BY_SQLITE_CODE = {
    sqlite3.SQLITE_BUSY: DatabaseFault.LOCKED,
    sqlite3.SQLITE_LOCKED: DatabaseFault.LOCKED,
    sqlite3.SQLITE_PROTOCOL: DatabaseFault.LOCKED,
    sqlite3.SQLITE_READONLY: DatabaseFault.READ_ONLY,
    sqlite3.SQLITE_PERM: DatabaseFault.READ_ONLY,
    sqlite3.SQLITE_FULL: DatabaseFault.FULL,
    sqlite3.SQLITE_CANTOPEN: DatabaseFault.AWAY,
    sqlite3.SQLITE_IOERR: DatabaseFault.AWAY,
    sqlite3.SQLITE_CORRUPT: DatabaseFault.DAMAGED,
    sqlite3.SQLITE_NOTADB: DatabaseFault.DAMAGED,
    sqlite3.SQLITE_FORMAT: DatabaseFault.DAMAGED,
}
"""By the primary result code: https://www.sqlite.org/rescode.html."""

_BY_SQLSTATE = {
    "25006": DatabaseFault.READ_ONLY,
    "40001": DatabaseFault.LOCKED,
    "40P01": DatabaseFault.LOCKED,
    "42501": DatabaseFault.DENIED,
    "42703": DatabaseFault.NEWER,
    "42P01": DatabaseFault.NEWER,
    "53100": DatabaseFault.FULL,
    "53300": DatabaseFault.CROWDED,
    "55P03": DatabaseFault.LOCKED,
    "57014": DatabaseFault.SILENT,
    "57P03": DatabaseFault.STARTING,
}
_BY_SQLSTATE_CLASS = {
    "08": DatabaseFault.AWAY,
    "28": DatabaseFault.DENIED,
    "3D": DatabaseFault.DENIED,
    "57": DatabaseFault.AWAY,
    "58": DatabaseFault.AWAY,
    "XX": DatabaseFault.DAMAGED,
}
"""https://www.postgresql.org/docs/current/errcodes-appendix.html"""

_MISSING = ("no such table", "no such column", "has no column named")


def fault_of(error: DatabaseTrouble) -> DatabaseFault:
    """The name of what SQLAlchemy, Alembic or a driver beneath them raised."""
    if isinstance(error, CommandError):
        unknown_revision = "locate revision" in str(error)
        return DatabaseFault.NEWER if unknown_revision else DatabaseFault.UNKNOWN
    if isinstance(error, PoolTimeoutError):
        return DatabaseFault.CROWDED
    if not isinstance(error, DBAPIError):
        return DatabaseFault.UNKNOWN
    if isinstance(error.orig, sqlite3.Error):
        return _of_sqlite(error.orig)
    return _of_postgresql(error)


def _of_sqlite(error: sqlite3.Error) -> DatabaseFault:
    if isinstance(error, LostFileError):
        return DatabaseFault.LOST
    if isinstance(error, DamagedFileError):
        return DatabaseFault.DAMAGED
    if any(words in str(error) for words in _MISSING):
        return DatabaseFault.NEWER
    primary = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    return _BY_SQLITE_CODE.get(primary, DatabaseFault.UNKNOWN)


def _of_postgresql(error: DBAPIError) -> DatabaseFault:
    state, refused = getattr(error.orig, "sqlstate", None), isinstance(error, OperationalError)
    if state is None and refused:
        return DatabaseFault(why_refused(str(error.orig)))
    if error.connection_invalidated:
        return DatabaseFault.AWAY
    if state is None:
        return DatabaseFault.UNKNOWN
    by_class = _BY_SQLSTATE_CLASS.get(state[:2], DatabaseFault.UNKNOWN)
    return _BY_SQLSTATE.get(state, by_class)
