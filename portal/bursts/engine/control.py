"""The engine's ear: the order, then the wish to stop, or the end of the portal."""

from __future__ import annotations

import math
import os
import time

from portal.bursts.messages import HERE, STOP, MessageError

MAX_ORDER_BYTES = 64 << 10

STOP_ASKED = "It was stopped."
TERMINATED = "The burst process was told to end."
ORPHANED = "The portal that had started it is gone."
FELL_SILENT = "The portal that had started it fell silent."


class Control:
    """Reads lines from a file descriptor.

    ``stop_reason`` is a sentence once the burst has to stop; ``is_orphaned`` when nobody listens
    any more. ``heard_at`` is when the portal last said something. ``owned_at`` is when, by its own
    word, the burst was still its own: however late the word is read, it is as old as it is. Both
    are of the monotonic clock, which is one for all processes.
    """

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.stop_reason = ""
        self.is_orphaned = False
        self.heard_at = time.monotonic()
        self.owned_at = -math.inf
        self._buffer = b""

    def read_order(self) -> str:
        """Wait for the first line; raises MessageError when there is none."""
        while b"\n" not in self._buffer:
            data = os.read(self.fd, MAX_ORDER_BYTES)
            self._buffer += data
            if not data or len(self._buffer) > MAX_ORDER_BYTES:
                raise MessageError("No order for a burst came.")
        line, _, self._buffer = self._buffer.partition(b"\n")
        self.heard_at = time.monotonic()
        self._obey_lines()
        return line.decode("utf-8", "replace")

    def read(self) -> None:
        """Take what came; to be called when the descriptor is readable."""
        try:
            data = os.read(self.fd, 4096)
        except OSError:
            data = b""
        if not data:
            self.lose_parent()
        self.heard_at = time.monotonic()
        self._buffer = (self._buffer + data)[-4096:]
        self._obey_lines()

    def stop(self, reason: str) -> None:
        """Stop for this reason; the first one counts."""
        self.stop_reason = self.stop_reason or reason

    def lose_parent(self, reason: str = ORPHANED) -> None:
        """Nobody listens any more: stop, and at once."""
        self.stop(reason)
        self.is_orphaned = True

    def _obey_lines(self) -> None:
        *lines, self._buffer = self._buffer.split(b"\n")
        for line in lines:
            word, _, moment = line.partition(b" ")
            if word == HERE.encode():
                self.owned_at = max(self.owned_at, _moment(moment))
        if any(line.strip() == STOP.encode() for line in lines):
            self.stop(STOP_ASKED)


def _moment(said: bytes) -> float:
    """The moment that was named, or now; never one that is still to come."""
    now = time.monotonic()
    try:
        return min(now, float(said))
    except ValueError:
        return now
