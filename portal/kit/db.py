"""The database: one SQLAlchemy object, UTC times, and SQLite set up for several threads."""

from __future__ import annotations

import json
import logging
import math
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from alembic import command
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    JSON,
    URL,
    Connection,
    DateTime,
    Dialect,
    Engine,
    MetaData,
    Table,
    event,
    inspect,
    text,
)
from sqlalchemy.engine import make_url
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

from portal.kit import postgresql_pool
from portal.kit.database_file import DatabaseFile, path_of
from portal.limits import Limits

log = logging.getLogger(__name__)
MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
APPLICATION = "slo-lab"
STARTING_LOCK = 7_561_001  # any number, as long as all portals take the same


class Base(DeclarativeBase):
    """Every table; constraints are named, so that a migration can name them too."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


@dataclass(frozen=True)
class Loss:
    """What a row of a learner's table is to somebody who starts over.

    ``one`` and ``many`` are its words ("" for both: nobody counts it). ``step`` is the id of the
    step whose reset deletes the rows too; the reset of the whole lab deletes those of every table.
    ``undo`` names the column that is set where the learner deleted a row already.
    """

    one: str = ""
    many: str = ""
    step: str = ""
    undo: str = ""

    @property
    def info(self) -> dict[str, Any]:
        """For ``__table_args__``."""
        return {"info": {"loss": self}}

    @staticmethod
    def of(table: Table) -> Loss:
        """The loss that the table's model declares; a table without one says nothing."""
        declared: Loss = table.info.get("loss", Loss())
        return declared


UNREADABLE_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""What stands for a time that can't be read: long ago, so that nothing waits for it."""


class UTCDateTime(TypeDecorator[datetime]):
    """A point in time: aware and UTC in Python, whatever the database keeps."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Python to database; a naive datetime is a mistake of the caller."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Database to Python; SQLite forgets the zone."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: Any) -> Callable[[Any], Any] | None:
        """One cell that is no time must not take down every page that shows its row."""
        read = super().result_processor(dialect, coltype)

        def tolerant(value: Any) -> datetime | None:
            try:
                return cast("datetime | None", read(value) if read else value)
            except (TypeError, ValueError, OverflowError):
                log.warning("unreadable time", extra={"cell": repr(value)[:80]})
                return UNREADABLE_TIME

        return tolerant


class UnreadableObject(dict[str, Any]):
    """What stands for a JSON cell that should hold an object and can't be read: an empty one."""


class UnreadableArray(list[Any]):
    """The same for an array."""


class _JSONCell(TypeDecorator[Any]):
    """A JSON cell of one shape; where it has another one, ``unreadable`` stands for it.

    ``required``: a JSON null is no value either.
    """

    impl = JSON
    cache_ok = True
    shape: type[Any]
    unreadable: type[Any]

    def __init__(self, *, required: bool = True) -> None:
        super().__init__(none_as_null=True)
        self.required = required

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Database to Python."""
        if isinstance(value, self.shape) or (value is None and not self.required):
            return value
        return self.unreadable()

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        """So that a key's value can be asked for in SQL."""
        return self.impl_instance.coerce_compared_value(op, value)


class JSONObject(_JSONCell):
    """A JSON object; a cell that is none, or is no JSON at all, reads as an UnreadableObject."""

    cache_ok = True
    shape, unreadable = dict, UnreadableObject


class JSONArray(_JSONCell):
    """A JSON array; a cell that is none, or is no JSON at all, reads as an UnreadableArray."""

    cache_ok = True
    shape, unreadable = list, UnreadableArray


class _NoJSON:
    """What the types above get for a cell that is no JSON, or holds a number that is not finite."""


def _read_json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse)
    except (TypeError, ValueError, RecursionError):
        log.warning("unreadable JSON", extra={"cell": repr(text)[:80]})
        return _NoJSON()


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")


