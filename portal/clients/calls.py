"""Calls that leave this process: who wants to know before another system or program is asked.

A call may take seconds, so nobody makes one inside a write transaction of the database: SQLite's
lock would be held for as long. Nothing of the product listens; the tests do.
"""

from __future__ import annotations

from collections.abc import Callable

Listener = Callable[[str], None]
listeners: list[Listener] = []


def announce(whom: str) -> None:
    """Tell every listener that ``whom`` ("Prometheus", "promtool") is asked now, by this thread."""
    for listener in listeners:
        listener(whom)
