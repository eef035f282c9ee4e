"""One cell of the database that can't be read never takes down a page."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Column, Connection, DateTime, Engine, String, event

from portal.features import CRITERIA
from portal.kit.db import JSONArray, JSONObject, UTCDateTime, db
from tests.robustness.portals import ask, portal_app
from tests.robustness.rows import pages
from tests.robustness.test_database import IdleChecker, filled, settings_in, words

__all__ = ["filled"]

OBJECTS = {
    "cut short": '{"sent": 12',
    "of another shape": "[1, 2]",
    "null": "null",
    "endless": '{"sent": Infinity}',
    "with wrong parts": '{"sent": "many", "failed": 3, "by_status": 7, "status": "odd", "evidence":'
    ' 1, "duration": [], "memory": 5, "slis": {"text": 3}, "where": 1, "lines": 2, "text": {}}',
    "empty": "{}",
}
ARRAYS = {"with wrong parts": '[1, ["odd", "x", 2], {"slo": "shop"}]', "cut short": '[["firing", 1'}
TEXTS = {"unknown": "nobody knows this"}
TIMES = {"no time": "the day before yesterday", "of the year 10000": "10000-01-01 00:00:00"}
NOT_UTF8 = {"not UTF-8": b"caf\xe9"}


def values_of(column: Column[object]) -> dict[str, str | bytes]:
    """What may stand in a cell that can't be read."""
    if isinstance(column.type, JSONObject):
        return {**OBJECTS}
    if isinstance(column.type, JSONArray):
        return {**OBJECTS, **ARRAYS}
    if isinstance(column.type, (UTCDateTime, DateTime)):
        return {**TIMES}
    if isinstance(column.type, String):
        return {**TEXTS, **NOT_UTF8}
    return {}


CELLS = [
    (table.name, how)
    for table in db.metadata.sorted_tables
    for how in sorted({how for column in table.c for how in values_of(column)})
]


@pytest.fixture(scope="module")
def app(filled: Path) -> Iterator[Flask]:
    with portal_app(settings_in(filled)) as app:
        app.extensions["slo_lab_checker"] = IdleChecker(app, CRITERIA)
        yield app


@pytest.fixture(scope="module")
def readers(app: Flask) -> dict[str, list[str]]:
    """By table: the pages that read it. No cell of it can make any other page read it."""
    found: dict[str, list[str]] = {table.name: [] for table in db.metadata.sorted_tables}
    client = app.test_client()
    for path in pages(app):
        said = _statements(partial(ask, client, path))
        for table, its in found.items():
            if re.search(rf"\b{table}\b", said):
                its.append(path)
    assert all(found.values()), found
    return found


def _statements(ask_it: Callable[[], object]) -> str:
    """What was said to the database meanwhile."""
    said: list[str] = []

    def heard(connection: Connection, cursor: object, statement: str, *rest: object) -> None:
        said.append(statement)

    event.listen(Engine, "before_cursor_execute", heard)
    try:
        ask_it()
    finally:
        event.remove(Engine, "before_cursor_execute", heard)
    return "\n".join(said)


@contextmanager
def spoilt(file: Path, table: str, column: str, value: str | bytes) -> Iterator[None]:
    """The column's cells with that value, in place of their own."""
    with closing(sqlite3.connect(file, timeout=60)) as connection:
        rows = connection.execute(f'SELECT rowid, "{column}" FROM "{table}"').fetchall()
        change = f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = ?'
        as_text = value if isinstance(value, str) else None
        if as_text is None:
            change = f'UPDATE "{table}" SET "{column}" = CAST(? AS TEXT) WHERE rowid = ?'
        connection.executemany(change, [(value, rowid) for rowid, _ in rows[:1]])
        connection.commit()
        try:
            yield
        finally:
            back = f'UPDATE "{table}" SET "{column}" = ? WHERE rowid = ?'
            connection.executemany(back, [(old, rowid) for rowid, old in rows])
            connection.commit()


@pytest.mark.parametrize(("table", "how"), CELLS)
def test_every_page_stands_with_an_unreadable_cell(
    app: Flask, filled: Path, readers: dict[str, list[str]], table: str, how: str
) -> None:
    client, broken = app.test_client(), {}
    for column in db.metadata.tables[table].c:
        if how not in values_of(column) or column.primary_key:
            continue
        with spoilt(filled / "slo-lab.db", table, column.name, values_of(column)[how]):
            for path in readers[table]:
                answer = ask(client, path)
                if answer.status >= 500 and "its row is damaged" not in words(answer.text):
                    broken[f"{column.name}: {path}"] = answer.status
    assert broken == {}


@pytest.mark.parametrize(
    ("table", "column", "value", "page", "said"),
    [
        ("slo", "window", "a while", "/slos", "The SLO “shop” can’t be read"),
        ("burst", "counts", '{"sent": 1', "/bursts/1", "this burst’s record can’t be read"),
        ("kept_alert", "before", "odd", "/alerts/bursts/1", "Burn (its record can’t be read)"),
        ("stored_verdict", "verdict", "[]", "/criteria", "the last verdict can’t be read"),
        (
            "reflection_submission",
            "evidence",
            "{}",
            "/reflections/history/1",
            "The evidence that was kept can’t be read",
        ),
    ],
)
def test_what_can_not_be_read_is_told_where_it_would_stand(
    app: Flask, filled: Path, table: str, column: str, value: str, page: str, said: str
) -> None:
    client = app.test_client()
    assert said not in words(ask(client, page).text)
    with spoilt(filled / "slo-lab.db", table, column, value):
        answer = ask(client, page)
    assert (answer.status, said in words(answer.text)) == (200, True), words(answer.text)