def _write_json(value: Any) -> str:
    """JSON, which knows no NaN and no Infinity: a cell that held one could not be read again."""
    try:
        return json.dumps(value, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(value), allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


db = SQLAlchemy(model_class=Base)
migrate = Migrate(directory=str(MIGRATIONS), render_as_batch=True)


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        # A byte that is no UTF-8 costs its character, not every page that reads the row.
        connection.text_factory = _text
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def init_app(app: Flask, url: str, limits: Limits) -> None:
    """Bind the database at ``url`` to the app; a SQLite file is made, for its owner alone."""
    parsed = make_url(url)
    path = path_of(parsed)
    file = DatabaseFile(path) if path else None
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    options: dict[str, Any] = {"json_deserializer": _read_json, "json_serializer": _write_json}
    if parsed.get_backend_name() == "sqlite":
        options["connect_args"] = {"timeout": limits.busy_ms / 1000}
    elif parsed.get_backend_name() == "postgresql":
        options |= postgresql_pool.options(limits)
        options["connect_args"] = _postgresql_options(parsed, limits)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    db.init_app(app)
    migrate.init_app(app, db)
    with app.app_context():
        if file:
            file.watch(db.engine)
        elif parsed.get_backend_name() == "postgresql":
            postgresql_pool.watch(db.engine, limits.postgresql)


def _postgresql_options(url: URL, limits: Limits) -> dict[str, Any]:
    """A name of this app's own, by which others know it; and as SQLite's busy timeout, without
    which a page waits for somebody's lock for ever."""
    answer_ms = round(limits.postgresql.answer_s * 1000)
    wanted = {
        "application_name": f"{APPLICATION} {secrets.token_hex(4)}",
        "connect_timeout": limits.postgresql.connect_s,
        "options": f"-c lock_timeout={limits.busy_ms} -c statement_timeout={answer_ms}",
    }
    return {name: value for name, value in wanted.items() if name not in url.query}


def others_are_connected(connection: Connection) -> bool:
    """Whether another portal or command, wherever it runs, uses this PostgreSQL database."""
    if connection.dialect.name != "postgresql":
        return False
    question = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND starts_with(application_name, :ours) "
        "AND application_name <> current_setting('application_name')"
    )
    return bool(connection.execute(question, {"ours": f"{APPLICATION} "}).scalar_one())


@contextmanager
def waiting_for_lock(seconds: float) -> Iterator[None]:
    """Within, the session's next write waits so long at most for somebody else's lock."""
    connection, milliseconds = db.session.connection(), round(seconds * 1000)
    if connection.dialect.name != "sqlite":
        postgresql_pool.be_patient(connection, seconds)
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {milliseconds}")
        yield
        return
    usual = connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one()
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {milliseconds}")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {usual}")


def alone(connection: Connection) -> None:
    """Begin a transaction that no other portal process has a like of until it ends.

    For what every portal does as it starts, and two would do twice.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    elif connection.dialect.name == "postgresql":
        postgresql_pool.be_patient(connection, None)  # a migration may take long
        connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({STARTING_LOCK})")


def version_of(connection: Connection) -> str:
    """The revision of the database's tables; empty where it has none yet."""
    return ",".join(MigrationContext.configure(connection).get_current_heads())


def newest_version() -> str:
    """The revision that this lab's tables have."""
    return ",".join(ScriptDirectory(str(MIGRATIONS)).get_heads())


def missing_columns(connection: Connection) -> list[str]:
    """What the models have and the database hasn't, like ``burst.reason``, by name."""
    inspector = inspect(connection)
    found = {
        name: {column["name"] for column in columns}
        for (_, name), columns in inspector.get_multi_columns().items()
    }
    return sorted(
        f"{table.name}.{column.name}"
        for table in db.metadata.sorted_tables
        for column in table.columns
        if column.name not in found.get(table.name, set())
    )


def migrate_to_head(app: Flask) -> None:
    """Bring the database's tables up to date; raises alembic's CommandError.

    Flask-Migrate's own ``upgrade`` ends the process instead, where the database is a newer one.
    """
    with app.app_context():
        command.upgrade(migrate.get_config(), "head")
