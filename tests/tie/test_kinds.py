"""What each kind of mistake is judged as, and that promtool says the same on series of its own."""

from __future__ import annotations

import pytest

from portal.tie import AlertFinding, AlertRule
from tests.patient import analyse_all
from tests.tie.cases import expanded
from tests.tie.kinds import KINDS, SHARES, KindCase
from tests.tie.test_analysis import firing

PATHS = {"/": 12.0, "/search": 5.0, "/checkout": 3.0}
"""Requests between two scrapes."""
BOUNDS = ("0.005", "0.1", "0.25", "0.3", "0.4", "0.5", "1.0", "5.0", "10.0", "+Inf")
FAST_S, SLOW_S = 0.01, 30.0


def service(bad: dict[str, float]) -> dict[str, str]:
    """The lab's series; ``bad``: the share of requests to each path that fail and are slow."""
    target = 'job="flask-app",instance="a"'
    series = {
        f"up{{{target}}}": "1+0x100",
        f"process_start_time_seconds{{{target}}}": "-5000+0x100",
        f"process_cpu_seconds_total{{{target}}}": "100+0.1x100",
    }
    for path, rate in PATHS.items():
        labels = f'{target},method="GET",path="{path}"'
        failed = rate * bad[path]
        for status, growth in (("200", rate - failed), ("404", 0.0), ("500", failed)):
            series[f'http_requests_total{{{labels},status="{status}"}}'] = f"5000+{growth:.6f}x100"
        family = "http_request_duration_seconds"
        series[f"{family}_count{{{labels}}}"] = f"5000+{rate}x100"
        for bound in BOUNDS:
            slow = failed if float(bound) >= SLOW_S else 0.0
            growth = rate - failed + slow
            series[f'{family}_bucket{{{labels},le="{bound}"}}'] = f"5000+{growth:.6f}x100"
    return series


EXPRS = [expanded(case.written) for case in KINDS]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[float, set[str]]:
    """Which expressions promtool fires at each share."""
    folder = tmp_path_factory.mktemp("kinds")
    return {s: firing(folder, EXPRS, service(dict.fromkeys(PATHS, s))) for s in SHARES}


@pytest.fixture(scope="module")
def seen_alone(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Which of them fire when half of all requests fail, all of them on the busiest path."""
    bad = {**dict.fromkeys(PATHS, 0.0), "/": sum(PATHS.values()) / 2 / PATHS["/"]}
    return firing(tmp_path_factory.mktemp("alone"), EXPRS, service(bad))


@pytest.fixture(scope="module")
def findings() -> dict[KindCase, AlertFinding]:
    found: dict[KindCase, AlertFinding] = {}
    for slos in dict.fromkeys(case.slos for case in KINDS):
        mine = [case for case in KINDS if case.slos == slos]
        rules = [AlertRule("a", expanded(case.written)) for case in mine]
        found.update(zip(mine, analyse_all(rules, slos), strict=True))
    return found


@pytest.mark.parametrize("case", KINDS, ids=lambda case: f"{case.kind} {case.written}")
def test_an_alert_of_each_kind_is_judged_by_what_it_does(
    case: KindCase, findings: dict[KindCase, AlertFinding]
) -> None:
    finding = findings[case]
    assert finding.code is case.code, finding.reason
    assert finding.reason.endswith(".")


@pytest.mark.parametrize("case", KINDS, ids=lambda case: f"{case.kind} {case.written}")
def test_promtool_fires_it_from_that_share_on(
    case: KindCase, seen: dict[float, set[str]], seen_alone: set[str]
) -> None:
    expr = expanded(case.written)
    fired = [share for share in SHARES if expr in seen[share]]
    least = [] if case.fires_at is None else [s for s in SHARES if s >= case.fires_at]
    assert fired == least
    assert (expr in seen_alone) is case.alone


def test_every_kind_has_its_cases() -> None:
    counted = {kind: sum(case.kind == kind for case in KINDS) for kind in {c.kind for c in KINDS}}
    assert set(counted) == {f"A{number}" for number in range(1, 9)}
    assert min(counted.values()) >= 3
