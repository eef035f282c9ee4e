"""A deadline, and the one that all that a page asks of others shares.

Whoever answers a person has a few seconds in all, however many systems are asked: the deadline is
set once, around everything, and each call takes what is left of it. After that nobody is asked.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")


class Deadline:
    """``seconds`` from now on, by the monotonic clock; safe to share between threads."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds
        self._waits: dict[str, float] = {}
        self._guard = threading.Lock()

    @property
    def passed(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() >= self._end

    @property
    def left(self) -> float:
        """Seconds left; a moment when there are none, as a socket's timeout can't be 0."""
        return max(self._end - time.monotonic(), 0.001)

    def remaining(self) -> float:
        """Seconds left, more than 0; raises TimeoutError when there are none."""
        self.check()
        return self.left

    def check(self) -> None:
        """Raise TimeoutError when the time is over."""
        if self.passed:
            raise TimeoutError("The time for this call is over.")

    def postpone(self, seconds: float) -> None:
        """Let it end so much later."""
        self._end += seconds

    def waited_for(self, system: str, seconds: float) -> None:
        """Note that an answer of the system took so long, or never came."""
        with self._guard:
            self._waits[system] = self._waits.get(system, 0.0) + seconds

    @property
    def slowest(self) -> str:
        """The system that was waited for longest; "" where none was."""
        return max(self._waits, key=lambda system: self._waits[system], default="")


_shared: ContextVar[Deadline | None] = ContextVar("deadline of all calls", default=None)


def shared_deadline() -> Deadline | None:
    """The deadline of all that this thread asks now; None where nobody set one."""
    return _shared.get()


def share_deadline(deadline: Deadline | None) -> None:
    """Set it for this thread, until another is set."""
    _shared.set(deadline)


def is_over() -> bool:
    """Whether the shared deadline has passed, so that nobody is asked any more."""
    deadline = _shared.get()
    return deadline is not None and deadline.passed


def time_for(seconds: float) -> float:
    """So many seconds, or what is left of the shared deadline where that is less."""
    deadline = _shared.get()
    return seconds if deadline is None else min(seconds, deadline.left)


@contextmanager
def under(deadline: Deadline) -> Iterator[Deadline]:
    """All that is asked within shares this deadline.

    An action within a page (an export, rules applied) has its own; what it takes is not counted
    against the page that answers.
    """
    before, began = _shared.get(), time.monotonic()
    token = _shared.set(deadline)
    try:
        yield deadline
    finally:
        _shared.reset(token)
        if before is not None:
            before.postpone(time.monotonic() - began)


def carried(work: Callable[[], T]) -> Callable[[], T]:
    """The work, for another thread, under the deadline that this thread is under now."""
    deadline = _shared.get()

    def told() -> T:
        token = _shared.set(deadline)
        try:
            return work()
        finally:
            _shared.reset(token)

    return told
