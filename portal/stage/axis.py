"""The time axis that all lanes of a stage share: one moment is one vertical line; pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

from portal.numbers import count

STEPS = (5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600)
BEFORE_S = 20.0
"""How much of the time before a burst is shown."""


@dataclass(frozen=True)
class AxisMark:
    """A moment on the axis with its label, and on which side of ``x`` that stands."""

    x: float
    label: str
    anchor: str = "middle"


@dataclass(frozen=True)
class Axis:
    """From ``start`` to ``end`` (Unix seconds) across ``width`` units of a picture.

    ``origin`` is the moment called *start*: when the burst's first request was due. The picture
    keeps ``left`` and ``right`` free, for the numbers of a scale.
    """

    start: float
    end: float
    origin: float
    width: int
    left: float
    right: float = 10.0

    def x(self, at: float) -> float:
        """Where a moment (Unix seconds) stands; those beyond the axis at its ends."""
        share = (min(max(at, self.start), self.end) - self.start) / (self.end - self.start)
        return round(self.left + share * (self.width - self.left - self.right), 1)

    @property
    def a_second(self) -> float:
        """How wide a second is."""
        return (self.width - self.left - self.right) / (self.end - self.start)

    def marks(self, most: int) -> list[AxisMark]:
        """Round moments after the start and before it, so many at most."""
        span = self.end - self.start
        step = next((one for one in STEPS if span / one <= most), STEPS[-1])
        first = math.ceil((self.start - self.origin) / step - 1e-9)
        last = math.floor((self.end - self.origin) / step + 1e-9)
        return [self._mark(number * step) for number in range(first, last + 1)]

    def _mark(self, seconds: int) -> AxisMark:
        x = self.x(self.origin + seconds)
        anchor = "start" if x < self.left + 12 else "end" if x > self.width - 24 else "middle"
        return AxisMark(x, since_start(seconds) if seconds else "start", anchor)


def since_start(seconds: float) -> str:
    """Seconds after the start as a clock shows them: 28 as ``0:28``, -20 as ``−0:20``."""
    whole = round(seconds)
    minutes, rest = divmod(abs(whole), 60)
    return f"{'−' if whole < 0 else ''}{count(minutes)}:{rest:02d}"
