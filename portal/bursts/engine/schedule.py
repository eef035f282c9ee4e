"""When requests are due. Times are seconds of the engine's clock."""

from __future__ import annotations

from typing import Protocol


class Schedule(Protocol):
    """What the loop asks: when is the next request due, and will there be any more?"""

    def next_due(self) -> float | None:
        """When the next request is due; None while there is none to wait for."""

    def take(self, now: float) -> float:
        """Take the next request; returns the moment that its latency counts from."""

    def ended(self, now: float) -> None:
        """A request has ended."""

    def is_over(self, now: float) -> bool:
        """Whether no further request will come."""


class OpenSchedule:
    """A request every 1/rate seconds, whatever the service does: users don't wait in line.

    Latency counts from the due moment, so requests that a stall holds up are all counted as
    slow (no "coordinated omission").
    """

    def __init__(self, start: float, rate: float, requests: int) -> None:
        self._start = start
        self._rate = rate
        self._requests = requests
        self._taken = 0

    def next_due(self) -> float | None:
        """The next beat, or None after the last."""
        if self._taken == self._requests:
            return None
        return self._start + self._taken / self._rate

    def take(self, now: float) -> float:
        """Take the next request; it was due on its beat."""
        due = self._start + self._taken / self._rate
        self._taken += 1
        return due

    def ended(self, now: float) -> None:
        """Nothing depends on the answers."""

    def is_over(self, now: float) -> bool:
        """Whether all were taken."""
        return self._taken == self._requests


class ClosedSchedule:
    """The next request starts when the last has ended: one user, as fast as answers come.

    It never starts more than ``rate`` requests/s, and none once ``seconds`` have passed.
    """

    def __init__(self, start: float, rate: float, seconds: float, requests: int | None) -> None:
        self._gap = 1 / rate
        self._end = start + seconds
        self._requests = requests
        self._next = start
        self._is_busy = False
        self._taken = 0

    def next_due(self) -> float | None:
        """As soon as the last request has ended and the cap allows."""
        return None if self._is_busy or self.is_over(self._next) else self._next

    def take(self, now: float) -> float:
        """Take the next request; it is due the moment it starts."""
        self._is_busy = True
        self._taken += 1
        self._next += self._gap
        return now

    def ended(self, now: float) -> None:
        """The way is free for the next one."""
        self._is_busy = False
        self._next = max(self._next, now)

    def is_over(self, now: float) -> bool:
        """Whether the time is up or the number reached."""
        return max(now, self._next) >= self._end or self._taken == self._requests
