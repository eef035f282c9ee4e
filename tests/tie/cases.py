"""Alert expressions, each with its code, for an availability SLO of 99 % and a latency SLO.

``BAD``, ``GOOD``, ``ALL`` (requests/s), ``FAST`` and ``COUNT`` (a bucket and its total) stand for
the sums that every learner writes; ``RATIO`` is ``BAD / ALL``, ``SLOW`` the share above 0.3 s.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from portal.slo.objective import SLO, SLIKind
from portal.tie.codes import TieCode

AVAILABILITY = SLO("availability", SLIKind.AVAILABILITY, 0.99)
LATENCY = SLO("latency", SLIKind.LATENCY, 0.95, threshold_s=0.3)
SLOS = (AVAILABILITY, LATENCY)

_WORDS = {
    "RATIO": "BAD / ALL",
    "SLOW": "(1 - FAST / COUNT)",
    "BAD": 'sum(rate(http_requests_total{job="flask-app",status=~"5.."}[1m]))',
    "GOOD": 'sum(rate(http_requests_total{job="flask-app",status!~"5.."}[1m]))',
    "ALL": 'sum(rate(http_requests_total{job="flask-app"}[1m]))',
    "FAST": 'sum(rate(http_request_duration_seconds_bucket{job="flask-app",le="0.3"}[1m]))',
    "COUNT": 'sum(rate(http_request_duration_seconds_count{job="flask-app"}[1m]))',
    "BUCKETS": 'sum by (le) (rate(http_request_duration_seconds_bucket{job="flask-app"}[1m]))',
}


@dataclass(frozen=True)
class Case:
    """An expression and what the analysis says of it."""

    written: str
    code: TieCode

    @property
    def expr(self) -> str:
        """The expression in full PromQL."""
        return expanded(self.written)


def expanded(written: str) -> str:
    """The words in capitals replaced by what they stand for."""
    for word, promql in _WORDS.items():
        written = re.sub(rf"\b{word}\b", promql, written)
    return written


def _cases(code: TieCode, *written: str) -> list[Case]:
    return [Case(text, code) for text in written]


TIED = _cases(
    TieCode.TIED,
    "RATIO > 0.144",
    "RATIO >= 0.01",
    "RATIO > 14.4 * 0.01",
    "RATIO > 14.4 * (1 - 0.99)",
    "RATIO > 0.009",
    "RATIO > 0.2",
    "0.144 < RATIO",
    "14.4 * 0.01 <= RATIO",
    "GOOD / ALL < 0.99",
    "GOOD / ALL <= 0.99",
    "0.99 > GOOD / ALL",
    "1 - GOOD / ALL > 0.01",
    "(ALL - GOOD) / ALL > 0.01",
    "(ALL - BAD) / ALL < 0.99",
    "GOOD / (GOOD + BAD) < 0.856",
    "1 - RATIO < 0.99",
    "RATIO / 0.01 > 14.4",
    "RATIO / (1 - 0.99) > 6",
    "(1 - GOOD / ALL) / 0.01 >= 1",
    "100 * RATIO > 1",
    "RATIO * 100 > 14.4",
    "100 * GOOD / ALL < 99",
    "100 * (1 - RATIO) < 99",
    "(BAD or vector(0)) / ALL > 0.144",
    "(BAD or vector(0)) / (ALL > 0) > 0.144",
    "BAD / (ALL > 0) > 0.144",
    "(RATIO or vector(0)) > 0.144",
    "clamp_max(RATIO, 1) > 0.144",
    "round(RATIO, 0.001) > 0.144",
    "avg_over_time((RATIO)[5m:15s]) > 0.02",
    "max_over_time((RATIO)[2m:15s]) > 0.144",
    "max(RATIO) > 0.144",
    "max(RATIO > 0.144)",
    "max(RATIO > 0.144) without (sloth_window)",
    "sum by (job) (rate(http_requests_total{status=~'5..'}[1m]))"
    " / sum by (job) (rate(http_requests_total[1m])) > 0.144",
    "sum without (method, path, status) (rate(http_requests_total{status='500'}[1m]))"
    " / sum without (method, path, status) (rate(http_requests_total[1m])) > 0.144",
    "sum(rate(http_requests_total{status='500'}[1m])) / sum(rate(http_requests_total[1m])) > 0.05",
    "sum(rate(http_requests_total{status=~'500|502|503'}[1m]))"
    " / sum(rate(http_requests_total[1m])) > 0.05",
    "sum(increase(http_requests_total{status=~'5..'}[2m]))"
    " / sum(increase(http_requests_total[2m])) > 0.05",
    "sum(irate(http_requests_total{status=~'5..'}[1m]))"
    " / sum(irate(http_requests_total[1m])) > 0.05",
    "sum(rate(http_requests_total{status=~'2..|3..|4..'}[1m]))"
    " / sum(rate(http_requests_total[1m])) < 0.95",
    "BAD / COUNT > 0.144",
    "BAD / on() ALL > 0.144",
    "RATIO > 0.144 and ALL > 0",
    "RATIO > 0.144 and ALL > 0.5",
    "ALL > 0 and RATIO > 0.144",
    "RATIO > 0.144 and RATIO > 0.05",
    "RATIO > 0.144 and on() up == 1",
    "RATIO > 0.144 or process_cpu_seconds_total > 1e9",
    "RATIO > 0.144 or RATIO > 1.44",
    "RATIO > 0.144 unless on() (vector(time()) < 0)",
    "RATIO > 0.05 unless RATIO > 0.5",
    "RATIO > 0.144 unless (RATIO > 0.1 unless ALL > 0)",
    "RATIO > 0.144 unless GOOD > 0",
    "RATIO > 0.144 unless (RATIO > 0.1 and GOOD > 0)",
    "RATIO > 0.144 unless up == 1",
    "GOOD / ALL < 0.9 unless GOOD > 0",
    "RATIO > 0.144 unless sum by (job) (rate(http_requests_total[1m])) > 0",
    "RATIO > 0.144 and on() up > 0",
    "sum(rate(http_requests_total{status=~'5..'}[1m])) / sum(rate(http_requests_total[1m])) > 0.144"
    " and on() up{job='flask-app'} == 1",
    "RATIO > 0.144 or (RATIO > 0.05 and RATIO < 0.2)",
    "RATIO > 0.144 or BAD > 1000",
    "(GOOD / ALL > bool 0.9) == 0",
    "RATIO > 0.05 and RATIO < 0.9999",
    "(RATIO > bool 0.144) == 1",
    "(RATIO > bool 0.144) > 0",
    "(RATIO > bool 0.144) * (RATIO > bool 0.05) > 0",
    "(RATIO > bool 0.144) + (RATIO > bool 0.05) >= 2",
    "count(RATIO > 0.144) > 0",
    "BAD > 0.144 * ALL",
    "0.144 * ALL < BAD",
    "BAD - 0.144 * ALL > 0",
    "RATIO - 0.144 > 0",
    "RATIO - 0.01 > 0.09",
    "SLOW > 0.05",
    "SLOW > 14.4 * 0.05",
    "FAST / COUNT < 0.95",
    "100 * FAST / COUNT < 95",
    "(COUNT - FAST) / COUNT > 0.1",
    "SLOW / 0.05 > 6",
    "1 - FAST / ALL > 0.05",
    "histogram_quantile(0.95, BUCKETS) > 0.3",
    "histogram_quantile(0.95, BUCKETS) >= 0.3",
    "0.3 < histogram_quantile(0.95, BUCKETS)",
    "1000 * histogram_quantile(0.95, BUCKETS) > 300",
    "histogram_quantile(0.95, BUCKETS) > 0.3 and COUNT > 0",
    "histogram_quantile(0.95, BUCKETS) - 0.3 > 0",
    "0.99 - GOOD / ALL > 0",
    "1 - RATIO / 0.01 < 0",
    "-RATIO < -0.01",
    "clamp_min(RATIO, 0) > 0.144",
    "max_over_time((RATIO > bool 0.144)[5m:15s]) > 0",
    "vector(scalar(BAD) / scalar(ALL)) > 0.144",
    "RATIO > on() group_left vector(0.144)",
    "sum(rate(http_requests_total{job='flask-app',status=~'5..'}[1m]) or vector(0)) / ALL > 0.144",
)

STRICTER = _cases(
    TieCode.STRICTER,
    "RATIO > 0",
    "RATIO > 0.001",
    "RATIO > 0.0089",
    "RATIO != 0",
    "GOOD / ALL < 0.999",
    "GOOD / ALL < 1",
    "100 * RATIO > 0.1",
    "FAST / COUNT < 0.99",
    "histogram_quantile(0.99, BUCKETS) > 0.3",
)

TOO_LAX = _cases(
    TieCode.TOO_LAX,
    "RATIO > 0.21",
    "RATIO > 0.5",
    "RATIO >= 1",
    "(RATIO > 0.5) > bool 0.1",
    "RATIO == 1",
    "RATIO == 0.5",
    "GOOD / ALL < 0.5",
    "GOOD / ALL <= 0",
    "RATIO / 0.01 > 50",
    "histogram_quantile(0.5, BUCKETS) > 0.3",
)

NEVER = _cases(
    TieCode.NEVER_FIRES,
    "RATIO > 1",
    "RATIO > 1.44",
    "RATIO > 14.4",
    "RATIO >= 1.01",
    "RATIO == 2",
    "RATIO < 0",
    "GOOD / ALL < 0",
    "GOOD / ALL < -1",
    "100 * RATIO > 100",
    "RATIO / 0.01 > 144",
    "RATIO > 14.4 * (1 - 0.9)",
    "1 - GOOD / ALL > 1",
    "FAST / COUNT < 0",
    "SLOW > 1.2",
    "BAD < 0",
    "ALL < 0",
    "BAD > 1.5 * ALL",
    "RATIO > 0.144 unless RATIO > 0.1",
    "RATIO > 0.144 unless RATIO > 0.144",
    "RATIO > 0.144 unless ALL > 0",
    "RATIO > 0.144 unless ALL",
    "RATIO > 0.144 unless vector(1)",
    "RATIO > 0.144 unless on() vector(1)",
    "RATIO > 0.144 unless RATIO",
    "RATIO > 0.144 unless COUNT > 0",
    "RATIO > 0.144 unless (RATIO > bool 0.5)",
    "RATIO > 0.144 unless sum(rate(http_requests_total[5m])) > 0",
    "max_over_time((RATIO)[2m:15s]) > 0.5 and max_over_time((RATIO)[2m:15s]) < 0.1",
    "RATIO > 0.144 and RATIO > 1.44",
    "RATIO > 0.5 and RATIO < 0.1",
    "RATIO > 1.44 or GOOD / ALL < 0",
    "RATIO > 0.144 and vector(1) > 2",
    "vector(0) > 1",
    "clamp_max(RATIO, 0.1) > 0.144",
    "GOOD / ALL > 1",
    "RATIO > Inf",
    "(RATIO > bool 0.144) > 1",
    "RATIO > 0.144 and sum by (job) (rate(http_requests_total[1m])) > 0",
    "RATIO > 0.144 and up == 1",
    "RATIO > 0.144 and rate(http_requests_total[1m]) > 0",
    "label_replace(RATIO > 1.44, 'a', 'b', '', '')",
)

ALWAYS = _cases(
    TieCode.ALWAYS_FIRES,
    "vector(1)",
    "1",
    "vector(0)",
    "vector(1) > 0",
    "RATIO",
    "GOOD / ALL",
    "BAD",
    "RATIO >= 0",
    "RATIO > -1",
    "RATIO <= 1",
    "RATIO != 2",
    "GOOD / ALL >= 0",
    "GOOD / ALL < 1.01",
    "100 * RATIO >= 0",
    "BAD >= 0",
    "ALL > 0",
    "ALL > -1",
    "RATIO > bool 0.144",
    "RATIO > 0.144 or vector(0)",
    "RATIO > 0.144 or ALL > 0",
    "RATIO > 0.144 or RATIO < 0.5",
    "RATIO >= 0 and ALL > 0",
    "(RATIO > bool 0.144) >= 0",
    "ALL / ALL > 0.5",
    "SLOW >= 0",
    "clamp_min(RATIO, 0.5) > 0.144",
    "histogram_quantile(0.95, BUCKETS) != 0.3",
    "RATIO > -Inf",
    "histogram_quantile(0.95, BUCKETS) > 0",
    "histogram_quantile(0.95, BUCKETS)",
    "up",
    "up == 1",
    "sum(up{job='flask-app'}) > 0",
    "BAD < 1",
    "BAD == 0",
    "RATIO > 0.144 or up == 1",
    "RATIO > 0.144 or BAD < 5",
    "RATIO > 0.144 or (RATIO < 0.5 and RATIO < 0.3)",
)

INVERTED = _cases(
    TieCode.INVERTED,
    "RATIO < 0.01",
    "RATIO <= 0.144",
    "RATIO == 0",
    "(RATIO > bool 0.144) == 0",
    "(RATIO > bool 0.144) < 1",
    "GOOD / ALL > 0.99",
    "GOOD / ALL >= 0.99",
    "0.99 < GOOD / ALL",
    "100 * GOOD / ALL > 99",
    "1 - RATIO > 0.99",
    "FAST / COUNT > 0.95",
    "histogram_quantile(0.95, BUCKETS) < 0.3",
)

OTHER_THRESHOLD = _cases(
    TieCode.OTHER_THRESHOLD,
    "1 - sum(rate(http_request_duration_seconds_bucket{job='flask-app',le='0.5'}[1m]))"
    " / COUNT > 0.05",
    "sum(rate(http_request_duration_seconds_bucket{job='flask-app',le='1.0'}[1m])) / COUNT < 0.95",
    "sum(rate(http_request_duration_seconds_bucket{job='flask-app',le='0.35'}[1m])) / COUNT < 0.95",
    "histogram_quantile(0.95, BUCKETS) > 0.5",
    "1000 * histogram_quantile(0.95, BUCKETS) > 500",
)

OTHER_SERVICE = _cases(
    TieCode.OTHER_SERVICE,
    "sum(rate(http_requests_total{job='other',status=~'5..'}[1m]))"
    " / sum(rate(http_requests_total{job='other'}[1m])) > 0.144",
    "sum(rate(http_requests_total{job=~'oth.*',status=~'5..'}[1m]))"
    " / sum(rate(http_requests_total{job=~'oth.*'}[1m])) > 0.144",
    "sum(rate(http_requests_total{job!='flask-app',status=~'5..'}[1m]))"
    " / sum(rate(http_requests_total{job!='flask-app'}[1m])) > 0.144",
    "histogram_quantile(0.95, sum by (le)"
    " (rate(http_request_duration_seconds_bucket{job='other'}[1m]))) > 0.3",
)

NOT_AN_SLI = _cases(
    TieCode.NOT_AN_SLI,
    "rate(process_cpu_seconds_total[1m]) > 0.8",
    "process_resident_memory_bytes > 1e9",
    "up == 0",
    "up{job='flask-app'} < 1",
    "absent(up{job='flask-app'})",
    "BAD > 1",
    "BAD > 0.144",
    "ALL > 100",
    "ALL == 0",
    "sum(http_requests_total{status=~'5..'}) > 10",
    "sum(rate(http_request_duration_seconds_sum[1m]))"
    " / sum(rate(http_request_duration_seconds_count[1m])) > 0.3",
    "sum(rate(http_requests_total{status=~'4..'}[1m])) / sum(rate(http_requests_total[1m])) > 0.05",
    "sum(rate(http_requests_total{status='404'}[1m])) / sum(rate(http_requests_total[1m])) > 0.05",
    "sum(rate(http_requests_total{status=~'[45]..'}[1m]))"
    " / sum(rate(http_requests_total[1m])) > 0.05",
    "sum(rate(http_requests_total{path='/checkout',status=~'5..'}[1m]))"
    " / sum(rate(http_requests_total{path='/checkout'}[1m])) > 0.144",
    "sum(rate(http_requests_total{path='/checkout',status=~'5..'}[1m])) / ALL > 0.144",
    "sum by (path) (rate(http_requests_total{status=~'5..'}[1m]))"
    " / sum by (path) (rate(http_requests_total[1m])) > 0.144",
    "max(sum by (path) (rate(http_requests_total{status=~'5..'}[1m]))"
    " / sum by (path) (rate(http_requests_total[1m]))) > 0.144",
    "sum(rate(http_requests_total{status=~'5..'}[1m]))"
    " / sum(rate(http_requests_total[5m])) > 0.144",
    "sum(rate(flask_http_requests_total{status=~'5..'}[1m]))"
    " / sum(rate(flask_http_requests_total[1m])) > 0.144",
    "sum(http_requests_total{status=~'5..'}) / sum(http_requests_total) > 0.144",
    "sum(rate(http_errors_total[1m])) / sum(rate(http_requests_total[1m])) > 0.144",
    "slo:sli_error:ratio_rate5m > 0.144",
    "histogram_quantile(0.95, sum(rate(http_request_duration_seconds_bucket[1m]))) > 0.3",
    "histogram_quantile(1.5, BUCKETS) > 0.3",
    "sum(rate(http_requests_total{status=~'5..'}[5s]))"
    " / sum(rate(http_requests_total[5s])) > 0.144",
    "RATIO > 2 * avg_over_time((RATIO)[1h:1m])",
    "RATIO / avg_over_time((RATIO)[1h:1m]) > 2",
    "RATIO > RATIO",
    "RATIO < 0.7 or RATIO > 0.72",
    "RATIO > 0.31 or RATIO < 0.3",
    "FAST / COUNT > 0.3 or FAST / COUNT < 0.28",
    "RATIO > 0.72 or (RATIO > 0.01 and RATIO < 0.7)",
    "RATIO > 0.01 < 0.3 or RATIO > 0.32",
    "RATIO > 0 < 0.3 or RATIO > 0.32",
    "SLOW > 0.05 < 0.3 or SLOW > 0.31",
    "max(sum by (path) (rate(http_requests_total{status=~'5..'}[1m])))"
    " / max(sum by (path) (rate(http_requests_total[1m]))) > 0.01",
    "max(rate(http_requests_total{status=~'5..'}[1m])) / max(rate(http_requests_total[1m])) > 0.01",
    "predict_linear((RATIO)[10m:15s], 3600) > 0.01",
    "(RATIO <= bool 1) == 0",
    "sum(sum by (path) (rate(http_requests_total{status=~'5..'}[1m]))"
    " / sum by (path) (rate(http_requests_total[1m])) > bool 0.144) > 1",
    "sum(rate(http_requests_total{status=~'5..'}[1m] offset 1h))"
    " / sum(rate(http_requests_total[1m] offset 1h)) > 0.144",
    "changes(up[5m]) > 2",
    "time() - process_start_time_seconds < 60",
)

UNPARSED = _cases(
    TieCode.UNPARSED,
    "sum(rate(",
    "RATIO >",
    "RATIO > 0.144 and",
    "nosuch_function(up) > 0",
)

CASES = [
    *TIED, *STRICTER, *TOO_LAX, *NEVER, *ALWAYS, *INVERTED,
    *OTHER_THRESHOLD, *OTHER_SERVICE, *NOT_AN_SLI, *UNPARSED,
]  # fmt: skip
