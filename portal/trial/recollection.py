"""Values that are kept for the next time, as many as fit; safe to share between threads."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable
from math import inf
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Recollection(Generic[Value]):
    """Keeps the values that were asked for last."""

    def __init__(self, most: int) -> None:
        """``most``: how many are kept."""
        self._most = most
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[float, Value]] = OrderedDict()

    def recall(self, key: Hashable) -> Value | None:
        """The value; None when it isn't known any more."""
        with self._lock:
            until, value = self._kept.get(key, (-inf, None))
            if value is None or time.monotonic() > until:
                return None
            self._kept.move_to_end(key)
            return value

    def keep(self, key: Hashable, value: Value, seconds: float = inf) -> None:
        """Remember a value for so long."""
        with self._lock:
            self._kept[key] = (time.monotonic() + seconds, value)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def forget(self) -> None:
        """Forget all."""
        with self._lock:
            self._kept.clear()
