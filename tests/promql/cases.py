"""Expressions with the finding they deserve: (expression, code).

``B`` failures, ``G`` good requests, ``T`` all requests, ``H`` the histogram's name.
"""

from __future__ import annotations

import re

B = 'sum(rate(http_requests_total{status=~"5.."}[5m]))'
G = 'sum(rate(http_requests_total{status!~"5.."}[5m]))'
T = "sum(rate(http_requests_total[5m]))"
H = "http_request_duration_seconds"
FAST = f'sum(rate({H}_bucket{{le="0.3"}}[5m]))'
OK = f'sum(rate({H}_bucket{{le="1.0"}}[5m]))'
ALL = f"sum(rate({H}_count[5m]))"
BY_LE = f"sum by (le) (rate({H}_bucket[5m]))"
P95 = f"histogram_quantile(0.95, {BY_LE})"


def expanded(expr: str) -> str:
    """``<<matchers|function|window>>`` stands for a sum over the requests that match."""
    return re.sub(
        r"<<(.*?)\|(rate|irate|increase)\|(\w+)>>",
        lambda found: f"sum({found[2]}(http_requests_total{{{found[1]}}}[{found[3]}]))",
        expr,
    )


GOOD_RATIO = [
    f"{G} / {T}",
    f"1 - {B} / {T}",
    f"({T} - {B}) / {T}",
    f"{G} / ({G} + {B})",
    f"100 * (1 - {B} / {T})",
    f"100 - 100 * {B} / {T}",
    f"(1 - {B} / {T}) * 100",
    f"{G} * 100 / {T}",
    f"{G} / {T} * 1000",
    f"-({B} / {T}) + 1",
    f"1 - ({B} or vector(0)) / {T}",
    f"1 - (({B} or vector(0)) / {T})",
    f"({G} / {T}) or vector(1)",
    f"round(100 * {G} / {T}, 0.01)",
    f"round({G} / {T}, 0.001)",
    f"floor(100 * {G} / {T})",
    f"clamp_max({G} / {T}, 1)",
    f"clamp_min(1 - {B} / {T}, 0)",
    f"clamp({G} / {T}, 0, 1)",
    f"avg_over_time((1 - {B} / {T})[10m:30s])",
    f"min_over_time(({G} / {T})[10m:])",
    f"1 - avg_over_time(({B} / {T})[1h:1m])",
    f"1 - {B} / {ALL}",
    f"1 - {B} / ({T} + 1e-9)",
    f"{G} / ({T} > 0)",
    f"{G} / {T} and {T} > 0",
    f"{G} / {T} unless on() {T} == 0",
    f"sort_desc({G} / {T})",
    f"max({G} / {T})",
    f"avg({G} / {T})",
    f"sum({G} / {T})",
    f"scalar({G}) / scalar({T})",
    f"{G} / on() {T}",
    f"{G} / ignoring(status) {T}",
    f"{G} / on() group_left() {T}",
    f'label_replace({G} / {T}, "slo", "availability", "", "")',
    f"1 - {B} / {T} > 0",
    f"{G} / {T} <= 1",
    f"1 / ({T} / {G})",
    f'<<status=~"2.."|rate|5m>> / {T}',
    f'<<status=~"2..|3.."|rate|5m>> / {T}',
    f'<<status=~"[234].."|rate|5m>> / {T}',
    f'<<status="200"|rate|5m>> / {T}',
    f'<<status=~"(2|3)[0-9]{{2}}"|rate|5m>> / {T}',
    f'<<status=~"^2..$"|rate|5m>> / {T}',
    rf"<<status=~`2\d\d`|rate|5m>> / {T}",
    f'<<status!="500"|rate|5m>> / {T}',
    f'<<code!~"5.."|rate|5m>> / {T}',
    f'<<http_status!~"5.."|rate|5m>> / {T}',
    f'<<answer!~"5.."|rate|5m>> / {T}',
    f'1 - <<kind="500"|rate|5m>> / {T}',
    '1 - <<status=~"5.."|increase|5m>> / <<|increase|5m>>',
    '1 - <<status=~"5.."|irate|5m>> / <<|irate|5m>>',
    '<<path="/",status!~"5.."|rate|5m>> / <<path="/"|rate|5m>>',
    '<<path=~"/checkout",status!~"5.."|rate|5m>> / <<path="/checkout"|rate|5m>>',
    f'<<path=~".+",status!~"5.."|rate|5m>> / {T}',
    f'<<path!="/healthz",status!~"5.."|rate|5m>> / {T}',
    'sum by (path) (rate(http_requests_total{status!~"5.."}[5m]))'
    " / sum by (path) (rate(http_requests_total[5m]))",
    'sum without (status) (rate(http_requests_total{status!~"5.."}[5m]))'
    " / sum without (status) (rate(http_requests_total[5m]))",
    'sum(rate(http_requests_total{status!~"5.."}[5m])) by (path)'
    " / on(path) group_left sum(rate(http_requests_total[5m])) by (path)",
    'sum by (path) (rate(http_requests_total{path="/",status!~"5.."}[5m]))'
    ' / ignoring(path) sum by (path) (rate(http_requests_total{path="/"}[5m]))',
    'min(sum by (path) (rate(http_requests_total{status!~"5.."}[5m]))'
    " / sum by (path) (rate(http_requests_total[5m])))",
    f"sum_over_time(({G} / {T})[1h:1m]) / count_over_time(({G} / {T})[1h:1m])",
    f"sum_over_time({G}[1h:1m]) / sum_over_time({T}[1h:1m])",
    'sum(rate({__name__="http_requests_total",status!~"5.."}[5m]))'
    ' / sum(rate({__name__="http_requests_total"}[5m]))',
    'sum(rate(http_requests_total{status!~"5.."}[5m] offset 1h))'
    " / sum(rate(http_requests_total[5m] offset 1h))",
    f"1 - sum(rate(http_request_errors_total[5m])) / {T}",
    f"({B} * 0 + {G}) / {T}",
    f"1 - {B} / {T} # the share of good requests",
    f"# availability\n{G}\n/\n{T}",
    '<<path=~"/search|/",status!~"5.."|rate|5m>> / <<path=~"(/|/search)"|rate|5m>>',
]

