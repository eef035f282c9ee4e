"""Counting a burst in bounded memory: what users saw, and how long they waited."""

from __future__ import annotations

from collections import Counter

from portal.bursts.engine.seconds import Seconds
from portal.bursts.latencies import Latencies
from portal.bursts.outcomes import CUT, FAST, NOT_SENT, SENT, SLOW

MAX_STATUSES = 30
"""More different statuses than these are counted together, as ``other``."""


class Tally:
    """The totals of a burst, and ``seconds`` by the second. Times are those of the engine's clock.

    ``start`` is when its first second begins.
    """

    def __init__(self, slow_seconds: float = 0.5, start: float = 0.0) -> None:
        self._slow_seconds = slow_seconds
        self.seconds = Seconds(start)
        self.sent = 0
        self.good = 0
        self.slow = 0
        self.cut = 0
        self.not_sent = 0
        self.failed: Counter[str] = Counter()
        self.by_status: Counter[str] = Counter()
        self.latency = Latencies()
        self.late = Latencies()
        self.first_bad_due: float | None = None
        self.last_bad_end: float | None = None

    @property
    def in_flight(self) -> int:
        """Requests that are sent and have not ended."""
        return self.sent - self.good - self.cut - sum(self.failed.values())

    def start(self, path: str, due: float, now: float) -> None:
        """A request that was due goes out."""
        self.sent += 1
        self.seconds.count(path, SENT, due)
        self.late.add(now - due)

    def kept_back(self, path: str, due: float) -> None:
        """A request that was about to go out could not: this machine is at its own limit."""
        self.sent -= 1
        self.not_sent += 1
        self.seconds.count(path, SENT, due, -1)
        self.seconds.count(path, NOT_SENT, due)

    def answered(self, path: str, status: int, due: float, now: float) -> None:
        """A request was answered: 5xx is a failure, anything else is good."""
        self.by_status[self._status_key(str(status))] += 1
        self._took(due, now)
        if status >= 500:
            self._fail(path, self._kind_key(str(status)), due, now)
            return
        self.good += 1
        if now - due > self._slow_seconds:
            self.slow += 1
            self.seconds.count(path, SLOW, due)
            self._note_bad(due, now)
        else:
            self.seconds.count(path, FAST, due)

    def timed_out(self, path: str, due: float, now: float) -> None:
        """Nobody waits any longer: at least this long is how long it took."""
        self._took(due, now)
        self._fail(path, "timeout", due, now)

    def broke(self, path: str, kind: str, due: float, now: float) -> None:
        """No answer, or none that can be read: ``connection``, ``garbage``, ``too_large``."""
        self._fail(path, kind, due, now)

    def cut_off(self, path: str, due: float) -> None:
        """The burst ended while a request waited for its answer."""
        self.cut += 1
        self.seconds.count(path, CUT, due)

    def _took(self, due: float, now: float) -> None:
        self.seconds.took(due, now - due, self.latency.add(now - due))

    def _fail(self, path: str, kind: str, due: float, now: float) -> None:
        self.failed[kind] += 1
        self.seconds.count(path, kind, due)
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
