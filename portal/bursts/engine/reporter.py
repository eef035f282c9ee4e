"""The engine's voice: messages on a file descriptor, never waiting long for a reader."""

from __future__ import annotations

import os
import select
import time
from contextlib import suppress

from portal.bursts.engine.tally import Tally
from portal.bursts.messages import Message, MessageKind

LAST_WORD_SECONDS = 2.0


class Reporter:
    """Writes how the burst stands. ``start`` is a moment of the engine's monotonic clock.

    What finds no room in the pipe waits here, and no progress is told before it has gone: a slow
    reader must not slow the burst down, and each message takes up what the left out ones would
    have said.
    """

    def __init__(self, fd: int, scheduled: int | None, tally: Tally, start: float) -> None:
        self._fd = fd
        self._scheduled = scheduled
        self._tally = tally
        self._start = start
        self._unix_offset = time.time() - time.monotonic()
        self._waiting = b""
        os.set_blocking(fd, False)

    def tell(self, kind: MessageKind, now: float, reason: str = "") -> bool:
        """Write a message; False when the reader is gone."""
        try:
            if kind is MessageKind.PROGRESS and not self._flush():
                return True
            message = self._message(kind, now, reason)
            self._waiting += message.dump().encode()
            give_up = time.monotonic() + (LAST_WORD_SECONDS if message.is_last else 0.0)
            while not self._flush() and time.monotonic() < give_up:
                select.select([], [self._fd], [], give_up - time.monotonic())
        except OSError:
            return False
        return True

    def _flush(self) -> bool:
        """Write what the pipe takes; whether nothing waits any more. Raises OSError."""
        with suppress(BlockingIOError):
            while self._waiting:
                self._waiting = self._waiting[os.write(self._fd, self._waiting) :]
        return not self._waiting

    def _message(self, kind: MessageKind, now: float, reason: str) -> Message:
        tally = self._tally
        p50, p95, p99 = tally.latency.quantiles(0.5, 0.95, 0.99)
        return Message(
            kind=kind,
            at=self._unix_offset + now,
            elapsed_seconds=now - self._start,
            scheduled=self._scheduled,
            sent=tally.sent,
            in_flight=tally.in_flight,
            good=tally.good,
            failed=dict(tally.failed),
            cut=tally.cut,
            not_sent=tally.not_sent,
            slow=tally.slow,
            p50=p50,
            p95=p95,
            p99=p99,
            late_p99=tally.late.quantiles(0.99)[0],
            by_status=dict(tally.by_status),
            first_bad_due_at=self._unix(tally.first_bad_due),
            last_bad_end_at=self._unix(tally.last_bad_end),
            reason=reason,
            part=tally.seconds.part(self._unix_offset),
        )

    def _unix(self, moment: float | None) -> float | None:
        return None if moment is None else self._unix_offset + moment