BAD_RATIO = [
    f"{B} / {T}",
    f"{B} / {ALL}",
    f"100 * {B} / {T}",
    f"{B} / {T} * 100",
    f"({B} or vector(0)) / {T}",
    f"({B} or on() vector(0)) / {T}",
    f"({B} or 0 * {T}) / {T}",
    f"{B} / {T} or vector(0)",
    f"{B} / {T} >= 0",
    f"{B} / ({B} + {G})",
    f"({T} - {G}) / {T}",
    f"1 - {G} / {T}",
    f"{B} / clamp_min({T}, 0.001)",
    f"{B} / ({T} + 0.001)",
    '<<status=~"5.."|increase|5m>> / (<<|increase|5m>> + 1)',
    f"({B} / {T}) / (1 - 0.99)",
    f"({B} / {T}) / 0.001",
    f'<<status="500"|rate|5m>> / {T}',
    f'<<status=~"500|503"|rate|5m>> / {T}',
    f'<<status=~"[45].."|rate|5m>> / {T}',
    f'<<status=~"4..|5.."|rate|5m>> / {T}',
    f'<<status!="200"|rate|5m>> / {T}',
    f'<<status!~"2.."|rate|5m>> / {T}',
    f'<<status!~"2..|3..|4.."|rate|5m>> / {T}',
    f'{B} / <<status!~"4.."|rate|5m>>',
    f'<<status=~"5.*"|rate|5m>> / {T}',
    f'<<status=~"5[0-9]+"|rate|5m>> / {T}',
    f'<<status=~"5[[:digit:]]{{2}}"|rate|5m>> / {T}',
    'sum by (status) (rate(http_requests_total{status=~"5.."}[5m]))'
    f" / ignoring(status) group_left {T}",
    'rate(http_requests_total{status="500"}[5m])'
    " / ignoring(status) sum without (status) (rate(http_requests_total[5m]))",
    f'sum(sum by (path) (rate(http_requests_total{{status=~"5.."}}[5m])) / on() group_left() {T})',
    f"sum(rate(http_errors_total[5m])) / {T}",
    "sum(increase(app_failures_total[5m])) / <<|increase|5m>>",
    f"sum(rate(http_requests_failed_total[5m])) / {ALL}",
    f"sum(rate(request_exceptions_total[5m])) / {T}",
    f"max_over_time(({B} / {T})[10m:])",
    f"quantile_over_time(0.9, ({B} / {T})[10m:])",
    f"topk(3, {B} / {T})",
    f"({B} / {T}) * on() group_left(version) build_info",
    'avg_over_time(sum(rate(http_requests_total{status=~"5.."}[1m]))[1h:])'
    " / avg_over_time(sum(rate(http_requests_total[1m]))[1h:])",
    'rate(http_requests_total{status="500",path="/",method="GET"}[5m])'
    " / ignoring(status) sum without (status)"
    ' (rate(http_requests_total{path="/",method="GET"}[5m]))',
]

