"""The peer of evenness: a process that only sleeps, and so tells what the machine allows."""

from __future__ import annotations

import select
import statistics
import time
from collections.abc import Iterator
from itertools import pairwise

from bench.figures import Figure

RATE = 500


def measure(seconds: float, runs: int) -> Iterator[Figure]:
    """The most even of some runs, as for the burst engine."""
    cv = min(evenness(RATE, seconds) for _ in range(runs))
    yield Figure(f"a process that only sleeps, {RATE}/s: cv", cv, "", None, "the machine's own")


def evenness(rate: float, seconds: float) -> float:
    """Coefficient of variation of the gaps between wake-ups that are due on a schedule."""
    start, woke = time.monotonic(), []
    for number in range(int(rate * seconds)):
        select.select([], [], [], max(0.0, start + number / rate - time.monotonic()))
        woke.append(time.monotonic())
    gaps = [b - a for a, b in pairwise(woke)]
    return statistics.pstdev(gaps) / statistics.fmean(gaps)
