"""The queries of the SLIs, evaluated by the real Prometheus on invented samples."""

from __future__ import annotations

import subprocess
from pathlib import Path

from portal.shop.queries import SLIQueries
from tests.provision import promtool

QUERIES = SLIQueries("shop")
TEST = """\
rule_files: []
tests:
  - interval: 5s
    input_series:
      - {{series: 'http_request_duration_seconds_bucket{{job="shop",le="0.3"}}', values: '{fast}'}}
      - {{series: 'http_request_duration_seconds_count{{job="shop"}}', values: '{all}'}}
    promql_expr_test:
      - {{expr: '{expr}', eval_time: 63s, exp_samples: [{{labels: "{{}}", value: {value}}}]}}
"""
# 300 slow ones before the minute; in it fast ones alone, from the sixth scrape on.
SLOW_THEN_FAST = {"fast": "0x5 50+50x6", "all": "300x5 350+50x6"}


def holds(folder: Path, expr: str, value: float, test: str = TEST) -> bool:
    file = folder / "test.yml"
    file.write_text(test.format(expr=expr.replace("\n", " "), value=value, **SLOW_THEN_FAST))
    words = [str(promtool()), "test", "rules", str(file)]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


RESTARTED = """\
rule_files: []
tests:
  - interval: 5s
    input_series:
      - {{series: 'http_requests_total{{job="shop",status="200"}}', values: '50+50x5 10+50x7'}}
      - {{series: 'http_requests_total{{job="shop",status="404"}}', values: '2+1x5 1+1x7'}}
      - {{series: 'http_requests_total{{job="shop",status="500"}}', values: '9+9x5 0+9x7'}}
    promql_expr_test:
      - {{expr: '{expr}', eval_time: 63s, exp_samples: [{{labels: "{{}}", value: 1}}]}}
"""


def test_a_service_that_was_started_anew_fell_once_however_many_series_it_has(
    tmp_path: Path,
) -> None:
    assert holds(tmp_path, QUERIES.falls, 1, RESTARTED)


def test_a_minute_of_fast_requests_after_slow_ones_is_fast_by_difference(tmp_path: Path) -> None:
    """By rate it is not: the series that began at 0 is stretched less far than the other one."""
    assert holds(tmp_path, QUERIES.counted_fast_share, 1)
    assert holds(tmp_path, f"abs({QUERIES.fast_share} - 58 / 60) < bool 1e-9", 1)
