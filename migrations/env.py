"""Alembic's environment: the database of the Flask app that runs the migration."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from flask import current_app

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


def run() -> None:
    """Migrate over a connection of the app's engine, one portal after the other."""
    with db.engine.begin() as connection:
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
