"""One answer for all open pages: fifty of them cost Prometheus what one does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from portal.background import Background
from portal.deadline import is_over, time_for
from portal.limits import RoomLimits

T = TypeVar("T")


@dataclass
class _Slot:
    lock: threading.Lock = field(default_factory=threading.Lock)
    value: Any = None
    made_at: float = float("-inf")


class SharedReadings:
    """Values that are asked for once and shared until they are ``max_age`` seconds old.

    While one thread asks anew, the others get the value from before, or wait for the first one.
    """

    def __init__(
        self,
        background: Background,
        monotonic: Callable[[], float] = time.monotonic,
        most: int = RoomLimits.readings,
    ) -> None:
        """``background`` renews; ``monotonic`` returns seconds.

        ``most`` values are kept, since some keys hold what somebody typed (the preview of an
        SLO); the one longest unasked goes.
        """
        self._most = most
        self._background = background
        self._monotonic = monotonic
        self._slots: dict[Hashable, _Slot] = {}
        self._guard = threading.Lock()

    def get(self, key: Hashable, max_age: float, ask: Callable[[], T], patience: float = 0) -> T:
        """The value under ``key``, asked for anew when it is older than ``max_age`` seconds.

        One that is younger than ``patience`` seconds is given at once even so, and asked for
        anew in the background; ``ask`` must then need nothing of the request.

        What is given to a page whose time is over is for that page alone: the next one asks anew.
        """
        slot = self._slot(key)
        if self._fresh(slot, max_age):
            return slot.value  # type: ignore[no-any-return]
        if self._fresh(slot, patience):
            self._renew_beside(key, slot, ask)
            return slot.value  # type: ignore[no-any-return]
        first = slot.made_at == float("-inf")
        if not slot.lock.acquire(timeout=time_for(threading.TIMEOUT_MAX) if first else 0):
            return ask() if first else slot.value
        try:
            return slot.value if self._fresh(slot, max_age) else self._asked(slot, ask)
        finally:
            slot.lock.release()

    def _asked(self, slot: _Slot, ask: Callable[[], T]) -> T:
        value = ask()
        if not is_over():
            slot.value, slot.made_at = value, self._monotonic()
        return value

    def _renew_beside(self, key: Hashable, slot: _Slot, ask: Callable[[], Any]) -> None:
        if not slot.lock.acquire(blocking=False):
            return
        what = f"asks anew: {key[0] if isinstance(key, tuple) else key}"
        if not self._background.start("reading", what, lambda: self._renew(slot, ask)):
            slot.lock.release()

    def _renew(self, slot: _Slot, ask: Callable[[], Any]) -> None:
        try:
            self._asked(slot, ask)
        finally:
            slot.lock.release()

    def last(self, key: Hashable) -> Any:
        """The value under ``key`` however old it is; None when it was never asked for."""
        with self._guard:
            return self._slots[key].value if key in self._slots else None

    def forget(self, key: Hashable) -> None:
        """Ask anew at the next ``get``."""
        with self._guard:
            self._slots.pop(key, None)

    def _fresh(self, slot: _Slot, max_age: float) -> bool:
        return self._monotonic() - slot.made_at < max_age

    def _slot(self, key: Hashable) -> _Slot:
        with self._guard:
            slot = self._slots.pop(key) if key in self._slots else _Slot()
            self._slots[key] = slot
            if len(self._slots) > self._most:
                del self._slots[next(iter(self._slots))]
            return slot
