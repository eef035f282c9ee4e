"""Sees who asks another system inside a write transaction, or with unsaved changes at hand.

SQLite lets one transaction write at a time. One that waits for an answer meanwhile keeps
everybody else waiting, and in the end from saving anything.
"""

from __future__ import annotations

import re
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import has_app_context
from sqlalchemy import Connection, Engine, event

from portal.clients import calls
from portal.kit.db import db

WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|BEGIN\s+(IMMEDIATE|EXCLUSIVE))\b", re.I)


class WriteLockWatch:
    """``held`` tells where another system was asked too early: whom, why, by which lines."""

    def __init__(self) -> None:
        self.held: list[str] = []
        self._of_thread = threading.local()

    def asked(self, whom: str) -> None:
        """Somebody is about to ask: noted, not raised, since a caller may go on all the same."""
        if why := self._why_not():
            lines = (line for line in traceback.format_stack() if "/portal/" in line)
            self.held.append(f"{whom} is asked {why}\n{''.join(lines)}")

    def wrote(self, connection: Connection, cursor: Any, statement: str, *rest: Any) -> None:
        if WRITES.match(statement):
            self._writing.add(id(connection))

    def ended(self, connection: Connection) -> None:
        self._writing.discard(id(connection))

    @property
    def _writing(self) -> set[int]:
        """The connections on which this thread has a write transaction."""
        writing: set[int] = self._of_thread.__dict__.setdefault("writing", set())
        return writing

    def _why_not(self) -> str:
        if self._writing:
            return "inside a write transaction"
        return "with unsaved changes in the session" if _is_unsaved() else ""


def _is_unsaved() -> bool:
    if not has_app_context() or not db.session.registry.has():
        return False
    session = db.session()
    return bool(session.new or session.deleted or any(map(session.is_modified, session.dirty)))


@contextmanager
def watched() -> Iterator[WriteLockWatch]:
    """Watch every call and every statement of this process."""
    watch = WriteLockWatch()
    heard = (
        ("before_cursor_execute", watch.wrote),
        ("commit", watch.ended),
        ("rollback", watch.ended),
    )
    for name, listener in heard:
        event.listen(Engine, name, listener)
    calls.listeners.append(watch.asked)
    try:
        yield watch
    finally:
        calls.listeners.remove(watch.asked)
        for name, listener in heard:
            event.remove(Engine, name, listener)
