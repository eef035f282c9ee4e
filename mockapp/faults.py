"""Faults on three axes: errors, latency, hanging. They end when their lifetime is over."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from threading import Event, Lock

MAX_HUNG = 4000
"""More requests than this don't hang at once: the oldest is let go."""

MAX_HANG_SECONDS = 60.0
"""A request hangs no longer than this, however often the fault is renewed."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is wrong with the service: a ratio 0..1, seconds, and whether it answers at all."""

    error_ratio: float = 0.0
    latency_seconds: float = 0.0
    hang: bool = False


HEALTHY = Fault()


class StaleFenceError(Exception):
    """A burst with a newer fence was here already; ``newest`` is its number."""

    def __init__(self, newest: int) -> None:
        super().__init__(f"fence {newest} was here already")
        self.newest = newest


class Faults:
    """The fault in effect. Safe to use from many threads; time comes from ``clock`` in seconds.

    A burst bears a fence, a number that grows from one to the next. Once a newer one was here,
    an older one changes nothing any more: whoever sent it stood still, and does not know yet
    that its burst is over. Without a fence (somebody with the token) the fault is set by hand.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, max_hung: int = MAX_HUNG
    ) -> None:
        self._clock = clock
        self._max_hung = max_hung
        self._lock = Lock()
        self._fault = HEALTHY
        self._ends_at = 0.0
        self._fence: int | None = None
        self._newest = 0
        self._seen = 0
        self._hung: OrderedDict[int, Event] = OrderedDict()

    def set(self, fault: Fault, lifetime_seconds: float, fence: int | None = None) -> None:
        """Replace the fault; setting the same one again only makes it last longer.

        Raises StaleFenceError for a burst that is over.
        """
        with self._lock:
            self._pass(fence)
            self._fence = fence
            if fault.error_ratio != self._effective().error_ratio:
                self._seen = 0
            self._fault = fault
            self._ends_at = self._clock() + lifetime_seconds
        if not fault.hang:
            self._let_all_go()

    def clear(self, fence: int | None = None) -> None:
        """Back to healthy, at once; with a fence only from what a burst broke."""
        with self._lock:
            self._pass(fence)
            by_hand = fence is not None and self._fence is None
        if not by_hand:
            self.set(HEALTHY, 0.0, fence)

    @property
    def newest_fence(self) -> int:
        """The highest fence that was here; 0 before the first."""
        return self._newest

    @property
    def effective(self) -> Fault:
        """The fault as users meet it now."""
        with self._lock:
            return self._effective()

    @property
    def remaining_seconds(self) -> float:
        """How long the fault still lasts, unless it is renewed; 0 when healthy."""
        with self._lock:
            if self._effective() == HEALTHY:
                return 0.0
            return max(0.0, self._ends_at - self._clock())

    @property
    def hung_requests(self) -> int:
        """How many requests hang now."""
        return len(self._hung)

    def next_fails(self) -> bool:
        """Whether the next request fails.

        Failures are spread evenly, not drawn: with a ratio of 0.2 every fifth request fails, so
        20 % of 600 requests are 120 failures exactly.
        """
        with self._lock:
            ratio = Fraction(self._effective().error_ratio).limit_denominator(1_000_000)
            before, self._seen = self._seen, self._seen + 1
        return int((before + 1) * ratio) > int(before * ratio)

    def hold(self) -> bool:
        """Wait while the service hangs; True if that was so (and nothing must be answered)."""
        if not self.effective.hang:
            return False
        released = self._hang_up_later()
        let_go_at = self._clock() + MAX_HANG_SECONDS
        try:
            while self.effective.hang and self._clock() < let_go_at:
                if released.wait(min(self.remaining_seconds, let_go_at - self._clock())):
                    break
        finally:
            self._hung.pop(id(released), None)
        return True

    def _pass(self, fence: int | None) -> None:
        if fence is not None and fence < self._newest:
            raise StaleFenceError(self._newest)
        self._newest = max(self._newest, fence or 0)

    def _effective(self) -> Fault:
        return self._fault if self._clock() < self._ends_at else HEALTHY

    def _hang_up_later(self) -> Event:
        released = Event()
        with self._lock:
            self._hung[id(released)] = released
            if len(self._hung) > self._max_hung:
                self._hung.popitem(last=False)[1].set()
        return released

    def _let_all_go(self) -> None:
        with self._lock:
            for released in self._hung.values():
                released.set()
