"""Many open pages: what they cost Prometheus, and how long each waits."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import replace

from bench.figures import Figure, percentile
from bench.lab import BenchLab
from bench.visitors import Visit, Waits, polls, visit

PAGE = "/steps/traffic"
READOUT = "/slis/readout"
OPEN_PAGES = 50
LEARNERS = 200
POLL_SECONDS = 5.0
# One page asks each 5 s and fifty whenever the shared answer is 4.5 s old, so 1.1 is "the same".
AIM_RATIO = 1.3
AIM_P99_MS = 100.0


def measure_queries(lab: BenchLab, seconds: float) -> Iterator[Figure]:
    """Queries that Prometheus answers while pages are open: everything a page asks for."""
    lab.browser.get(PAGE)
    one = _queries_while_open(lab, 1, seconds)
    many = _queries_while_open(lab, OPEN_PAGES, seconds)
    what = f"Prometheus queries, {OPEN_PAGES} open pages ÷ 1"
    beside = f"{many / seconds:.1f}/s ÷ {one / seconds:.1f}/s"
    yield Figure(what, many / one, "x", AIM_RATIO, beside)


def _queries_while_open(lab: BenchLab, pages: int, seconds: float) -> int:
    before = lab.queries()
    visit(lab.port, spread(polls(lab.browser.get(PAGE)), pages), seconds)
    return lab.queries() - before


def measure_waits(lab: BenchLab, seconds: float) -> Iterator[Figure]:
    """How long learners wait for what their open pages ask for."""
    readout = visit(lab.port, spread([Visit(READOUT, POLL_SECONDS)], LEARNERS), seconds)
    yield from _waits(f"{LEARNERS} learners' readouts, each {POLL_SECONDS:g} s", readout)
    everything = spread(polls(lab.browser.get(PAGE)), LEARNERS)
    rate = sum(1 / one.every for one in everything)
    waits = visit(lab.port, everything, seconds)
    yield from _waits(f"{LEARNERS} learners' pages, all they ask for ({rate:.0f}/s)", waits)


def spread(visits: list[Visit], pages: int) -> list[Visit]:
    """That many open pages, opened one after another within the time between two polls."""
    return [
        replace(one, phase=one.every * number / pages) for one in visits for number in range(pages)
    ]


def _waits(what: str, waits: Waits) -> Iterator[Figure]:
    p99, p50 = percentile(waits.all, 0.99) * 1000, statistics.median(waits.all) * 1000
    beside = f"p50 {p50:.0f} ms, {len(waits.failures)} of {len(waits.all)} failed"
    yield Figure(f"{what}: p99", p99, "ms", AIM_P99_MS, beside)
