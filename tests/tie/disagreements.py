"""Where the trial says something else than the tables of old, or than the reading: with reasons.

``CHANGED`` are the rows of ``cases.py`` whose code is another one since alerts are tried out, the
other tables those of ``test_analysis.py``. ``READ_OTHERWISE`` are the rows of any table on which
the reading alone would say something else about tied.
"""

from __future__ import annotations

from portal.tie.codes import TieCode
from tests.tie.kinds import BY_PATH

ONLY_IN_AN_OUTAGE = "it fires only once no request is good any more, long after the budget is gone"
EACH_PATH = "it fires whenever the SLO's own alert would, and earlier: tied, with advice"
SILENT_WHILE_IT_LASTS = "it is silent while the failures go on, however many they are"

SILENT_IN_AN_OUTAGE = "it falls silent when most or all requests fail: nobody hears of an outage"

CHANGED: dict[str, tuple[TieCode, str]] = {
    "sum by (path) (rate(http_requests_total{status=~'5..'}[1m]))"
    " / sum by (path) (rate(http_requests_total[1m])) > 0.144": (TieCode.TIED, EACH_PATH),
    "max(sum by (path) (rate(http_requests_total{status=~'5..'}[1m]))"
    " / sum by (path) (rate(http_requests_total[1m]))) > 0.144": (TieCode.TIED, EACH_PATH),
    "histogram_quantile(0.5, BUCKETS) > 0.3": (
        TieCode.TIED,
        "more than half are slow then: ten times the budget of 95 %, as `FAST / COUNT < 0.5` says",
    ),
    "RATIO > 0.05 unless RATIO > 0.5": (TieCode.NOT_AN_SLI, SILENT_IN_AN_OUTAGE),
    "RATIO > 0.05 and RATIO < 0.9999": (TieCode.NOT_AN_SLI, SILENT_IN_AN_OUTAGE),
    "RATIO > 0.144 unless GOOD > 0": (TieCode.TOO_LAX, ONLY_IN_AN_OUTAGE),
    "RATIO > 0.144 unless (RATIO > 0.1 and GOOD > 0)": (TieCode.TOO_LAX, ONLY_IN_AN_OUTAGE),
    "GOOD / ALL < 0.9 unless GOOD > 0": (TieCode.TOO_LAX, ONLY_IN_AN_OUTAGE),
}

PASSING: dict[str, tuple[TieCode, str]] = {
    "RATIO > 0.144 unless min_over_time((RATIO)[4m:15s]) > 0.1": (
        TieCode.NOT_AN_SLI,
        SILENT_WHILE_IT_LASTS,
    ),
    "max_over_time((RATIO)[4m:15s]) > 0.144 and RATIO < 0.01": (
        TieCode.NOT_AN_SLI,
        SILENT_WHILE_IT_LASTS,
    ),
    "max_over_time((RATIO > bool 0.144)[4m:15s]) > 0 and RATIO < 0.01": (
        TieCode.NOT_AN_SLI,
        SILENT_WHILE_IT_LASTS,
    ),
    "RATIO > 0.144 unless sum(rate(http_requests_total[10s])) > 0": (
        TieCode.NOT_AN_SLI,
        SILENT_WHILE_IT_LASTS,
    ),
    "RATIO > 0.144 unless (RATIO > 0.4 or RATIO < 0.2)": (
        TieCode.NOT_AN_SLI,
        SILENT_IN_AN_OUTAGE,
    ),
    "RATIO > 0.144 unless RATIO != 0.25": (TieCode.NOT_AN_SLI, SILENT_WHILE_IT_LASTS),
    "RATIO != 0 unless ALL > 0": (TieCode.NOT_AN_SLI, "it fires while nobody asks, and only then"),
}
"""Rows of the table of what can fire after all."""

ELSEWHERE: dict[str, tuple[TieCode, str]] = {
    "RATIO >= 0": (TieCode.OTHER_SERVICE, "`always` is said of nothing that nobody saw fire"),
}
"""Rows of the table of faults of an alert on another service."""

GRAFANA: dict[str, tuple[TieCode, str]] = {
    "RATIO is within range 0.1 to 1": (TieCode.NOT_AN_SLI, SILENT_IN_AN_OUTAGE),
}
"""Rows of the table of Grafana's conditions: the range leaves out its ends."""

RECORDED: dict[str, tuple[TieCode, str]] = {
    "max(job:errors:path) > 0.144": (TieCode.TIED, EACH_PATH),
}
"""Rows of the table of recording rules."""

IN_BETWEEN = "reading takes the strictest side; between the two sides the alert is silent"

READ_OTHERWISE: dict[str, str] = {
    "RATIO > 0.72 or (RATIO > 0.01 and RATIO < 0.7)": IN_BETWEEN,
    "RATIO > 0.01 < 0.3 or RATIO > 0.32": IN_BETWEEN,
    "RATIO > 0 < 0.3 or RATIO > 0.32": IN_BETWEEN,
    "SLOW > 0.05 < 0.3 or SLOW > 0.31": IN_BETWEEN,
    **{row: reason for row, (_, reason) in CHANGED.items() if "histogram" not in row},
    **{row: reason for row, (_, reason) in PASSING.items()},
    "RATIO > 0.05 and on () rate(process_cpu_seconds_total[1m]) > 0.9": (
        "reading takes the second side for a guard; it keeps the alert silent while all fails"
    ),
    "RATIO > 0.05 * scalar(up{job='flask-app'})": "reading takes no value of a series for a limit",
    "up offset 2m unless up": "it fires when the target goes, and not while it is there",
    "absent(backup_last_success_seconds) and vector(1) > 2": "`never` is said of no foreign metric",
    f"max({BY_PATH}) > 0.05": EACH_PATH,
    "label_join(RATIO, 'team', '-', 'job') > 0.03": "reading takes a new label for a split",
    f"label_replace({BY_PATH}, 'page', '$1', 'path', '(.*)') > 0.05": EACH_PATH,
}
