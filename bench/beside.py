"""The portal's pages while 500 requests/s go to the mock service, and while none do."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from itertools import chain

from bench.figures import Figure, percentile
from bench.lab import BURST_RATE, BenchLab
from bench.visitors import Visit, Waits, visit

PAGES = ("/steps/traffic", "/slis")
VISITS_PER_SECOND = 10
SETTLE_SECONDS = 1.0
AIM_RATIO = 1.5


def measure(lab: BenchLab, rounds: int, seconds: float) -> Iterator[Figure]:
    """Idle and busy in turn, so that both meet the same machine."""
    idle, busy = [], []
    for _ in range(rounds):
        idle.append(fetch(lab, seconds))
        lab.start_burst(rate=BURST_RATE, duration=seconds + 10)
        lab.wait_for_burst()
        time.sleep(SETTLE_SECONDS)
        busy.append(fetch(lab, seconds))
        lab.stop_burst()
    for page in PAGES:
        yield from _compare(page, [w.by_path[page] for w in idle], [w.by_path[page] for w in busy])
    failures = [failure for waits in (*idle, *busy) for failure in waits.failures]
    yield Figure("pages that failed meanwhile", len(failures), "", 0, " ".join(failures[:1]))


def fetch(lab: BenchLab, seconds: float) -> Waits:
    """Each page ten times a second, by ten visitors."""
    each = 1 / VISITS_PER_SECOND / len(PAGES)
    visits = [
        Visit(page, 1.0, (number * len(PAGES) + place) * each)
        for number in range(VISITS_PER_SECOND)
        for place, page in enumerate(PAGES)
    ]
    return visit(lab.port, visits, seconds)


def _compare(page: str, idle: list[list[float]], busy: list[list[float]]) -> Iterator[Figure]:
    before, during = [
        [percentile(waits, 0.99) * 1000 for waits in rounds] for rounds in (idle, busy)
    ]
    ratios = [b / a for a, b in zip(before, during, strict=True)]
    medians = [statistics.median(chain.from_iterable(rounds)) * 1000 for rounds in (idle, busy)]
    name = f"{page}: p99 during {BURST_RATE}/s ÷ idle"
    beside = f"p99 {statistics.median(during):.0f} ms ÷ {statistics.median(before):.0f} ms"
    beside += f", p50 {medians[1]:.0f} ms ÷ {medians[0]:.0f} ms"
    yield Figure(name, statistics.median(ratios), "x", AIM_RATIO, beside)
