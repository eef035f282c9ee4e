"""All checks together on the warm stack, with a Grafana that holds 1,000 dashboards."""

from __future__ import annotations

import json
import statistics
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

from bench.figures import Figure
from bench.lab import BenchLab
from bench.visitors import Browser
from portal.background import Background
from portal.clients.grafana import GrafanaClient
from portal.clients.grafana.scan import scan
from portal.features import CRITERIA
from tests.fakes.boards import AVAILABILITY, classic_board
from tests.fakes.grafana import FakeGrafana
from tests.stack.labs import SLO_LAB

OTHERS = 1000
KNOWN = "mine"
AIM_SECONDS = 1.0
AIM_TYPED_SECONDS = 0.5
TRIED = "tried it on"


def learners_grafana() -> FakeGrafana:
    """A Grafana with the learner's dashboard in the lab's folder."""
    grafana = FakeGrafana()
    grafana.add_folder()
    grafana.add_dashboard(classic_board("My SLIs"), KNOWN, folder="slo-lab")
    return grafana


def add_others(grafana: FakeGrafana) -> None:
    """Other people's dashboards."""
    for number in range(OTHERS):
        board = classic_board(f"Machine {number}", f'node_load1{{instance="{number}"}}')
        grafana.add_dashboard(board, f"other-{number}")


def measure(lab: BenchLab, grafana: FakeGrafana, runs: int) -> Iterator[Figure]:
    """Every criterion asked at once, from the page and from the command line."""
    add_others(grafana)
    lab.start_burst(rate=20)  # a check of panels that show nothing is another one
    lab.wait_for_burst()
    lab.wait_for_scrape()
    at_once(lab)
    together = statistics.median(at_once(lab) for _ in range(runs))
    typing = statistics.median(typed(lab, number) for number in range(runs))
    alone = {c.id: statistics.median(one(lab, c.id) for _ in range(runs)) for c in CRITERIA}
    each = ", ".join(f"{name} {seconds * 1000:.0f}" for name, seconds in alone.items())
    yield Figure("a panel typed into the workbench", typing, "s", AIM_TYPED_SECONDS)
    yield Figure("all checks at once, from the page", together, "s", AIM_SECONDS)
    slowest = max(alone, key=lambda name: alone[name])
    yield Figure("the slowest check, alone", alone[slowest], "s", AIM_SECONDS, f"{each} ms")
    timed(lab, "check", "--help")  # the first one compiles
    start_up = statistics.median(timed(lab, "check", "--help")[0] for _ in range(runs))
    commands = [timed(lab, "check", "--json") for _ in range(runs)]
    wall = statistics.median(seconds for seconds, _ in commands)
    lab.stop_burst()
    statuses = Counter(row["status"] for row in json.loads(commands[-1][1])["criteria"])
    told = ", ".join(f"{number} {status}" for status, number in statuses.items())
    beside = f"{start_up:.2f} s are Python's imports; {told}"
    yield Figure("slo-lab check --json, from start to end", wall, "s", None, beside)


def measure_known(grafana: FakeGrafana, runs: int) -> Iterator[Figure]:
    """The learner's dashboard, known from before, among all the others."""
    client = GrafanaClient(grafana.url)
    known = statistics.median(_read(client, 1, KNOWN) for _ in range(runs))
    everything = _read(client, OTHERS + 1)
    beside = f"all {OTHERS + 1:,}: {everything:.2f} s (a fake: Grafana itself is slower)"
    yield Figure("the known dashboard of 1,001", known, "s", AIM_SECONDS, beside)


def at_once(lab: BenchLab) -> float:
    """Seconds until every criterion, asked in the same moment, has answered."""
    start = time.monotonic()
    with ThreadPoolExecutor(len(CRITERIA)) as pool:
        list(pool.map(lambda criterion: one(lab, criterion.id), CRITERIA))
    return time.monotonic() - start


def one(lab: BenchLab, criterion_id: str) -> float:
    """Seconds for one criterion."""
    browser, start = Browser(lab.port), time.monotonic()
    browser.post(f"/criteria/{criterion_id}/check")
    browser.close()
    return time.monotonic() - start


def typed(lab: BenchLab, number: int) -> float:
    """Seconds until a query that nobody tried before is tried on all days, and drawn."""
    query = urlencode({"expr": f"{AVAILABILITY} + {number} - {number}"})
    start = time.monotonic()
    answer = lab.browser.get(f"/workbench/try?{query}")
    if TRIED not in answer:
        raise RuntimeError(answer)
    return time.monotonic() - start


def timed(lab: BenchLab, *words: str) -> tuple[float, str]:
    """Seconds that a command takes, and what it printed."""
    start = time.monotonic()
    command = [SLO_LAB[0], *words]
    done = subprocess.run(command, env=lab.lab.environ, capture_output=True, text=True, check=False)
    return time.monotonic() - start, done.stdout


def _read(client: GrafanaClient, count: int, known: str | None = None) -> float:
    start = time.monotonic()
    background = Background()
    pool = background.pool("bench", 8)
    uids = [known] if known else [hit.uid for hit in client.search()]
    readings = scan(uids, client.dashboard, pool, lambda: False)
    for _, reading in zip(range(count), readings, strict=False):
        if reading.error is not None:
            raise reading.error
    readings.close()
    taken = time.monotonic() - start
    background.stop()
    return taken
