"""The portal's pages while 500 requests/s go to the mock service, and while none do.

Beside it a peer: the same requests sent by an engine that the portal knows nothing of. What they
lengthen a page's wait by is the machine's doing, since engine, service and portal share its CPUs.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import IO, cast

from bench.figures import Figure, percentile
from bench.lab import BURST_RATE, BenchLab
from bench.visitors import Visit, Waits, visit
from portal.bursts.messages import Mode, Spec
from portal.bursts.profiles import VISITORS

PAGES = ("/steps/traffic", "/slis")
VISITS_PER_SECOND = 10
SETTLE_SECONDS = 1.0
AIM_RATIO = 1.5


def measure(lab: BenchLab, rounds: int, seconds: float) -> Iterator[Figure]:
    """Idle, busy and the peer in turn, so that all meet the same machine."""
    idle, busy, peer = [], [], []
    for _ in range(rounds):
        idle.append(fetch(lab, seconds))
        with engine_alone(lab.lab.settings.mockapp_base, seconds + 10):
            peer.append(fetch(lab, seconds))
        lab.start_burst(rate=BURST_RATE, duration=seconds + 10)
        lab.wait_for_burst()
        time.sleep(SETTLE_SECONDS)
        busy.append(fetch(lab, seconds))
        lab.stop_burst()
    for page in PAGES:
        yield _compare(page, *([w.by_path[page] for w in rounds] for rounds in (idle, busy, peer)))
    failures = [failure for waits in (*idle, *busy, *peer) for failure in waits.failures]
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


@contextmanager
def engine_alone(target: str, seconds: float) -> Iterator[None]:
    """The burst engine at the same rate, started by nobody's click; it ends with the block."""
    spec = Spec(
        target=target, mode=Mode.OPEN, rate=BURST_RATE, duration_seconds=seconds, mix=VISITORS
    )
    command = [sys.executable, "-P", "-m", "portal.bursts.engine"]
    with subprocess.Popen(
        command, text=True, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as engine:
        try:
            order = cast(IO[str], engine.stdin)
            order.write(spec.dump())
            order.flush()
            time.sleep(SETTLE_SECONDS)
            yield
        finally:
            engine.terminate()


def _compare(
    page: str, idle: list[list[float]], busy: list[list[float]], peer: list[list[float]]
) -> Figure:
    before, during, alone = [
        [percentile(waits, 0.99) * 1000 for waits in rounds] for rounds in (idle, busy, peer)
    ]
    ratios = [b / a for a, b in zip(before, during, strict=True)]
    medians = [statistics.median(chain.from_iterable(rounds)) * 1000 for rounds in (idle, busy)]
    name = f"{page}: p99 during {BURST_RATE}/s ÷ idle"
    beside = f"p99 {statistics.median(during):.0f} ms ÷ {statistics.median(before):.0f} ms"
    beside += f", p50 {medians[1]:.0f} ms ÷ {medians[0]:.0f} ms"
    beside += f"; engine alone: p99 {statistics.median(alone):.0f} ms"
    return Figure(name, statistics.median(ratios), "x", AIM_RATIO, beside)
