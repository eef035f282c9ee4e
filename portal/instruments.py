"""What is made at its first use and lives as long as the portal: clients, gates, scans.

Unlike values (``portal/readings.py``) these are never dropped: a second gate beside the first
would let twice as many through.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

T = TypeVar("T")


class Instruments:
    """One of each, by its key; safe to share between threads."""

    def __init__(self) -> None:
        self._made: dict[Hashable, Any] = {}
        self._guard = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The instrument under ``key``; ``make`` asks nobody."""
        with self._guard:
            if key not in self._made:
                self._made[key] = make()
            return cast(T, self._made[key])