BAD_RATIO += [
    f"({T} > bool 0) * {B} / {T}",
    f'<<job="flask-app",status=~"5.."|rate|5m>> / {T}',
    f'{B} / <<job=~"flask.*"|rate|5m>>',
    f"({B} / {T}) * ({T} > bool 0)",
    f"absent({B}) * 0 or {B} / {T}",
    f"{B} / ({T} or vector(1))",
    f"1 / (1 + {G} / {B})",
    f"{B} / {T} and on() rate(http_requests_total[5m]) > 0",
    f"{B} / {T} unless on() {T} == 0",
    f"sum(rate(http_server_errors_total[5m])) / {T}",
    f"{B} / clamp_min({T}, 1)",
    f"({B} or 0 * {B}) / {T}",
    f'({B} or <<code=~"5.."|rate|5m>>) / {T}',
    'topk(2, sum by (path) (rate(http_requests_total{status=~"5.."}[5m])))'
    " / sum by (path) (rate(http_requests_total[5m]))",
    'round(sum(increase(http_requests_total{status=~"5.."}[5m])))'
    " / sum(increase(http_requests_total[5m]))",
    f"max({B}) / max({T})",
    f'{B} / sum(rate(http_requests_total{{status=~".*"}}[5m]))',
]

BUDGET_LEFT = [
    f"1 - ({B} / {T}) / (1 - 0.999)",
    f"1 - (1 - {G} / {T}) / 0.01",
    f"100 * (0.01 - {B} / {T}) / 0.01",
]

QUANTILE = [
    P95,
    f"histogram_quantile(0.5, {BY_LE})",
    f"histogram_quantile(0.999, sum(rate({H}_bucket[1m])) by (le))",
    f"histogram_quantile(0.95, sum by (le, path) (rate({H}_bucket[5m])))",
    f"histogram_quantile(0.95, sum without (instance) (rate({H}_bucket[5m])))",
    f"histogram_quantile(0.95, rate({H}_bucket[5m]))",
    f"histogram_quantile(0.95, sum by (le) (increase({H}_bucket[5m])))",
    f"histogram_quantile(0.95, sum by (le) (irate({H}_bucket[5m])))",
    f"histogram_quantile(0.95, avg by (le) (rate({H}_bucket[5m])))",
    f'histogram_quantile(0.95, sum by (le) (rate({H}_bucket{{path="/"}}[5m])))',
    f"histogram_quantile(1 - 0.05, {BY_LE})",
    f"histogram_quantile(95 / 100, {BY_LE})",
    f"1000 * {P95}",
    f"{P95} * 1000",
    f"round({P95}, 0.001)",
    f"{P95} or vector(0)",
    f"{P95} > 0",
    f"max({P95})",
    f"avg({P95})",
    f"min(histogram_quantile(0.95, sum by (le, path) (rate({H}_bucket[5m]))))",
    f"max_over_time({P95}[10m:30s])",
    f"avg_over_time({P95}[10m:])",
    f"histogram_quantile(0.95, sum(rate({H}[5m])))",
    f"histogram_quantile(0.95, rate({H}[5m]))",
    f"histogram_quantile(0.95, avg_over_time({BY_LE}[10m:1m]))",
    f'label_replace({P95}, "q", "p95", "", "")',
    f"clamp_max({P95}, 10)",
    f"sort({P95})",
]

