"""Quantiles of buckets are those that the real Prometheus estimates."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from portal.shop.histogram import quantile
from tests.provision import promtool

CASES = (
    {"0.1": 50, "0.3": 90, "0.5": 90, "1.0": 99, "+Inf": 100},
    {"0.005": 600, "0.3": 600, "+Inf": 600},
    {"0.005": 0, "0.3": 0, "0.75": 0, "1.0": 1200, "+Inf": 1200},
    {"0.3": 1, "0.5": 1, "+Inf": 3},
    {"0.3": 0, "0.5": 0, "+Inf": 7},
    {"0.3": 2, "0.5": 3, "+Inf": 3},
    {"0.1": 5, "0.3": 3, "0.5": 10, "+Inf": 10},  # read while it was counting
)
SHARES = (0.5, 0.95, 0.99, 1.0)
TEST = """\
  - interval: 1m
    input_series:
{series}
    promql_expr_test:
{asked}
"""
SERIES = """\
      - {{series: 'b{{le="{le}"}}', values: '{n}'}}
"""
ASKED = """\
      - expr: abs(histogram_quantile({phi}, b) - {seconds!r}) <= bool 1e-12
        eval_time: 0
        exp_samples: [{{labels: "{{}}", value: 1}}]
"""


def test_the_estimate_is_that_of_prometheus(tmp_path: Path) -> None:
    tests = []
    for within in CASES:
        series = [SERIES.format(le=le, n=n) for le, n in within.items()]
        found = [(phi, quantile(phi, {le: float(n) for le, n in within.items()})) for phi in SHARES]
        asked = "".join(ASKED.format(phi=phi, seconds=seconds) for phi, seconds in found)
        tests.append(TEST.format(series="".join(series).rstrip(), asked=asked))
    file = tmp_path / "test.yml"
    file.write_text("rule_files: []\ntests:\n" + "".join(tests))
    words = [str(promtool()), "test", "rules", str(file)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "within",
    [
        {},
        {"+Inf": 3.0},
        {"0.3": 3.0},
        {"0.3": 0.0, "+Inf": 0.0},
        {"soon": 3.0, "NaN": 3.0, "+Inf": 3.0},
        {"0.3": -2.0, "+Inf": -1.0},
    ],
)
def test_without_answers_or_without_buckets_there_is_none(within: dict[str, float]) -> None:
    assert quantile(0.95, within) is None
