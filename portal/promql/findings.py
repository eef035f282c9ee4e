"""What the check says about an expression: the SLI it shows, a stable code, a plain reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from portal.promql.nodes import Matcher
from portal.shop import DURATIONS, REQUESTS


class Sli(StrEnum):
    """The kinds of SLI a panel can show."""

    AVAILABILITY = "availability"
    LATENCY = "latency"


class Code(StrEnum):
    """One code per cause; codes are stable, the sentences beside them may change."""

    GOOD_RATIO = "good_ratio"
    BAD_RATIO = "bad_ratio"
    BUDGET_LEFT = "budget_left"
    QUANTILE = "quantile"
    BUCKET_SHARE = "bucket_share"
    APDEX = "apdex"

    RAW_COUNTER = "raw_counter"
    REQUEST_RATE = "request_rate"
    ERROR_RATE = "error_rate_without_total"
    CLIENT_ERRORS_ONLY = "client_errors_only"
    AVERAGE_LATENCY = "average_latency"
    TOTAL_TIME = "total_time"
    RAW_BUCKETS = "raw_buckets"
    OTHER_METRIC = "other_metric"
    UNKNOWN_RULE = "unknown_recording_rule"
    RULE_CYCLE = "rule_cycle"
    CONSTANT = "constant"
    UP = "up"
    ABSENCE = "absence"
    INVERTED_RATIO = "inverted_ratio"
    NOT_PART_OF_TOTAL = "not_part_of_total"
    DIFFERENT_EVENTS = "different_events"
    DIFFERENT_WINDOWS = "different_windows"
    DIFFERENT_UNITS = "different_units"
    UNRELATED = "unrelated"
    DIVIDED_BY_ITSELF = "divided_by_itself"
    ALWAYS_THE_SAME = "always_the_same"
    LABELS_NEVER_MATCH = "labels_never_match"
    MANY_TO_MANY = "many_to_many"
    SHARE_BY_STATUS = "share_by_status"
    STATUS_SET = "status_set"
    NO_SUCH_STATUS = "no_such_status"
    NO_SUCH_LABEL = "no_such_label"
    QUANTILE_WITHOUT_LE = "quantile_without_le"
    QUANTILE_OUT_OF_RANGE = "quantile_out_of_range"
    QUANTILE_INPUT = "quantile_input"
    THRESHOLD_NO_BUCKET = "threshold_no_bucket"
    BETWEEN_THRESHOLDS = "between_thresholds"
    RANGE_TOO_SHORT = "range_too_short"
    RANGE_VECTOR = "range_vector"
    SERIES_AVERAGED = "series_averaged"
    SUM_OF_RATIOS = "sum_of_ratios"
    CONSTANT_ADDED = "constant_added"
    ODD_SCALE = "odd_scale"
    DISTORTED = "distorted"
    ROUNDED_AWAY = "rounded_away"
    CONDITION = "condition"
    GAUGE_FUNCTION = "gauge_function"
    SURPRISE = "surprise"
    UNTRIED = "untried"
    UNPARSED = "unparsed"
    INVALID = "invalid"
    NO_QUERY = "no_query"
    HIDDEN = "hidden"
    OTHER_DATASOURCE = "other_datasource"
    NO_SUCH_DATASOURCE = "no_such_datasource"
    DATASOURCE_PLACEHOLDER = "datasource_placeholder"
    OTHER_PROMETHEUS = "other_prometheus"
    SILENT_DATASOURCE = "silent_datasource"
    LIBRARY_PANEL = "library_panel"
    REPEATED_COPY = "repeated_copy"
    NOT_DRAWN = "not_drawn"
    REDUCED = "reduced"
    UNSURE = "unsure"


REASONS: dict[Code, str] = {
    Code.RAW_COUNTER: "This plots a growing total, not a ratio of what happened lately.",
    Code.REQUEST_RATE: "This is how many requests come in, not how many of them went well.",
    Code.ERROR_RATE: "This counts failures per second but not out of how many requests.",
    Code.CLIENT_ERRORS_ONLY: (
        "This counts 4xx answers only: the callers' mistakes, not the service's failures."
    ),
    Code.AVERAGE_LATENCY: "This is an average, and an average hides the slow tail.",
    Code.TOTAL_TIME: "This is time spent in requests, not how many of them were fast enough.",
    Code.RAW_BUCKETS: "These are the histogram's buckets as they are, not a share or a quantile.",
    Code.OTHER_METRIC: "This reads another metric than the lab's requests and durations.",
    Code.UNKNOWN_RULE: "This reads a recording rule that is not known here.",
    Code.RULE_CYCLE: "This recording rule leads back to itself.",
    Code.CONSTANT: "This is a constant: it stays the same whatever the service does.",
    Code.UP: "The metric up says whether the scrape worked, not whether users were served.",
    Code.ABSENCE: "This says whether series exist, not whether users were served.",
    Code.INVERTED_RATIO: "This ratio is upside down: all requests are divided by a part of them.",
    Code.NOT_PART_OF_TOTAL: "The numerator counts requests that the denominator leaves out.",
    Code.DIFFERENT_EVENTS: "Numerator and denominator are not about the same requests.",
    Code.DIFFERENT_WINDOWS: "Numerator and denominator look at different times.",
    Code.DIFFERENT_UNITS: "Numerator and denominator have different units (rate and increase).",
    Code.UNRELATED: "This puts things together that make no share of requests.",
    Code.DIVIDED_BY_ITSELF: (
        "Both sides keep the status label, so each status is compared with itself alone."
    ),
    Code.ALWAYS_THE_SAME: "Both sides count the same requests, so this never changes.",
    Code.LABELS_NEVER_MATCH: "The two sides have different labels, so Prometheus matches nothing.",
    Code.MANY_TO_MANY: "One series on one side meets several on the other: Prometheus refuses.",
    Code.SHARE_BY_STATUS: "This is the mix of statuses, not one share of good or bad requests.",
    Code.STATUS_SET: "This doesn't tell a 500 from a 200.",
    Code.NO_SUCH_STATUS: "No HTTP status matches this.",
    Code.NO_SUCH_LABEL: "The series have no such label.",
    Code.QUANTILE_WITHOUT_LE: "The quantile needs the label le, and it is summed away.",
    Code.QUANTILE_OUT_OF_RANGE: "A quantile lies between 0 and 1 (0.95 is the 95th percentile).",
    Code.QUANTILE_INPUT: "The quantile needs the rate of all the histogram's buckets.",
    Code.THRESHOLD_NO_BUCKET: "The threshold is no bucket of the histogram, so nothing is found.",
    Code.BETWEEN_THRESHOLDS: "This is the share between two thresholds, neither good nor bad.",
    Code.RANGE_TOO_SHORT: "The range is shorter than two scrapes, so it holds nothing to compare.",
    Code.RANGE_VECTOR: "This is a range of samples, and a panel can't draw it.",
    Code.SERIES_AVERAGED: (
        "The two sides are averaged over different numbers of series: sum them instead."
    ),
    Code.SUM_OF_RATIOS: "This adds up shares (or quantiles): the sum is no share any more.",
    Code.CONSTANT_ADDED: "The constant that is added changes the ratio.",
    Code.ODD_SCALE: "The scale is odd: a share runs from 0 to 1 or to 100, a time is in s or ms.",
    Code.DISTORTED: "What this calculates is neither a share of requests nor a time.",
    Code.ROUNDED_AWAY: "Rounded like this, hardly anything of the value is left.",
    Code.CONDITION: "This tells whether a condition holds; it hides the value itself.",
    Code.GAUGE_FUNCTION: "This function is made for gauges; counters need rate or increase.",
    Code.SURPRISE: "On a day that we invented it did not show what happened.",
    Code.UNTRIED: "This can't be checked now.",
    Code.UNPARSED: (
        "The check can't analyse this query; if it runs, it counts when you confirm what it shows."
    ),
    Code.INVALID: "Prometheus refuses this query.",
    Code.NO_QUERY: "This panel has no Prometheus query.",
    Code.HIDDEN: "The panel's queries are hidden.",
    Code.OTHER_DATASOURCE: "This panel asks another data source than Prometheus.",
    Code.NO_SUCH_DATASOURCE: "This asks a data source that isn't there, so nothing is drawn.",
    Code.DATASOURCE_PLACEHOLDER: "This names no data source yet, so nothing is drawn.",
    Code.OTHER_PROMETHEUS: "This asks another Prometheus than the lab's.",
    Code.SILENT_DATASOURCE: "This asks a data source that doesn't answer, so nothing is drawn.",
    Code.LIBRARY_PANEL: "This library panel's queries are not here.",
    Code.REPEATED_COPY: "This is a copy that Grafana made of a repeated panel.",
    Code.NOT_DRAWN: "The panel draws none of the queries that are in it.",
    Code.REDUCED: (
        "The panel doesn't show the value but what is calculated from it: a number, a sum, a range."
    ),
    Code.UNSURE: (
        "The check can't tell what the panel makes of this query; it counts when you confirm it."
    ),
}

ADVICE: dict[Code, str] = {
    Code.RAW_COUNTER: "Ask how fast it grows first, with rate().",
    Code.REQUEST_RATE: "Which share of these requests went well?",
    Code.ERROR_RATE: "Ten failures are few among a million requests: compare with all of them.",
    Code.CLIENT_ERRORS_ONLY: "Which statuses mean that the service failed its user?",
    Code.AVERAGE_LATENCY: "The histogram knows more than its sum: look at its buckets.",
    Code.RAW_BUCKETS: "Which share of the requests is faster than a threshold of yours?",
    Code.OTHER_METRIC: f"The lab's metrics are {REQUESTS} and {DURATIONS}.",
    Code.INVERTED_RATIO: "A share is the part divided by the whole.",
    Code.DIFFERENT_EVENTS: "Let both sides pick the same requests; only the status may differ.",
    Code.DIVIDED_BY_ITSELF: "Sum each side before you divide.",
    Code.LABELS_NEVER_MATCH: "Let both sides keep the same labels.",
    Code.QUANTILE_WITHOUT_LE: "Keep le when you sum.",
    Code.THRESHOLD_NO_BUCKET: "Take one of the histogram's own thresholds.",
    Code.RANGE_TOO_SHORT: "Take a range of four scrapes or more.",
    Code.CONDITION: "Drop the comparison to see the value all the time.",
}


class Measure(StrEnum):
    """What the number of a panel says."""

    GOOD = "good"
    BAD = "bad"
    BUDGET_LEFT = "budget_left"
    QUANTILE = "quantile"


@dataclass(frozen=True)
class Comparison:
    """``value op bound`` as it stands around the SLI; ``bound`` None: no constant."""

    op: str
    bound: float | None


@dataclass(frozen=True)
class Indicator:
    """An expression reduced to the SLI it shows.

    ``scale``: what stands for "all requests": 1 (ratio), 100 (percent), 1/(1 - objective) (burn
    rate); for a quantile the factor from seconds (1000: milliseconds). ``statuses``: the ones that
    count as bad. ``thresholds`` and ``windows_s``: seconds, ascending. ``quantile``: 0..1.
    ``scope``: the matchers besides status and ``le``; ``labels``: the labels the result keeps.
    ``whole``: of a budget that is left what stands for all of it, 1 or 100.
    """

    sli: Sli
    measure: Measure
    scale: float = 1.0
    statuses: frozenset[int] = frozenset()
    thresholds: tuple[float, ...] = ()
    quantile: float | None = None
    scope: tuple[Matcher, ...] = ()
    windows_s: tuple[float, ...] = ()
    offset_s: float = 0.0
    labels: frozenset[str] = frozenset()
    comparisons: tuple[Comparison, ...] = ()
    whole: float = 1.0


@dataclass(frozen=True)
class Finding:
    """The verdict on one expression; ``indicator`` is set exactly when ``sli`` is.

    ``days``: on so many it was tried, ``surprising`` of them it did not show what happened.
    """

    sli: Sli | None
    code: Code
    reason: str
    advice: str = ""
    indicator: Indicator | None = None
    days: int = field(default=0, compare=False)
    surprising: int = field(default=0, compare=False)


def nothing(code: Code, detail: str = "") -> Finding:
    """A finding that shows no SLI; the detail names what was seen."""
    reason = f"{REASONS[code]} {detail}".strip()
    return Finding(None, code, reason, ADVICE.get(code, ""))
