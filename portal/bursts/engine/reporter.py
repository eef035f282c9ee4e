"""The engine's voice: messages on a file descriptor, never waiting long for a reader."""

from __future__ import annotations

import os
import select
import time

from portal.bursts.engine.tally import Tally
from portal.bursts.messages import Message, MessageKind

LAST_WORD_SECONDS = 2.0


class Reporter:
    """Writes how the burst stands. ``start`` is a moment of the engine's monotonic clock.

    A message is shorter than a pipe's atomic write, so a pipe with room takes it whole. A
    progress message that finds no room is left out: a slow reader must not slow the burst down.
    """

    def __init__(self, fd: int, scheduled: int | None, tally: Tally, start: float) -> None:
        self._fd = fd
        self._scheduled = scheduled
        self._tally = tally
        self._start = start
        self._unix_offset = time.time() - time.monotonic()

    def tell(self, kind: MessageKind, now: float, reason: str = "") -> bool:
        """Write a message; False when the reader is gone."""
        message = self._message(kind, now, reason)
        patience = LAST_WORD_SECONDS if message.is_last else 0.0
        try:
            if select.select([], [self._fd], [], patience)[1]:
                os.write(self._fd, message.dump().encode())
        except OSError:
            return False
        return True

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
        )

    def _unix(self, moment: float | None) -> float | None:
        return None if moment is None else self._unix_offset + moment
