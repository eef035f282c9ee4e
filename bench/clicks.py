"""From the click on a burst to the readout that changes, as an open page sees it."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Iterator

from bench.figures import Figure
from bench.lab import BenchLab, NotInTimeError
from bench.visitors import polls

SCRAPE_SECONDS = 5.0
AIM_SECONDS = SCRAPE_SECONDS + 1.0
READOUT = "/slis/readout"
GIVE_UP_SECONDS = 30.0
# What to break, which number tells, and how long after a scrape the click comes (s). Each number
# stands still until its burst, so the first change is the burst's.
CLICKS: tuple[tuple[dict[str, object], str, float], ...] = (
    ({"rate": 50}, "traffic", 0.0),
    ({"rate": 50, "error_percent": 20}, "availability", 2.5),
    ({"rate": 50, "latency_ms": 600}, "latency", 4.0),
)


def measure(lab: BenchLab, clicks: int = len(CLICKS)) -> Iterator[Figure]:
    """On a lab that has seen no traffic yet."""
    took = []
    for wanted, sli, phase in CLICKS[:clicks]:
        lab.wait_for_scrape()
        time.sleep(phase)
        took.append(click(lab, wanted, sli))
        lab.stop_burst()
    each = ", ".join(f"{seconds:.1f}" for seconds in took)
    what = "burst click → readout changes, median"
    yield Figure(what, statistics.median(took), "s", AIM_SECONDS, f"each: {each} s")
    yield Figure("burst click → readout changes, worst", max(took), "s", AIM_SECONDS)


def click(lab: BenchLab, wanted: dict[str, object], sli: str) -> float:
    """Seconds from the click to another value; asks as htmx does: at once, then as it is told."""
    before = shown(lab.browser.get(READOUT), sli)
    start = time.monotonic()
    lab.start_burst(**wanted)
    while time.monotonic() < start + GIVE_UP_SECONDS:
        page = lab.browser.get(READOUT)
        if shown(page, sli) != before:
            return time.monotonic() - start
        time.sleep(polls(page)[0].every)
    raise NotInTimeError(f"The {sli} did not change within {GIVE_UP_SECONDS:g} s of the click.")


def shown(page: str, sli: str) -> str:
    """The number of an SLI, as the readout words it."""
    found = re.search(rf'data-sli="{sli}">([^<]*)', page)
    return found[1].strip() if found else ""
