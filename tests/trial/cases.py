"""Queries that fool whoever reads them, with the SLI that Prometheus really shows: by kind.

Each kind has accepted and refused ones: what is refused is hidden, frozen or flattened on some
day; what is accepted only looks odd. This is also the list of where reading and trial disagree,
each with its reason; DISAGREEMENTS has those of the other tables.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Row = tuple[str, str | None]


@dataclass(frozen=True)
class Kind:
    """Expressions with the SLI they show: ``misread`` ones, and why; ``read`` rightly."""

    why: str
    misread: list[Row] = field(default_factory=list)
    read: list[Row] = field(default_factory=list)

    @property
    def rows(self) -> list[Row]:
        """All of them."""
        return [*self.misread, *self.read]


AVAILABILITY, LATENCY = "availability", "latency"

B = 'sum(rate(http_requests_total{status=~"5.."}[5m]))'
G = 'sum(rate(http_requests_total{status!~"5.."}[5m]))'
T = "sum(rate(http_requests_total[5m]))"
H = "http_request_duration_seconds"
FAST = f'sum(rate({H}_bucket{{le="0.3"}}[5m]))'
ALL = f"sum(rate({H}_count[5m]))"
P95 = f"histogram_quantile(0.95, sum by (le) (rate({H}_bucket[5m])))"
R = f"{B} / {T}"
BAD_BY_PATH = 'sum by (path) (rate(http_requests_total{status=~"5.."}[5m]))'
ALL_BY_PATH = "sum by (path) (rate(http_requests_total[5m]))"
ASKED_PATHS = f"{BAD_BY_PATH} / ({ALL_BY_PATH} > 0)"
LIMITS = (0.01, 0.05, 0.1, 0.2, 0.25, 0.39, 0.5, 0.6, 0.75, 0.8, 0.9, 0.95, 0.99, 0.995, 0.999)
BANDS = (
    *((0.01, 0.02), (0.05, 0.15), (0.25, 0.35), (0.35, 0.45)),
    *((0.55, 0.65), (0.7, 0.8), (0.85, 0.95), (0.95, 0.99)),
)
BY_LE_AND_PATH = f"sum by (le, path) (rate({H}_bucket[5m]))"
FROZEN = (
    'sum(rate(http_requests_total{status=~"5.."}[5m] @ %s))'
    " / sum(rate(http_requests_total[5m] @ %s))"
)


REQUESTS = "http_requests_total"
OVER_ALL = f"/ on () group_left () {T}"
HOSTILE: dict[str, Kind] = {
    "only some statuses, each by itself": Kind(
        "Series of other statuses alone move with nothing that users notice.",
        read=[
            (
                f'sum by (status) (rate({REQUESTS}{{status=~"{found}"}}[5m])) {OVER_ALL}',
                sli,
            )
            for found, sli in (
                *(("4..", None), ("3..", None), ("404", None), ("302", None)),
                *(("2..", AVAILABILITY), ("5..", AVAILABILITY)),
            )
        ],
    ),
    "characters beyond the first plane": Kind(
        "Prometheus reads them, in a string and in a comment.",
        read=[
            (f"{R} # \U0001f600 fine", AVAILABILITY),
            (R.replace("[5m]", "[5m] #\U0001f525\n"), AVAILABILITY),
        ],
    ),
    "a filter inside": Kind(
        "A filter inside a calculation takes the value away at some rates; it is read as a guard.",
        misread=[
            (f"1 - ({B} > 0.5) / {T}", None),
            (f"{B} / ({T} < 50)", None),
            (f"({G} > 10) / {T}", None),
            (f"({B} != 0) / {T}", None),
            (f"({G} > 0) / {T}", None),
            (f'sum(rate(http_requests_total{{status=~"5.."}}[5m]) > 0.01) / {T}', None),
            (f"{FAST} / ({ALL} > 30)", None),
            (f"{B} / ({T} > 1)", None),
            (f"{B} / ({T} < 1000)", None),
            (f"{R} and {T} > 0.5", None),
            (f"1 - {R} and {T} < 500", None),
            (f"1 - {R} and {B} < 300", None),
            (f"{R} unless {B} > 250", None),
            (f"{P95} and {ALL} > 1", None),
            (f"{P95} unless on () {ALL} > 300", None),
            (f"{R} and on () sum(increase(http_requests_total[5m])) > 10", None),
            (f"histogram_quantile(0.95, sum by (le) (rate({H}_bucket[5m])) > 5)", None),
            (f"1 - ({BAD_BY_PATH} > 0.2) / {ALL_BY_PATH}", None),
        ],
        read=[
            (f"100 * ({R} > 0.001)", None),
            (f"{G} / ({T} != 0)", AVAILABILITY),
            (f"{FAST} / ({ALL} > 0)", LATENCY),
            (f"{R} and {T} > 0.001", AVAILABILITY),
            (f"{P95} and {ALL} < 1e6", LATENCY),
        ],
    ),
    "gone in the incident": Kind(
        "`and` and `unless` take the value away when it matters; only the left side is read.",
        misread=[
            (f"{R} unless {R} > 0.05", None),
            (f"1 - {R} and 1 - {R} > 0.9", None),
            (f"{R} and on () {T} < 100", None),
            (f"{P95} and {P95} < 1", None),
            (f"{P95} unless on () {B} > 0.1", None),
            (f"{R} and on () vector(1) == 2", None),
            (f"{R} and on () {B} > 0", None),
        ],
        read=[
            (f"{R} unless on () absent({T})", AVAILABILITY),
            (f"{P95} and on () {ALL} > 0", LATENCY),
            (f"{BAD_BY_PATH} / {ALL_BY_PATH} < 0.5", None),
            (f"topk(3, {BAD_BY_PATH} / {ALL_BY_PATH} < 0.3)", None),
            (f"topk(2, {BAD_BY_PATH} / {ALL_BY_PATH})", AVAILABILITY),
            (f"{R} and {T} > 0", AVAILABILITY),
        ],
    ),
    "a filter at any height": Kind(
        "A comparison around it all hides what lies on its other side, however high or low it is.",
        read=[
            *((f"{R} < {limit}", None) for limit in LIMITS),
            *((f"{R} > {limit}", None) for limit in LIMITS),
            *((f"1 - {R} > {limit}", None) for limit in LIMITS),
            *((f"{FAST} / {ALL} > {limit}", None) for limit in LIMITS),
            *((f"{FAST} / {ALL} < {limit}", None) for limit in LIMITS),
            *((f"{R} > {low} < {high}", None) for low, high in BANDS),
            *((f"{R} < {low} or {R} > {high}", None) for low, high in BANDS),
            (f"{R} < 1.5", AVAILABILITY),
            (f"{R} > -1", AVAILABILITY),
        ],
    ),
    "a filter between two limits": Kind(
        "What lies between two limits shows on no day of all; each gets a day of its own.",
        misread=[
            (f"{R} unless ({R} > 0.7 < 0.72)", None),
            (f"{R} unless on () ({R} > 0.7 and {R} < 0.72)", None),
            (f"{P95} and on () ({R} < 0.7 or {R} > 0.72)", None),
            (f"{R} < 0.7 or {R} >= 0.7", AVAILABILITY),
            (f"{R} > 0.72 or {R} <= 0.72", AVAILABILITY),
        ],
        read=[
            (f"{R} < 0.7 or {R} > 0.72", None),
            (f"1 - {R} < 0.3 or 1 - {R} > 0.32", None),
            (f"100 * {R} < 45 or 100 * {R} > 47", None),
            (f"({R}) / 0.01 < 14 or ({R}) / 0.01 > 16", None),
            (f"({R}) / (1 - 0.99) < 14 or ({R}) / (1 - 0.99) > 16", None),
            (f"{FAST} / {ALL} < 0.7 or {FAST} / {ALL} > 0.72", None),
            (f"{R} > -1 < 2", AVAILABILITY),
            (f"{R} and {T} > 0 and {T} < 1e6", AVAILABILITY),
        ],
    ),
    "of no page and no moment": Kind(
        "The most failures of any page over the most requests of any is the share of none.",
        read=[
            (f"max({BAD_BY_PATH}) / max({ALL_BY_PATH})", None),
            (f"100 * max({BAD_BY_PATH}) / max({ALL_BY_PATH})", None),
            (f"1 - max({BAD_BY_PATH}) / max({ALL_BY_PATH})", None),
            (f"max({BAD_BY_PATH} / {ALL_BY_PATH})", AVAILABILITY),
            (f"max_over_time(max({BAD_BY_PATH} / {ALL_BY_PATH})[1h:1m])", AVAILABILITY),
            (f"max_over_time(({B})[1h:1m]) / max_over_time(({T})[1h:1m])", None),
            (f"1 - max_over_time(({B})[1h:1m]) / max_over_time(({T})[1h:1m])", None),
            (f"sum_over_time(({B})[1h:1m]) / sum_over_time(({T})[1h:1m])", AVAILABILITY),
            (f"max_over_time(({R})[10m:1m])", AVAILABILITY),
            (f"max_over_time(({P95})[1h:1m])", LATENCY),
            (f"max({B}) / max({T})", AVAILABILITY),
        ],
    ),
    "an odd scale": Kind(
        "A failure a minute is no burn rate of an objective that anybody has.",
        misread=[(f"60 * {B} / {T}", None), (f"7 * {B} / {T}", None)],
        read=[(f"1e6 * {R}", AVAILABILITY), (f"{R} / 0.0005", AVAILABILITY)],
    ),
    "a trend": Kind(
        "It tells where the value is going.",
        read=[
            (f"predict_linear(({R})[10m:1m], 3600)", None),
            (f"deriv(({R})[10m:1m])", None),
            (f"delta(({P95})[10m:1m])", None),
        ],
    ),
    "a filter by traffic": Kind(
        "However many requests come in, or few, a share of them is worth as much.",
        misread=[
            *((f"{R} and {T} < {limit}", None) for limit in (5500, 6000, 1e4, 1e5)),
            *((f"{R} and {T} > {limit}", None) for limit in (0.016, 0.01, 0.005)),
            *((f"{B} / ({T} < {limit})", None) for limit in (6000, 1e5)),
            (f"{B} / ({T} > 0.016)", None),
            (f"{P95} and {ALL} < 6000", None),
            (f"{R} unless {T} > 2 * sum(rate({REQUESTS}[5m] offset 10m))", None),
            (f"{R} unless {T} < 0.5 * sum(rate({REQUESTS}[5m] offset 10m))", None),
        ],
        read=[(f"{R} and {T} < 1e6", AVAILABILITY)],
    ),
    "what time it is": Kind(
        "What holds at some dates only hides the value at the others; it is read as a guard.",
        misread=[
            (f"{R} and on () hour() < 20", None),
            (f"{P95} unless on () day_of_week() == 0", None),
            (f"{R} and on () year() > 2020", None),
            (f"{R} and on () vector(time()) < 1.7e9", None),
            (f"{R} and on () vector(time()) > 2e9", None),
            (f"{R} and on () (vector(time() % 86400) > 3600)", None),
            (f"{R} and on () timestamp(up) < 1.7e9", None),
            (f"{P95} unless on () (timestamp( up ) > 1.7e9)", None),
            (f"{R} * (time() > bool 1.7e9)", AVAILABILITY),
        ],
        read=[
            (f"{R} * (time() < bool 1.7e9)", None),
            (f"{R} and on () vector(time()) > 1.7e9", AVAILABILITY),
            (f"{R} and on () (vector(time() - 1.7e9) > 0)", AVAILABILITY),
            (f"{P95} and on () timestamp(up) > 1.6e9", LATENCY),
            (f"{R} and on () process_start_time_seconds > 1e9", AVAILABILITY),
            (f"{R} and on () (time() - timestamp(up) < 300)", AVAILABILITY),
            (f"{R} and on () (time() - process_start_time_seconds > 300)", AVAILABILITY),
        ],
    ),
    "the best alone": Kind(
        "The best page or moment hides the others; it is read as any page or moment.",
        misread=[
            (f"max_over_time((1 - {R})[1h:1m])", None),
            (f"min_over_time(({R})[1h:1m])", None),
            (f"1 - min_over_time(({R})[30m:1m])", None),
            (f"quantile_over_time(0.99, (1 - {R})[1h:1m])", None),
            (f"max(1 - {BAD_BY_PATH} / {ALL_BY_PATH})", None),
            (f"min({BAD_BY_PATH} / {ALL_BY_PATH})", None),
            (f"topk(1, 1 - {BAD_BY_PATH} / {ALL_BY_PATH})", None),
            (f"bottomk(2, {BAD_BY_PATH} / {ALL_BY_PATH})", None),
            (f"quantile(0.1, {ASKED_PATHS})", None),
            (f"quantile(0.9, 1 - {ASKED_PATHS})", None),
            (f"quantile_over_time(0.25, ({R})[1h:1m])", None),
            (f"min_over_time(({P95})[30m:1m])", None),
            (f"bottomk(1, histogram_quantile(0.95, {BY_LE_AND_PATH}))", None),
            (
                "max by (path) (1 - sum by (path, method)"
                ' (rate(http_requests_total{status=~"5.."}[5m]))'
                " / sum by (path, method) (rate(http_requests_total[5m])))",
                None,
            ),
        ],
        read=[
            (f"min_over_time((1 - {R})[1h:1m])", AVAILABILITY),
            (f"max_over_time(({R})[1h:1m])", AVAILABILITY),
            (f"min(1 - {BAD_BY_PATH} / {ALL_BY_PATH})", AVAILABILITY),
            (f"topk(1, {BAD_BY_PATH} / {ALL_BY_PATH})", AVAILABILITY),
            (f"bottomk(1, 1 - {BAD_BY_PATH} / {ALL_BY_PATH})", AVAILABILITY),
            (f"topk(3, 1 - {BAD_BY_PATH} / {ALL_BY_PATH})", AVAILABILITY),
            (f"max by (path) (1 - {BAD_BY_PATH} / {ALL_BY_PATH})", AVAILABILITY),
            (f"max(histogram_quantile(0.95, {BY_LE_AND_PATH}))", LATENCY),
            (f"quantile(0.5, {ASKED_PATHS})", AVAILABILITY),
            (f"quantile_over_time(0.5, ({R})[1h:1m])", AVAILABILITY),
            (f"max_over_time(({P95})[30m:1m])", LATENCY),
            (f"avg_over_time((1 - {R})[1h:1m])", AVAILABILITY),
        ],
    ),
    "the labels of up": Kind(
        "up has one series, of job and instance; the reading thinks of the labels of the service.",
        misread=[
            (f"{R} * on () group_left () up", AVAILABILITY),
            (f"{R} * scalar(up)", AVAILABILITY),
            (f'{P95} * on () up{{job="flask-app"}}', LATENCY),
            (f"{R} / on () up", AVAILABILITY),
            (
                'sum by (job, instance) (rate(http_requests_total{status=~"5.."}[5m]))'
                " / sum by (job, instance) (rate(http_requests_total[5m])) * up",
                AVAILABILITY,
            ),
        ],
        read=[
            (f"{R} + on () up", None),
            (f"{R} and on () up == 1", AVAILABILITY),
            (f"{R} * up", None),
            (f"{R} * on (job) up", None),
        ],
    ),
    "whose errors": Kind(
        "",
        misread=[],
        read=[
            (f"sum(rate(node_disk_io_errors_total[5m])) / {T}", None),
            (f"sum(rate(log_errors_total[5m])) / {T}", None),
            (f"1 - sum(rate(kafka_consumer_errors_total[5m])) / {T}", None),
            (f"sum(rate(smtp_failures_total[5m])) / {T}", None),
            (f"sum(rate(db_connection_errors_total[5m])) / {T}", None),
            (f"sum(rate(http_request_failures_total[5m])) / {T}", AVAILABILITY),
            (f"sum(rate(flask_errors_total[5m])) / {T}", AVAILABILITY),
        ],
    ),
    "a fixed moment": Kind(
        "What is fixed to a moment is the same whatever happens; only the sides are read.",
        misread=[
            (FROZEN % ("1609746000", "1609746000"), None),
            (FROZEN % ("start()", "start()"), None),
            (FROZEN % ("end()", "end()"), None),
            (f"avg_over_time(({R})[5m:15s] @ end ( ))", None),
            (f"histogram_quantile(0.95, sum by (le) (rate({H}_bucket[5m] @ end())))", None),
            (f"avg_over_time(({R})[5m:15s] @ 1700000000)", None),
            (f"histogram_quantile(0.95, sum by (le) (rate({H}_bucket[5m] @ 1700000000)))", None),
            (FROZEN % ("600", "600"), None),
            (FROZEN % ("0", "0"), None),
            ((FROZEN % ("3600", "3600")).replace("5m", "1d"), None),
        ],
        read=[(f'sum(rate(http_requests_total{{status=~"5.."}}[5m] @ end())) / {T}', None)],
    ),
    "flattened": Kind(
        "A bound or a step swallows what a healthy service, or an incident, shows.",
        misread=[
            *(
                (f"{way}(100 * {share}{step})", None)
                for share in (R, f"{G} / {T}", f"{FAST} / {ALL}")
                for way, step in (
                    *(("round", ", 5"), ("round", ", 1"), ("round", ""), ("round", ", 0.5")),
                    *(("floor", ""), ("ceil", "")),
                )
                if (way, share) != ("floor", f"{G} / {T}")
            ),
            (f"round({R}, 0.01)", None),
            (f"clamp_max({R}, 0.01)", None),
            (f"clamp_min({G} / {T}, 0.99)", None),
            (f"clamp({R}, 0.2, 0.8)", None),
            (f"round({R}, 0.25)", None),
            (f"floor(10 * {G} / {T}) / 10", None),
            (f"clamp_min({P95}, 5)", None),
            (f"clamp_min({P95}, 0.1)", None),
            (f"clamp_max(100 * {R}, 1)", None),
            (f"clamp_min({R}, 0.001)", None),
            (f"round({P95}, 0.1)", None),
            (f"round({P95}, 0.05)", None),
        ],
        read=[
            (f"clamp_min({R}, 0)", AVAILABILITY),
            (f"{B} / clamp_max({T}, 1000)", None),
            (f"clamp_max({P95}, 10)", LATENCY),
            (f"round({R}, 0.0001)", AVAILABILITY),
            (f"round(100 * {R}, 0.01)", AVAILABILITY),
            (f"round(100 * {G} / {T}, 0.1)", AVAILABILITY),
            (f"ceil(1e4 * {R}) / 100", AVAILABILITY),
            (f"floor(1e4 * {FAST} / {ALL}) / 1e4", LATENCY),
            (f"round({P95}, 0.01)", LATENCY),
            (f"round(1000 * {P95})", LATENCY),
            (f"sgn({R})", None),
            (f"ceil({P95})", None),
        ],
    ),
    "good windows": Kind(
        "The share of good windows is an SLI; the reading sees a condition.",
        misread=[
            (f"avg_over_time((1 - {R} >= bool 0.99)[1h:1m])", AVAILABILITY),
            *(
                (f"avg_over_time(({R} {op} bool {limit})[{span}:1m])", AVAILABILITY)
                for op in ("<=", "<", ">")
                for limit in (0.2, 0.1, 0.5)
                for span in ("1h", "3h", "12h")
            ),
            *(
                (f"{told}(avg_over_time(({ASKED_PATHS} <= bool {limit})[1h:1m]))", AVAILABILITY)
                for told in ("avg", "min")
                for limit in (0.05, 0.1, 0.2, 0.5)
            ),
            (f"100 * avg(avg_over_time((1 - {ASKED_PATHS} >= bool 0.9)[1d:5m]))", AVAILABILITY),
            (f"avg_over_time((1 - {R} >= bool 0.999999)[1h:1m])", AVAILABILITY),
            (f"avg_over_time((max({ASKED_PATHS}) <= bool 0.1)[1h:1m])", AVAILABILITY),
            (f"100 * avg_over_time(({R} < bool 0.05)[30m:30s])", AVAILABILITY),
            (f"avg_over_time(({R} > bool 0.01)[1h:1m])", AVAILABILITY),
            (f"avg_over_time(({P95} <= bool 0.5)[1h:1m])", LATENCY),
            (f"avg_over_time(({FAST} / {ALL} >= bool 0.95)[10m:15s])", LATENCY),
            (f"1 - avg_over_time(({R} > bool 0.01)[30d:5m])", AVAILABILITY),
            (f"avg_over_time((1 - {R} > bool 0.999)[1h:1m])", AVAILABILITY),
            (f"avg_over_time((1 - {R} >= bool 0.9999)[6h:1m])", AVAILABILITY),
            (f"avg_over_time((1 - {R} > bool 0.999)[28d:1m])", AVAILABILITY),
            (f"sum_over_time((1 - {R} > bool 0.999)[1h:1m]) / 60", AVAILABILITY),
            *(
                (f"avg_over_time(({P95} < bool {limit})[1h:1m])", LATENCY)
                for limit in (0.05, 0.1, 0.25, 1, 5, 10)
            ),
            (f"avg_over_time(({FAST} / {ALL} >= bool 0.999)[30m:1m])", LATENCY),
        ],
        read=[
            *(
                (f"avg_over_time(({R} {op} bool {limit})[1h:1m])", None)
                for op in ("<=", "<", ">")
                for limit in (0.95, 0.999, 0.999999)
            ),
            *(
                (f"max(avg_over_time(({ASKED_PATHS} <= bool {limit})[1h:1m]))", None)
                for limit in (0.01, 0.05, 0.2)
            ),
            (f"avg(avg_over_time(({BAD_BY_PATH} / {ALL_BY_PATH} <= bool 0.1)[1h:1m]))", None),
            (f"{P95} <= bool 0.3", None),
            (f"max_over_time(({R} <= bool 0.01)[10m:15s])", None),
            (f"avg_over_time(({T} > bool 10)[10m:15s])", None),
            (f"avg_over_time(({R} <= bool 2)[10m:15s])", None),
        ],
    ),
    "the class of a status": Kind(
        "The label that is made holds statuses; the reading sees a label of its own.",
        misread=[
            (
                'sum by (group) (label_replace(rate(http_requests_total{status=~"[45].."}[5m]),'
                ' "group", "${1}xx", "status", "(.).."))'
                f" / on () group_left () {T}",
                AVAILABILITY,
            )
        ],
        read=[
            (
                "sum by (class) (label_replace(rate(http_requests_total[5m]),"
                ' "class", "$1xx", "status", "(.).."))'
                f" / on () group_left () {T}",
                None,
            ),
            (
                "sum by (class) (label_replace(rate(http_requests_total[5m]),"
                ' "class", "$1", "status", "(.).*")) / scalar(' + T + ")",
                None,
            ),
            (
                'sum(label_replace(rate(http_requests_total{status=~"5.."}[5m]),'
                f' "class", "5xx", "", "")) / {T}',
                AVAILABILITY,
            ),
        ],
    ),
    "the upper share": Kind(
        "",
        misread=[],
        read=[
            (f"histogram_fraction(0.5, +Inf, sum(rate({H}[5m])))", LATENCY),
            (f"100 * histogram_fraction(1, Inf, sum(rate({H}[5m])))", LATENCY),
            (f"1 - histogram_fraction(0, 0.3, sum(rate({H}[5m])))", LATENCY),
            (f"histogram_fraction(-Inf, 0.3, sum(rate({H}[5m])))", LATENCY),
            (f"histogram_fraction(0, +Inf, sum(rate({H}[5m])))", None),
            (f"histogram_fraction(-Inf, +Inf, sum(rate({H}[5m])))", None),
            (f"histogram_fraction(0.3, 0.1, sum(rate({H}[5m])))", None),
        ],
    ),
    "a line beside it": Kind(
        "`or vector()` adds a line of its own beside series with labels; it is not read.",
        misread=[(f"{BAD_BY_PATH} / {ALL_BY_PATH} or vector(0.5)", None)],
        read=[
            (f"{BAD_BY_PATH} / {ALL_BY_PATH} or vector(0)", AVAILABILITY),
            (f"{BAD_BY_PATH} / {ALL_BY_PATH} or {T}", None),
            (f"-1 * {P95} + 1", None),
            (
                f'1 - histogram_quantile(0.95, sum by (le) (rate({H}_bucket{{method="GET"}}[1h])))',
                None,
            ),
        ],
    ),
    "a counter that restarts": Kind(
        "",
        read=[
            (
                'sum(delta(http_requests_total{status=~"5.."}[5m]))'
                " / sum(delta(http_requests_total[5m]))",
                None,
            ),
            (
                'sum(deriv(http_requests_total{status=~"5.."}[5m]))'
                " / sum(deriv(http_requests_total[5m]))",
                None,
            ),
        ],
    ),
    "equal to itself": Kind(
        "A comparison of a value with itself drops what is no number; it is read as a condition.",
        misread=[
            (f"{P95} == {P95}", LATENCY),
            (f"{FAST} / {ALL} == {FAST} / {ALL}", LATENCY),
            (f"({R}) >= ({R})", AVAILABILITY),
        ],
        read=[(f"({R}) > ({R})", None), (f"({R}) != ({R})", None), (f"({R}) == ({P95})", None)],
    ),
    "up stands in": Kind(
        "While nobody asks, up stands in; the reading sees two things that don't belong together.",
        misread=[
            (f"(1 - {B} / ({T} > 0)) or on () (up == 1)", AVAILABILITY),
            (f"({G} / ({T} > 0)) or on () max(up)", AVAILABILITY),
            (f"({B} / ({T} > 0)) or on () (up - 1)", AVAILABILITY),
        ],
        read=[
            (f"up or on () {R}", None),
            (f"({B} / {T}) or on () up", None),
            (f"({P95} > 1) or on () up", None),
        ],
    ),
    "scalar of several": Kind(
        "scalar() of several series is no number; the reading takes it for one.",
        misread=[
            (f"scalar({BAD_BY_PATH}) / scalar({ALL_BY_PATH})", None),
            (f"vector(scalar({BAD_BY_PATH} / {ALL_BY_PATH}))", None),
            (f"scalar(histogram_quantile(0.95, sum by (le, path) (rate({H}_bucket[5m]))))", None),
        ],
        read=[
            (f"1 - scalar({R})", AVAILABILITY),
            (f"scalar({P95})", LATENCY),
            (f"scalar(max({BAD_BY_PATH} / {ALL_BY_PATH}))", AVAILABILITY),
        ],
    ),
}

TOO_COARSE = "A step of 1 % tells 99.9 % and 99.1 % alike: no SLO can rest on that."
BEST_ALONE = "It tells the best page or moment alone, and hides whatever happens on the others."

DISAGREEMENTS: dict[str, str] = {
    f"floor(100 * {G} / {T})": TOO_COARSE,
    f"min(histogram_quantile(0.95, sum by (le, path) (rate({H}_bucket[5m]))))": BEST_ALONE,
    f"max_over_time(({FAST} / {ALL})[10m:])": BEST_ALONE,
    "max_over_time("
    f'(({FAST} + sum(rate({H}_bucket{{le="1.0"}}[5m]))) / 2 / {ALL})[10m:])': BEST_ALONE,
    f"({B} or up) / {T}": (
        "The series of up has labels that the total has not, so it never comes through: on every"
        " day Prometheus shows the share, and nothing where no request has failed yet."
    ),
}
"""Expressions of the other tables that are read one way and shown the other by Prometheus."""
