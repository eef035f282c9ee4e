"""Counting a burst in bounded memory: what users saw, and how long they waited."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from itertools import accumulate

_GROWTH = 1.005
_SHORTEST = 1e-5
_LONGEST = 3600.0
_SCALE = 1 / math.log(_GROWTH)
_SLOTS = int(math.log(_LONGEST / _SHORTEST) * _SCALE) + 2

MAX_STATUSES = 30
"""More different statuses than these are counted together, as ``other``."""


class Durations:
    """Quantiles of durations in seconds, at most 0.5 % above the truth, from 10 µs to an hour.

    A histogram whose slots grow by 0.5 %: memory and time don't depend on how many there are.
    """

    def __init__(self) -> None:
        self._slots = [0] * _SLOTS
        self._count = 0
        self._longest = 0.0

    def add(self, seconds: float) -> None:
        """Count one duration."""
        slot = int(math.log(seconds / _SHORTEST) * _SCALE) + 1 if seconds > _SHORTEST else 0
        self._slots[min(slot, _SLOTS - 1)] += 1
        self._count += 1
        self._longest = max(self._longest, seconds)

    def quantiles(self, *shares: float) -> list[float | None]:
        """The duration that a share (0..1) of all stayed within (nearest rank), for each share."""
        if not self._count:
            return [None] * len(shares)
        within = list(accumulate(self._slots))
        ranks = (max(1, math.ceil(share * self._count)) for share in shares)
        return [min(_upper_end(bisect_left(within, rank)), self._longest) for rank in ranks]


def _upper_end(slot: int) -> float:
    return _SHORTEST * _GROWTH**slot


class Tally:
    """The totals of a burst. Times are seconds of the engine's clock."""

    def __init__(self, slow_seconds: float = 0.5) -> None:
        self._slow_seconds = slow_seconds
        self.sent = 0
        self.good = 0
        self.slow = 0
        self.cut = 0
        self.not_sent = 0
        self.failed: Counter[str] = Counter()
        self.by_status: Counter[str] = Counter()
        self.latency = Durations()
        self.late = Durations()
        self.first_bad_due: float | None = None
        self.last_bad_end: float | None = None

    @property
    def in_flight(self) -> int:
        """Requests that are sent and have not ended."""
        return self.sent - self.good - self.cut - sum(self.failed.values())

    def start(self, due: float, now: float) -> None:
        """A request that was due goes out."""
        self.sent += 1
        self.late.add(now - due)

    def kept_back(self) -> None:
        """A request that was about to go out could not: this machine is at its own limit."""
        self.sent -= 1
        self.not_sent += 1

    def answered(self, status: int, due: float, now: float) -> None:
        """A request was answered: 5xx is a failure, anything else is good."""
        self.by_status[self._status_key(str(status))] += 1
        self.latency.add(now - due)
        if status >= 500:
            self._fail(self._kind_key(str(status)), due, now)
            return
        self.good += 1
        if now - due > self._slow_seconds:
            self.slow += 1
            self._note_bad(due, now)

    def timed_out(self, due: float, now: float) -> None:
        """Nobody waits any longer: at least this long is how long it took."""
        self.latency.add(now - due)
        self._fail("timeout", due, now)

    def broke(self, kind: str, due: float, now: float) -> None:
        """No answer, or none that can be read: ``connection``, ``garbage``, ``too_large``."""
        self._fail(kind, due, now)

    def _fail(self, kind: str, due: float, now: float) -> None:
        self.failed[kind] += 1
        self._note_bad(due, now)

    def _note_bad(self, due: float, now: float) -> None:
        self.first_bad_due = due if self.first_bad_due is None else min(due, self.first_bad_due)
        self.last_bad_end = now if self.last_bad_end is None else max(now, self.last_bad_end)

    def _status_key(self, status: str) -> str:
        known = status in self.by_status or len(self.by_status) < MAX_STATUSES
        return status if known else "other"

    def _kind_key(self, status: str) -> str:
        known = status in self.failed or len(self.failed) < MAX_STATUSES
        return status if known else "other"
