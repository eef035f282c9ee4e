"""Alembic's environment: the database of the Flask app that runs the migration."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from portal.kit.db import JSONArray, JSONObject, UTCDateTime, alone

db = current_app.extensions["migrate"].db
arguments = current_app.extensions["migrate"].configure_args


def render_item(kind: str, thing: Any, autogen_context: Any) -> str | Literal[False]:
    """Write our column types as what the database keeps: migrations don't import the portal."""
    if kind == "type" and isinstance(thing, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(thing, (JSONArray, JSONObject)):
        return "sa.JSON()"
    return False


@contextmanager
def without_foreign_keys(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by a copy that takes its place; with foreign keys on, what refers to
    the table would keep the old one from being dropped, or be deleted with it.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    connection.commit()
    try:
        yield
    finally:
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
        connection.commit()


def run() -> None:
    """Migrate over a connection of the app's engine, one portal after the other."""
    with db.engine.connect() as connection, without_foreign_keys(connection), connection.begin():
        alone(connection)
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_item=render_item,
            **arguments,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
