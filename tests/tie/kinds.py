"""Alerts that were judged wrongly once, by the kind of mistake, and at which shares they fire.

``fires_at``: the least of ``SHARES`` of bad requests (spread over all paths) at which promtool was
seen to fire it; None: at none of them. ``alone``: whether it fires when half of all requests are
bad and all of these are on the busiest path.
"""

from __future__ import annotations

from dataclasses import dataclass

from portal.slo.objective import SLO, SLIKind
from portal.tie.codes import TieCode
from tests.tie.cases import AVAILABILITY, LATENCY

STRICT = SLO("latency", SLIKind.LATENCY, 0.99, threshold_s=0.3)
TEN = SLO("latency", SLIKind.LATENCY, 0.95, threshold_s=10.0)
SHARES = (0.0, 0.005, 0.02, 0.06, 0.12, 0.3, 0.6, 1.0)
USUAL = (AVAILABILITY, LATENCY)
BY_PATH = (
    "sum by (path) (rate(http_requests_total{job='flask-app',status=~'5..'}[1m]))"
    " / sum by (path) (rate(http_requests_total{job='flask-app'}[1m]))"
)
P95_BY_PATH = (
    "histogram_quantile(0.95,"
    " sum by (le, path) (rate(http_request_duration_seconds_bucket{job='flask-app'}[1m])))"
)
BY_TARGET = (
    "sum by (job, instance) (rate(http_requests_total{job='flask-app',status=~'5..'}[1m]))"
    " / sum by (job, instance) (rate(http_requests_total{job='flask-app'}[1m]))"
)


@dataclass(frozen=True)
class KindCase:
    """One alert of a kind, and what it is worth for the SLOs."""

    kind: str
    written: str
    code: TieCode
    fires_at: float | None
    alone: bool = True
    slos: tuple[SLO, ...] = USUAL


TIED, LAX, NOT = TieCode.TIED, TieCode.TOO_LAX, TieCode.NOT_AN_SLI
NEVER, STRICTER = TieCode.NEVER_FIRES, TieCode.STRICTER

KINDS = (
    KindCase("A1", "RATIO > 0.01 and RATIO > 0.25", LAX, 0.3),
    KindCase("A1", "RATIO > 0.5 and (RATIO > 0.01 and ALL > 0)", LAX, 0.6, alone=False),
    KindCase("A1", "RATIO > 0.05 and on () rate(process_cpu_seconds_total[1m]) > 0.9", NOT, None,
             alone=False),
    KindCase("A1", "RATIO > 0.01 and RATIO > 0.05 and RATIO > 0.1", TIED, 0.12),
    KindCase("A2", f"{BY_TARGET} > 0.05 and time() - process_start_time_seconds > 300", TIED, 0.06),
    KindCase("A2", "RATIO > 0.05 and on () (time() - process_start_time_seconds > 60)", TIED, 0.06),
    KindCase("A2", "RATIO > 0.05 * scalar(up{job='flask-app'})", TIED, 0.06),
    KindCase("A2", "time() - process_start_time_seconds < 100", NOT, None, alone=False),
    KindCase("A3", "up offset 2m unless up", NOT, None, alone=False),
    KindCase("A3", "absent(backup_last_success_seconds) and vector(1) > 2", NOT, None, alone=False),
    KindCase("A3", "deploys_total unless deploys_total offset 5m", NOT, None, alone=False),
    KindCase("A4", f"min({BY_PATH}) > 0.05", NOT, 0.06, alone=False),
    KindCase("A4", f"bottomk(1, {P95_BY_PATH}) > 0.3", NOT, 0.06, alone=False),
    KindCase("A4", f"avg({BY_PATH}) > 0.25", NOT, 0.3),
    KindCase("A4", f"max({BY_PATH}) > 0.05", TIED, 0.06),
    KindCase("A5", "histogram_quantile(0.9, BUCKETS) > 0.3", TIED, 0.12, slos=(STRICT,)),
    KindCase("A5", "histogram_quantile(0.75, BUCKETS) > 0.3", LAX, 0.3, slos=(STRICT,)),
    KindCase("A5", "histogram_quantile(0.999, BUCKETS) > 0.3", STRICTER, 0.005, slos=(STRICT,)),
    KindCase("A5", "FAST / COUNT < 0.9", TIED, 0.12, slos=(STRICT,)),
    KindCase("A6", "1000 * histogram_quantile(0.99, BUCKETS) > 10000", NEVER, None, alone=False,
             slos=(TEN,)),
    KindCase("A6", "histogram_quantile(0.95, BUCKETS) > 30", NEVER, None, alone=False),
    KindCase("A6", "histogram_quantile(0.95, BUCKETS) >= 10", TIED, 0.06, slos=(TEN,)),
    KindCase("A7", "label_replace(RATIO > 0.03, 'severity', 'page', '', '')", TIED, 0.06),
    KindCase("A7", "label_join(RATIO, 'team', '-', 'job') > 0.03", TIED, 0.06),
    KindCase("A7", f"label_replace({BY_PATH}, 'page', '$1', 'path', '(.*)') > 0.05", TIED, 0.06),
    KindCase("A8", "BAD / GOOD > 0.1", TIED, 0.12),
    KindCase("A8", "GOOD < 9 * BAD", TIED, 0.12),
    KindCase("A8", "COUNT - FAST > 0.1 * FAST", TIED, 0.12),
    KindCase("A8", "BAD > 0.4 * GOOD", LAX, 0.3),
)  # fmt: skip
