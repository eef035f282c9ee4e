"""What the classifier says of a query is what Prometheus computes from known traffic."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from portal.promql import classify
from portal.promql.findings import Indicator, Measure
from portal.promql.nodes import Matcher, MatchOp
from tests.promql.cases import BAD_RATIO, GOOD_RATIO, NEITHER, expanded
from tests.provision import promtool

TRAFFIC = {
    "/": {200: 8, 404: 1, 500: 1, 503: 0},
    "/search": {200: 5, 404: 0, 500: 3, 503: 2},
    "/checkout": {200: 9, 404: 0, 500: 1, 503: 0},
}
"""Requests per second by path and status; the error counters of their own count 7 a second."""
BASE = {"job": "flask-app", "instance": "localhost:8000", "method": "GET"}
OWN = ["http_errors_total", "app_failures_total", "http_requests_failed_total"]
OWN += ["request_exceptions_total", "http_request_errors_total", "http_server_errors_total"]
RESULT = re.compile(r'expr: ("(?:[^"\\]|\\.)*"), time: 1h,\s*(.*?)(?=\n\s*expr: "|\Z)', re.DOTALL)
ELSEWHERE = ("code", "http_status", "answer", "kind", "offset")


def series(name: str, labels: dict[str, str], rate: float) -> dict[str, str]:
    """A counter that grows ``rate`` a second for an hour, scraped each 5 s."""
    inside = ",".join(f'{label}="{value}"' for label, value in labels.items())
    return {"series": f"{name}{{{inside}}}", "values": f"0+{rate * 5:g}x800"}


def traffic() -> list[dict[str, str]]:
    """The series of the mock app under that traffic."""
    found = [series(name, BASE, 7) for name in OWN]
    found.append({"series": 'build_info{version="1"}', "values": "1+0x800"})
    for path, statuses in TRAFFIC.items():
        labels = {**BASE, "path": path}
        for status, rate in statuses.items():
            found.append(series("http_requests_total", {**labels, "status": str(status)}, rate))
        total = sum(statuses.values())
        found.append(series("http_request_duration_seconds_count", labels, total))
        for bound, share in (("0.3", 0.5), ("1.0", 0.8), ("+Inf", 1)):
            bucket = {**labels, "le": bound}
            found.append(series("http_request_duration_seconds_bucket", bucket, total * share))
    return found


def computed(exprs: list[str], folder: Path) -> dict[str, str]:
    """What Prometheus computes: expression -> its samples (or its error) as text."""
    nothing = [{"labels": '{never="this"}', "value": 4242}]
    asked = [{"expr": e, "eval_time": "1h", "exp_samples": nothing} for e in exprs]
    test = {"interval": "5s", "input_series": traffic(), "promql_expr_test": asked}
    file = folder / "test.yml"
    file.write_text(json.dumps({"rule_files": [], "tests": [test]}), encoding="utf-8")
    done = subprocess.run(
        [promtool(), "test", "rules", str(file)], capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    return {json.loads(quoted): text for quoted, text in RESULT.findall(said)}


def expected(indicator: Indicator) -> float:
    """The value that the reduced form claims."""
    rates = {
        status: sum(s[status] for path, s in TRAFFIC.items() if _inside(path, indicator.scope))
        for status in (200, 404, 500, 503)
    }
    bad = sum(rate for status, rate in rates.items() if status in indicator.statuses)
    share = bad / sum(rates.values())
    return indicator.scale * (share if indicator.measure is Measure.BAD else 1 - share)


def _inside(path: str, scope: tuple[Matcher, ...]) -> bool:
    values = {**BASE, "path": path}
    assert all(matcher.op in {MatchOp.EQUAL, MatchOp.MATCHES} for matcher in scope)
    return all(re.fullmatch(matcher.value, values[matcher.label]) for matcher in scope)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What Prometheus computes for all expressions of the tables."""
    exprs = [expanded(expr) for expr in (*GOOD_RATIO, *BAD_RATIO)]
    exprs += [expr for code in SILENT for expr in NEITHER[code]]
    return computed(exprs, tmp_path_factory.mktemp("promtool"))


SILENT = ("labels_never_match", "many_to_many", "threshold_no_bucket")


@pytest.mark.parametrize("expr", [expanded(expr) for expr in (*GOOD_RATIO, *BAD_RATIO)])
def test_a_share_has_the_value_that_its_reduced_form_claims(
    expr: str, answers: dict[str, str]
) -> None:
    indicator = classify(expr).indicator
    assert indicator is not None
    if any(word in expr for word in ELSEWHERE):
        return  # this traffic has no such label, or no such past
    got = answers[expr].partition("got:")[2]
    values = [float(value) for value in re.findall(r"\} (\S+?),?(?=\s|$)", got)]
    assert values, answers[expr]
    if len(values) == 1 and "429" not in expr and 'status!~"4..' not in expr:
        if "min(sum by" in expr:
            assert values == [pytest.approx(0.5)]
        else:
            assert values == [pytest.approx(expected(indicator), rel=0.02)]
    assert all(0 <= value <= indicator.scale for value in values)


@pytest.mark.parametrize("expr", [expr for code in SILENT for expr in NEITHER[code]])
def test_what_never_matches_gives_nothing(expr: str, answers: dict[str, str]) -> None:
    said = answers[expr]
    assert "got: nil" in " ".join(said.split()) or "many-to-many" in said, said


def test_what_is_divided_by_itself_never_changes(tmp_path: Path) -> None:
    exprs = [*NEITHER["divided_by_itself"], *NEITHER["always_the_same"]]
    for said in computed(exprs, tmp_path).values():
        values = set(re.findall(r"\} (\S+?),?(?=\s|$)", said.partition("got:")[2]))
        assert values - {"NaN"} in ({"1E+00"}, {"0E+00"}), said