BUCKET_SHARE = [
    f"{FAST} / {ALL}",
    f"{FAST} / {T}",
    f"100 * {FAST} / {ALL}",
    f"1 - {FAST} / {ALL}",
    f"({ALL} - {FAST}) / {ALL}",
    f'{FAST} / sum(rate({H}_bucket{{le="+Inf"}}[5m]))',
    f'sum by (path) (rate({H}_bucket{{le="0.3"}}[5m])) / sum by (path) (rate({H}_count[5m]))',
    f'rate({H}_bucket{{le="0.3"}}[5m]) / ignoring(le) rate({H}_count[5m])',
    f'rate({H}_bucket{{le="0.3"}}[5m]) / ignoring(le) rate({H}_bucket{{le="+Inf"}}[5m])',
    f'rate({H}_bucket{{le="0.3"}}[5m]) / on(path, method, job, instance) rate({H}_count[5m])',
    f'sum(rate({H}_bucket{{le=~"1(\\\\.0)?"}}[5m])) / {ALL}',
    f'avg(rate({H}_bucket{{le="0.3"}}[5m])) / avg(rate({H}_count[5m]))',
    f'sum(increase({H}_bucket{{le="0.5"}}[1h])) / sum(increase({H}_count[1h]))',
    f"max_over_time(({FAST} / {ALL})[10m:])",
    f"min({FAST} / {ALL})",
    f"({FAST} or vector(0)) / {ALL}",
    f'sum(rate({H}_bucket{{le="0.3",status!~"5.."}}[5m])) / {ALL}',
    f"histogram_fraction(0, 0.3, sum(rate({H}[5m])))",
    f"sum by (le) (rate({H}_bucket[5m])) / ignoring(le) group_left {ALL}",
]

APDEX = [
    f"({FAST} + {OK}) / 2 / {ALL}",
    f"0.5 * ({FAST} + {OK}) / {ALL}",
    f"({FAST} / {ALL} + {OK} / {ALL}) / 2",
    f"({FAST} + ({OK} - {FAST}) / 2) / {ALL}",
    f"100 * ({FAST} + {OK}) / 2 / {ALL}",
    f'sum(rate({H}_bucket{{le=~"0.3|1.0"}}[5m])) / 2 / {ALL}',
    f'(sum by (path) (rate({H}_bucket{{le="0.1"}}[5m]))'
    f' + sum by (path) (rate({H}_bucket{{le="0.4"}}[5m]))) / 2'
    f" / sum by (path) (rate({H}_count[5m]))",
    f"max_over_time((({FAST} + {OK}) / 2 / {ALL})[10m:])",
]

