"""The version of what a form edits: a page names the one that it showed, and only that is replaced.

The version is taken by one conditional UPDATE, so that of two pages that were based on the same one
only the first is saved, however many portals share the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, inspect, or_, update
from sqlalchemy.orm import DeclarativeBase

from portal.kit.db import db

FIELD = "seen"


def seen_version(typed: Mapping[str, str], field: str = FIELD) -> int | None:
    """The version that a form was made for; None where it names none: it may replace any."""
    named = typed.get(field, "")
    return int(named) if named.isascii() and named.isdigit() and len(named) < 10 else None


def take_version(
    row: DeclarativeBase, seen: int | None, *, unless: ColumnElement[bool] | None = None, **new: Any
) -> bool:
    """Write ``new`` into the row and count its ``version`` up, if it is still the one ``seen``.

    ``unless``: where that holds of the row, its version doesn't matter. False: another page has
    saved since, and nothing is written. The caller commits.
    """
    model: Any = type(row)
    keys = zip(inspect(model).primary_key, inspect(row).identity or (), strict=True)
    version = row.version if seen is None else seen  # type: ignore[attr-defined]
    is_seen = model.version == version
    written = db.session.execute(
        update(model)
        .where(*(column == key for column, key in keys))
        .where(is_seen if unless is None else or_(is_seen, unless))
        .values(version=model.version + 1, **new)
        .execution_options(synchronize_session=False)
    )
    db.session.expire(row)
    return cast(CursorResult[Any], written).rowcount == 1
