"""What works without a lab: judging dashboards and alerts, and the rules of many services."""

from __future__ import annotations

import json
import statistics
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.figures import Figure
from portal.dashboards import CheckContext, judge, load
from portal.limits import PromtoolLimits
from portal.slo.objective import SLO, SLIKind
from portal.slo.openslo import dumps
from portal.slo.scale import fleet
from portal.trial.engine import TrialEngine
from portal.trial.memory import TrialMemory
from tests.fakes.boards import AVAILABILITY, P95, classic_board
from tests.promtool import promtool_at_hand
from tests.stack.labs import SLO_LAB

FILES = 50
PANELS = 20
ALERTS = 100
MANY = 5000
SERVICES = 200


def measure(folder: Path, environ: Mapping[str, str], runs: int) -> Iterator[Figure]:
    """Medians of ``runs`` runs; every query of every file is another one."""
    files = [_file(folder, number) for number in range(FILES)]
    alone = statistics.median(_judge(files[:1], environ) for _ in range(runs))
    yield Figure(f"slo-lab check-dashboard, one file of {PANELS} panels", alone, "s", 2.0)
    cold, warm = zip(*(_judge_twice(files[0]) for _ in range(runs)), strict=True)
    what = f"a dashboard of {PANELS} panels that was tried before"
    beside = f"the first time: {statistics.median(cold):.2f} s"
    yield Figure(what, statistics.median(warm), "s", 0.1, beside)
    judged = statistics.median(_judge(files, environ) for _ in range(runs))
    what = f"slo-lab check-dashboard, {FILES} files of {PANELS} panels"
    yield Figure(what, judged, "s", 10.0)
    rules, slos = _rules(folder, ALERTS), folder / "slos.yaml"
    slos.write_text(dumps([SLO("availability", SLIKind.AVAILABILITY, 0.99)]))
    tried = statistics.median(_try(rules, slos, environ) for _ in range(runs))
    yield Figure(f"slo-lab check-alert, {ALERTS} alert rules", tried, "s", 3.0)
    refused = statistics.median(_refuse(folder, slos, environ) for _ in range(runs))
    yield Figure(f"slo-lab check-alert, {MANY:,} alert rules, refused", refused, "s", 10.0)
    generated = statistics.median(_generate() for _ in range(runs))
    yield Figure(f"rules and alerts of {SERVICES} services", generated, "s", 2.0)


def _file(folder: Path, number: int) -> Path:
    queries = [query.replace("1m", f"{5 + number}m") for query in (AVAILABILITY, P95)]
    panels = (f"{query} + {panel} - {panel}" for panel in range(PANELS // 2) for query in queries)
    path = folder / f"dashboard-{number}.json"
    path.write_text(json.dumps(classic_board(f"Board {number}", *panels)))
    return path


def _judge(files: list[Path], environ: Mapping[str, str]) -> float:
    start = time.monotonic()
    command = [SLO_LAB[0], "check-dashboard", "--json", *map(str, files)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if done.stdout.count("\n") != len(files):
        raise RuntimeError(done.stderr or done.stdout)
    return time.monotonic() - start


def _judge_twice(file: Path) -> tuple[float, float]:
    """Seconds within one process: when nothing was tried yet, and when all of it was."""
    context = CheckContext(TrialMemory(TrialEngine(PromtoolLimits(), promtool_at_hand)))
    document, moments = load(file.read_bytes()), [time.monotonic()]
    for _ in range(2):
        finding = judge(document, context)
        if finding.sli_panels != PANELS:
            raise RuntimeError(finding)
        moments.append(time.monotonic())
    begin, middle, end = moments
    return middle - begin, end - middle


def _rules(folder: Path, alerts: int) -> Path:
    """A file of so many alerts, no two with the same limit."""
    ratio = AVAILABILITY.removeprefix("1 - ")
    rules = [
        {"alert": f"A{number}", "expr": f"{ratio} > {0.02 + number / 1000}"}
        for number in range(alerts)
    ]
    path = folder / f"alerts-{alerts}.yml"
    path.write_text(json.dumps({"groups": [{"name": "bench", "rules": rules}]}))
    return path


def _try(rules: Path, slos: Path, environ: Mapping[str, str]) -> float:
    start = time.monotonic()
    command = [SLO_LAB[0], "check-alert", "--json", str(rules), "--slo", str(slos)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if done.stdout.count('"tied": true') < ALERTS // 2:
        raise RuntimeError(done.stderr or done.stdout)
    return time.monotonic() - start


def _refuse(folder: Path, slos: Path, environ: Mapping[str, str]) -> float:
    rules, start = _rules(folder, MANY), time.monotonic()
    command = [SLO_LAB[0], "check-alert", str(rules), "--slo", str(slos)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if done.returncode != 2 or "at a time" not in done.stderr:
        raise RuntimeError(done.stderr or done.stdout)
    return time.monotonic() - start


def _generate() -> float:
    start = time.monotonic()
    fleet(SERVICES)
    return time.monotonic() - start