NEITHER = {
    "raw_counter": [
        "http_requests_total",
        "sum(http_requests_total)",
        'http_requests_total{status="500"}',
        'sum(http_requests_total{status=~"5.."}) / sum(http_requests_total)',
        f"{H}_count",
        f"{H}_sum",
        "http_errors_total",
        "max_over_time(http_requests_total[5m])",
    ],
    "request_rate": [
        T,
        "rate(http_requests_total[5m])",
        "sum(increase(http_requests_total[1h]))",
        G,
        f"{T} * 60",
        f"{T} - {B}",
        "sum by (status) (rate(http_requests_total[5m]))",
        "topk(3, rate(http_requests_total[5m]))",
        ALL,
        "max(rate(http_requests_total[5m]))",
    ],
    "error_rate_without_total": [
        B,
        'rate(http_requests_total{status="500"}[1m])',
        f"{B} * 100",
        f"{B} or vector(0)",
        "sum(rate(http_errors_total[5m]))",
        "rate(rate_limit_failures_total[5m])",
        "rate(objstore_bucket_operation_failures_total[5m])",
    ],
    "client_errors_only": [
        f'<<status=~"4.."|rate|5m>> / {T}',
        f'<<status="404"|rate|5m>> / {T}',
        '<<status=~"4.."|rate|5m>>',
        f'1 - <<status=~"4.."|rate|5m>> / {T}',
        f"sum(rate(http_4xx_total[5m])) / {T}",
        f"sum(rate(http_client_errors_total[5m])) / {T}",
    ],
    "average_latency": [
        f"sum(rate({H}_sum[5m])) / sum(rate({H}_count[5m]))",
        f"rate({H}_sum[5m]) / rate({H}_count[5m])",
        f"1000 * sum(rate({H}_sum[5m])) / {ALL}",
        f"{H}_sum / {H}_count",
        f"avg(rate({H}_sum[5m]) / rate({H}_count[5m]))",
        f"max_over_time((rate({H}_sum[5m]) / rate({H}_count[5m]))[5m:])",
        f"quantile(0.95, rate({H}_sum[5m]) / rate({H}_count[5m]))",
        f"sum(rate({H}_sum[5m])) / {T}",
    ],
    "total_time": [f"sum(rate({H}_sum[5m]))"],
    "raw_buckets": [
        BY_LE,
        f"{H}_bucket",
        f"rate({H}_bucket[5m])",
        FAST,
        f"histogram_quantile(0.95, {H}_bucket)",
        f"histogram_quantile(0.95, sum by (le) ({H}_bucket))",
        f"sum(rate({H}_bucket[5m])) / {ALL}",
    ],
    "other_metric": [
        "sum(rate(flask_http_requests_total[5m]))",
        'sum(rate(flask_http_requests_total{status=~"5.."}[5m]))'
        " / sum(rate(flask_http_requests_total[5m]))",
        'sum(rate(http_request_total{status=~"5.."}[5m])) / sum(rate(http_request_total[5m]))',
        "http_requests_created",
        'sum(rate(http_requests_total_count{status=~"5.."}[5m]))',
        "histogram_quantile(0.95,"
        " sum by (le) (rate(flask_http_request_duration_seconds_bucket[5m])))",
        "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_bucket[5m])))",
        "process_resident_memory_bytes",
        "sum(rate(http_errors_total[5m])) / sum(rate(other_requests_total[5m]))",
        "ALERTS",
        'sum(rate(orders_total{status="filled"}[5m])) / sum(rate(orders_total[5m]))',
        'orders_total{side="long"} / orders_total{side="short"}',
        "dora_change_failure_rate_ratio",
        "last_error_timestamp_seconds > 0",
        "time() - process_start_time_seconds",
        "deriv(process_resident_memory_bytes[5m])",
        "count(container_last_seen > 5)",
        "sum(memory_used_bytes / memory_max_bytes)",
        "pages_total * page_size_bytes",
        "build_info",
        "sum(running_vms) or count(server_status)",
    ],
    "unknown_recording_rule": ["slo:sli_error:ratio_rate5m", "job:availability:ratio"],
    "constant": [
        "1",
        "0.999",
        "vector(1)",
        "1 - 0.999",
        "time()",
        '"up"',
        "vector(0) * 100",
        f"0 * {T}",
        f"vector(0) or {B} / {T}",
    ],
    "up": [
        "up",
        'up{job="flask-app"}',
        "avg(up)",
        "avg_over_time(up[5m])",
        "sum(up) / sum(up)",
        "count(up == 1) / count(up)",
        "changes(up[1h])",
        "up == 0",
    ],
    "absence": [f"absent({T})", "absent(up)"],
    "inverted_ratio": [
        f"{T} / {B}",
        f"{T} / {G}",
        f"{ALL} / {FAST}",
        f"100 * {T} / {G}",
        f"{T} / sum(rate(http_errors_total[5m]))",
    ],
    "not_part_of_total": [f"{B} / {G}", f"{G} / {B}", f'{B} / <<status="200"|rate|5m>>'],
    "different_events": [
        f'<<path="/",status=~"5.."|rate|5m>> / {T}',
        f'{B} / <<path="/"|rate|5m>>',
        '1 - <<path="/",status=~"5.."|rate|5m>> / <<path="/search"|rate|5m>>',
        '<<path="/",status=~"5.."|rate|5m>> / on(path) <<path="/search"|rate|5m>>',
        'sum by (path) (rate(http_requests_total{path="/",status=~"5.."}[5m]))'
        ' / ignoring(path) sum by (path) (rate(http_requests_total{path="/search"}[5m]))',
        f'<<method="GET",status=~"5.."|rate|5m>> / {T}',
        f'<<job="another",status=~"5.."|rate|5m>> / {T}',
        f'<<instance="a:1",status=~"5.."|rate|5m>> / {T}',
        f'sum by (path) (rate(http_requests_total{{status=~"5.."}}[5m])) / on() group_left() {T}',
        f'sum by (path) (rate(http_requests_total{{status=~"5.."}}[5m])) / scalar({T})',
        f'sum(rate({H}_bucket{{le="0.3",path="/"}}[5m])) / {ALL}',
    ],
    "different_windows": [
        f'<<status=~"5.."|rate|1m>> / {T}',
        f'<<status=~"5.."|irate|5m>> / {T}',
        f'sum(rate(http_requests_total{{status=~"5.."}}[5m] offset 1h)) / {T}',
    ],
    "different_units": [f'<<status=~"5.."|increase|5m>> / {T}'],
    "unrelated": [
        f"sum(rate(node_cpu_seconds_total[5m])) / {T}",
        f"sum(rate(request_error_seconds_total[5m])) / {T}",
        f"sum(rate(http_client_request_errors_total[5m])) / {T}",
        f"{T} / time()",
        f"({B} or vector(1)) / {T}",
        f"({B} or {T}) / {T}",
        f"({B} or up) / {T}",
        f"{B} / {T} or {T}",
        f"({B} / {T}) / avg_over_time(({B} / {T})[1h:1m])",
        f"{B} / {T} or up",
        'max(rate(http_requests_total{status=~"5.."}[5m])) / max(rate(http_requests_total[5m]))',
        f"{B} / sum(rate(flask_http_requests_total[5m]))",
        f"{B} / {T} + {FAST} / {ALL}",
        f"({B} / {T}) / ({FAST} / {ALL})",
        f"{B} / ({T} + {B})",
        f"1 / {T}",
        f"{B} * {T}",
        f'{B} / {T} - <<status=~"5.."|rate|1h>> / <<|rate|1h>>',
    ],
    "divided_by_itself": [
        'rate(http_requests_total{status=~"5.."}[5m]) / rate(http_requests_total[5m])',
        'sum by (status) (rate(http_requests_total{status=~"5.."}[5m]))'
        " / sum by (status) (rate(http_requests_total[5m]))",
        '1 - rate(http_requests_total{status=~"5.."}[5m]) / rate(http_requests_total[5m])',
    ],
    "always_the_same": [f"{T} / {T}", f"{B} / {B}", f"({B} + {G}) / {T}", f"{ALL} / {T}"],
    "labels_never_match": [
        f"{B} / {T} and rate(http_requests_total[5m]) > 0",
        f"{P95} * build_info",
        f'sum by (path) (rate(http_requests_total{{status=~"5.."}}[5m])) / {T}',
        f'rate({H}_bucket{{le="0.3"}}[5m]) / rate({H}_count[5m])',
        f'sum by (le) (rate({H}_bucket{{le="0.3"}}[5m])) / {ALL}',
        f'rate({H}_bucket{{le="0.3"}}[5m]) / rate({H}_bucket{{le="+Inf"}}[5m])',
        'sum by (path) (rate(http_requests_total{path="/",status=~"5.."}[5m]))'
        ' / sum by (path) (rate(http_requests_total{path="/search"}[5m]))',
        'sum by (status) (rate(http_requests_total{status="503"}[5m]))'
        ' / sum by (status) (rate(http_requests_total{status=~"20[0]"}[5m]))',
    ],
    "many_to_many": [
        f"{B} / ignoring(path, method, status, job, instance) rate(http_requests_total[5m])",
        'rate(http_requests_total{status=~"5.."}[5m]) / ignoring(status)'
        " rate(http_requests_total[5m])",
        'sum by (path) (rate(http_requests_total{path!="/",status=~"5.."}[5m]))'
        ' / ignoring(path) sum by (path) (rate(http_requests_total{path!="/"}[5m]))',
    ],
    "share_by_status": [
        f"sum by (status) (rate(http_requests_total[5m])) / ignoring(status) group_left {T}"
    ],
    "status_set": [
        f'<<status="503"|rate|5m>> / {T}',
        f'<<status=~"3.."|rate|5m>> / {T}',
        '<<status="200"|rate|5m>> / <<status=~"2.."|rate|5m>>',
    ],
    "no_such_status": [f'<<status!="error"|rate|5m>> / {T}', f'<<status="5xx"|rate|5m>> / {T}'],
    "quantile_without_le": [
        f"histogram_quantile(0.95, sum(rate({H}_bucket[5m])))",
        f"histogram_quantile(0.95, sum by (path) (rate({H}_bucket[5m])))",
        f"histogram_quantile(0.95, sum without (le) (rate({H}_bucket[5m])))",
    ],
    "quantile_out_of_range": [
        f"histogram_quantile(95, {BY_LE})",
        f"histogram_quantile(0, {BY_LE})",
        f"histogram_quantile(1, {BY_LE})",
        f"histogram_quantile(-0.5, {BY_LE})",
        f"histogram_quantile(1.5, {BY_LE})",
    ],
    "quantile_input": [
        f"histogram_quantile(0.95, {T})",
        f'histogram_quantile(0.95, sum by (le) (rate({H}_bucket{{le!="+Inf"}}[5m])))',
        f'histogram_quantile(0.95, sum by (le) (rate({H}_bucket{{le="0.5"}}[5m])))',
        f"histogram_quantile(0.95, sum(rate({H}_count[5m])))",
    ],
    "threshold_no_bucket": [
        f'sum(rate({H}_bucket{{le="0.35"}}[5m])) / {ALL}',
        f'sum(rate({H}_bucket{{le="1"}}[5m])) / {ALL}',
        f'sum(rate({H}_bucket{{le="300"}}[5m])) / {ALL}',
        f'({FAST} + sum(rate({H}_bucket{{le="1.2"}}[5m]))) / 2 / {ALL}',
    ],
    "between_thresholds": [f"({OK} - {FAST}) / {ALL}"],
    "range_too_short": [
        '<<status=~"5.."|rate|5s>> / <<|rate|5s>>',
        f"histogram_quantile(0.95, sum by (le) (rate({H}_bucket[9s])))",
    ],
    "range_vector": ["http_requests_total[5m]", f"({B} / {T})[5m:]"],
    "series_averaged": [
        'avg(rate(http_requests_total{status=~"5.."}[5m])) / avg(rate(http_requests_total[5m]))'
    ],
    "sum_of_ratios": [
        'sum(sum by (path) (rate(http_requests_total{status=~"5.."}[5m]))'
        " / sum by (path) (rate(http_requests_total[5m])))",
        f"sum(histogram_quantile(0.95, sum by (le, path) (rate({H}_bucket[5m]))))",
        f"sum_over_time(({B} / {T})[1h:1m])",
    ],
    "constant_added": [f"{B} / ({T} + 10)", f"({B} + 5) / {T}"],
    "odd_scale": [
        f"{G} / {T} - {B} / {T}",
        f"1 + {B} / {T}",
        f"-{B} / {T}",
        f"({FAST} + {OK}) / {ALL}",
        f"{B} / {T} / 60",
        f"{B} / {T} * 2",
        *(f"{scale} * {P95}" for scale in (7, 2, 60, 0.5, 0.001, 100)),
    ],
    "distorted": [
        f"({B} / {T}) ^ 2",
        'sum(changes(http_requests_total{status=~"5.."}[5m]))'
        " / sum(changes(http_requests_total[5m]))",
        f"ln({B} / {T})",
        f"Inf / ({B} / {T})",
        f"rate(({B} / {T})[5m:])",
        f"{P95} - histogram_quantile(0.5, {BY_LE})",
        f"count({B} / {T})",
        f"{B} / clamp_min({T}, 1000)",
        f"clamp_max({B}, 0) / {T}",
        f'sum(topk(1, rate(http_requests_total{{status=~"5.."}}[5m]))) / {T}',
        f"stddev_over_time(({B} / {T})[5m:])",
    ],
    "rounded_away": [
        f"round({B}) / {T}",
        f"round({G} / {T})",
        f"floor({G} / {T})",
        f"ceil({B} / {T})",
    ],
    "condition": [
        f"{B} / {T} > 0.01",
        f"{B} / {T} > bool 0.01",
        f"({B} / {T} > bool 0.01) * ({B} / {T})",
        f"{T} > bool 0",
        f"{B} / {T} unless {T}",
        f"{B} / ({T} > {ALL})",
        f"1 - {B} / {T} < 0.99",
        f"{P95} > 0.5",
        f"{B} / {T} == 0",
    ],
    "gauge_function": ["delta(http_requests_total[5m])", "deriv(http_requests_total[5m])"],
    "unparsed": [
        "sum(rate(http_requests_total[5m])",
        "sum(rate(http_requests_total[5m]))) / 2",
        "SELECT * FROM requests",
        "rate(http_requests_total)",
        "unknown_function(up)",
        '{app="mock"} |= "error"',
        "sum(rate(http_requests_total[$window]))",
        "up offset nan",
        "up and",
    ],
    "no_query": ["", "   "],
}

AVAILABILITY = {"good_ratio": GOOD_RATIO, "bad_ratio": BAD_RATIO, "budget_left": BUDGET_LEFT}
LATENCY = {"quantile": QUANTILE, "bucket_share": BUCKET_SHARE, "apdex": APDEX}
CASES: list[tuple[str, str, str | None]] = [
    (expanded(expr), code, sli)
    for sli, table in (("availability", AVAILABILITY), ("latency", LATENCY), (None, NEITHER))
    for code, exprs in table.items()
    for expr in exprs
]
