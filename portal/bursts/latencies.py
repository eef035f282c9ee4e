"""How long requests took, counted in slots of bounded number: exact sums, and quantiles; pure.

A slot of the whole burst is 0.5 % wide, so that a quantile is at most that much above the truth.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate

GROWTH = 1.005
SHORTEST = 1e-5
LONGEST = 3600.0
_SCALE = 1 / math.log(GROWTH)
SLOTS = int(math.log(LONGEST / SHORTEST) * _SCALE) + 2

COARSE_SHORTEST = 1e-3
COARSE_SLOTS = 4 * 16 + 2
"""Four slots to each doubling, from a millisecond to 65 s: for what is kept of each second."""


def slot_of(seconds: float) -> int:
    """The slot, 0 to ``SLOTS`` - 1, that counts a duration in seconds."""
    slot = int(math.log(seconds / SHORTEST) * _SCALE) + 1 if seconds > SHORTEST else 0
    return min(slot, SLOTS - 1)


def upper_end(slot: int) -> float:
    """The longest duration that a slot counts, in seconds."""
    return SHORTEST * GROWTH**slot


def coarse_slot_of(seconds: float) -> int:
    """The wide slot, 0 to ``COARSE_SLOTS`` - 1, that counts a duration in seconds."""
    if seconds <= COARSE_SHORTEST:
        return 0
    return min(int(math.log2(seconds / COARSE_SHORTEST) * 4) + 1, COARSE_SLOTS - 1)


def coarse_upper_end(slot: int) -> float:
    """The longest duration that a wide slot counts, in seconds."""
    return float(COARSE_SHORTEST * 2 ** (slot / 4))


class Latencies:
    """Quantiles of durations in seconds, at most 0.5 % above the truth, from 10 µs to an hour.

    Memory and time don't depend on how many there are. ``total`` is their sum in seconds.
    """

    def __init__(
        self, slots: Iterable[tuple[int, int]] = (), total: float = 0.0, longest: float = 0.0
    ) -> None:
        """``slots``: how many durations each slot counts already, and the longest of them."""
        self._slots = [0] * SLOTS
        self.count = 0
        self.longest = longest
        self.total = total
        for slot, number in slots:
            self._slots[slot] += number
            self.count += number

    def add(self, seconds: float) -> int:
        """Count one duration; returns its slot."""
        slot = slot_of(seconds)
        self._slots[slot] += 1
        self.count += 1
        self.total += seconds
        if seconds > self.longest:
            self.longest = seconds
        return slot

    def filled(self) -> list[tuple[int, int]]:
        """Each slot that counts something, and how many, the shortest first."""
        return [(slot, number) for slot, number in enumerate(self._slots) if number]

    def within(self, seconds: float) -> int:
        """How many durations were at most so long, by whole slots."""
        last = slot_of(seconds)
        return sum(self._slots[: last + (upper_end(last) <= seconds * (1 + 1e-9))])

    @property
    def mean(self) -> float | None:
        """The average in seconds; None of nothing."""
        return self.total / self.count if self.count else None

    def quantiles(self, *shares: float) -> list[float | None]:
        """The duration that a share (0..1) of all stayed within (nearest rank), for each share."""
        if not self.count:
            return [None] * len(shares)
        within = list(accumulate(self._slots))
        ranks = (max(1, math.ceil(share * self.count)) for share in shares)
        return [min(upper_end(bisect_left(within, rank)), self.longest) for rank in ranks]
