"""Many open pages: what they cost Prometheus, and how long each waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

from bench.figures import Figure, percentile
from bench.lab import BenchLab
from bench.visitors import Browser, Visit, Waits, polls, visit

PAGE = "/steps/traffic"
READOUT = "/slis/readout"
BARE = "/healthz"
OPEN_PAGES = 50
LEARNERS = 200
POLL_SECONDS = 5.0
# One page asks each 5 s and fifty whenever the shared answer is 4.5 s old, so 1.1 is "the same".
AIM_RATIO = 1.25
AIM_P99_MS = 100.0


def measure_queries(lab: BenchLab, seconds: float) -> Iterator[Figure]:
    """Queries that Prometheus answers while pages are open: everything a page asks for."""
    with some_traffic(lab):
        one, many = (_queries_while_open(lab, pages, seconds) for pages in (1, OPEN_PAGES))
    what = f"Prometheus queries, {OPEN_PAGES} open pages ÷ 1"
    beside = f"{many / seconds:.1f}/s ÷ {one / seconds:.1f}/s"
    yield Figure(what, many / one, "x", AIM_RATIO, beside)


@contextmanager
def some_traffic(lab: BenchLab) -> Iterator[None]:
    """A few requests for the mock service, as from a terminal: so there is something to read,
    and no burst that pages would follow more closely."""
    shop, done = Browser(lab.lab.settings.mockapp_port), threading.Event()

    def buy() -> None:
        while not done.wait(0.2):
            shop.get("/")
        shop.close()

    thread = threading.Thread(target=buy, daemon=True)
    thread.start()
    lab.wait_for_scrape()
    yield
    done.set()
    thread.join()


def _queries_while_open(lab: BenchLab, pages: int, seconds: float) -> int:
    """Counted from a moment between two polls to another, so that one page's polls all count."""
    visits = spread(settled_polls(lab), pages)
    with ThreadPoolExecutor(1) as pool:
        visiting = pool.submit(visit, lab.port, visits, POLL_SECONDS / 2 + seconds)
        time.sleep(POLL_SECONDS / 2)
        before = lab.queries()
        visiting.result()
        return lab.queries() - before


def measure_waits(lab: BenchLab, seconds: float) -> Iterator[Figure]:
    """How long learners wait for what their open pages ask for, beside an answer that is empty."""
    bare = visit(lab.port, spread([Visit(BARE, POLL_SECONDS)], LEARNERS), seconds)
    readout = visit(lab.port, spread([Visit(READOUT, POLL_SECONDS)], LEARNERS), seconds)
    what = f"{LEARNERS} learners' readouts, each {POLL_SECONDS:g} s: p99"
    yield _waited(what, readout, f"; {BARE} p99 {_milliseconds(bare, 0.99):.0f} ms")
    everything = spread(settled_polls(lab), LEARNERS)
    rate = sum(1 / one.every for one in everything)
    waits = visit(lab.port, everything, seconds)
    yield _waited(f"{LEARNERS} learners' pages, all they ask for ({rate:.0f}/s): p99", waits)


def settled_polls(lab: BenchLab) -> list[Visit]:
    """What the page asks for again and again, once its checks are in."""
    lab.wait_for(lambda: min(one.every for one in polls(lab.browser.get(PAGE))) >= POLL_SECONDS)
    return polls(lab.browser.get(PAGE))


def spread(visits: list[Visit], pages: int) -> list[Visit]:
    """That many open pages, opened one after another within the time between two polls."""
    return [
        replace(one, phase=one.every * number / pages) for one in visits for number in range(pages)
    ]


def _waited(what: str, waits: Waits, more: str = "") -> Figure:
    beside = f"p50 {_milliseconds(waits, 0.5):.0f} ms{more}"
    if waits.failures:
        beside += f"; {len(waits.failures)} of {len(waits.all)} failed"
    return Figure(what, _milliseconds(waits, 0.99), "ms", AIM_P99_MS, beside)


def _milliseconds(waits: Waits, share: float) -> float:
    return percentile(waits.all, share) * 1000
