"""SIGINT, SIGTERM and SIGHUP mean "end the lab", even when we were started with them ignored."""

from __future__ import annotations

import os
import select
import signal
from types import FrameType


class Stopped(BaseException):
    """Somebody asked the lab to end while it was still getting ready."""


class StopSignals:
    """Counts the requests to stop; wakes a wait. ``heeds_hang_up``: a closed terminal is one.

    Until ``collect()`` is called a request raises Stopped where the program is.
    """

    def __init__(self) -> None:
        self.count = 0
        self._raising = True
        self._readable, writable = os.pipe()
        os.set_blocking(self._readable, False)
        os.set_blocking(writable, False)
        signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
        numbers = {signal.SIGINT, signal.SIGTERM}
        self.heeds_hang_up = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN  # no nohup
        if self.heeds_hang_up:
            numbers.add(signal.SIGHUP)
        for number in numbers:
            signal.signal(number, self._on_signal)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)

    def collect(self) -> None:
        """From now on requests are only counted."""
        self._raising = False

    def wait(self, seconds: float) -> None:
        """Wait, but not longer than until the next request."""
        if select.select([self._readable], [], [], seconds)[0]:
            os.read(self._readable, 64)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        if self._raising:
            raise Stopped
