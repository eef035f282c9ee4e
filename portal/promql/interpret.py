"""From the normal form to the finding: which SLI, which code, which sentence."""

from __future__ import annotations

from dataclasses import replace

from portal.numbers import exact, exact_percent, number
from portal.promql import statuses
from portal.promql.events import CountedEvents, EventKind
from portal.promql.findings import Code, Comparison, Finding, Indicator, Measure, Sli, nothing
from portal.promql.reading import FLAWS, TIME_SCALES, RatioReading, Shape, measure, same
from portal.promql.values import Opaque, Quantile, Quantity, Value
from portal.words import listed

ONE_METRIC = "Better: count good and bad in one metric, with a label that tells them apart."
CODES = {Measure.GOOD: Code.GOOD_RATIO, Measure.BAD: Code.BAD_RATIO}


def interpret(value: Value) -> Finding:
    """The finding for an expression's normal form."""
    match value:
        case Opaque():
            return nothing(value.code, value.detail)
        case Quantile():
            return _checked(_quantile(value), [value.events])
        case Quantity() if value.constant is not None or value.num.is_constant:
            number = value.constant is not None or not value.num.const
            return nothing(Code.CONSTANT if number else Code.UNRELATED)
        case Quantity() if value.is_sum:
            return _sum(value)
    reading = RatioReading(value)
    if isinstance(reading.outcome, Opaque):
        return nothing(reading.outcome.code, reading.outcome.detail)
    return _checked(_ratio(value, reading, reading.outcome), reading.events)


def _checked(finding: Finding, events: list[CountedEvents]) -> Finding:
    """A finding stands only when its selectors find enough samples."""
    flaws = [e.flaw for e in events if e.flaw]
    if flaws and finding.indicator is not None:
        return nothing(flaws[0].code, flaws[0].detail)
    return finding


# Sums without a total


def _sum(value: Quantity) -> Finding:
    for events in value.num.terms:
        if events.flaw and events.flaw.code in FLAWS:
            return nothing(events.flaw.code, events.flaw.detail)
    code = sum_code(value)
    names = sorted({e.metric for e in value.num.terms if e.kind is EventKind.OTHER})
    detail = f"It is {', '.join(names)}." if code is Code.OTHER_METRIC and any(names) else ""
    return nothing(code, detail)


def sum_code(value: Quantity) -> Code:
    """Why events without a total are no SLI."""
    kinds = {events.kind for events in value.num.terms}
    raw = any(not events.stages for events in value.num.terms)
    if EventKind.OTHER in kinds:
        return Code.UP if {e.metric for e in value.num.terms} == {"up"} else Code.OTHER_METRIC
    if kinds & {EventKind.BUCKET, EventKind.NATIVE}:
        return Code.RAW_BUCKETS
    if raw:
        return Code.RAW_COUNTER
    if EventKind.SECONDS in kinds:
        return Code.TOTAL_TIME
    return _rate_code(value)


def _rate_code(value: Quantity) -> Code:
    counted = frozenset(
        status
        for status in (200, 500, *statuses.CLIENT_ERRORS, *statuses.SERVER_ERRORS)
        if sum(w for e, w in value.num.terms.items() if status in e.statuses) > 0
    )
    if 200 in counted or not counted:
        return Code.REQUEST_RATE
    return Code.CLIENT_ERRORS_ONLY if counted <= statuses.CLIENT_ERRORS else Code.ERROR_RATE


# SLIs


def _quantile(value: Quantile) -> Finding:
    scale = next((full for full in TIME_SCALES if same(value.factor, full)), None)
    if scale is None:
        return nothing(Code.ODD_SCALE, f"It is {number(value.factor)} times the seconds.")
    indicator = Indicator(
        Sli.LATENCY,
        Measure.QUANTILE,
        scale=scale,
        quantile=value.phi,
        labels=value.labels,
        comparisons=value.comparisons,
    )
    indicator = _located(indicator, [value.events])
    if _hides(value.comparisons, 0.0, float("inf")):
        return replace(nothing(Code.CONDITION), indicator=indicator)
    reason = f"Latency: {exact_percent(value.phi)} of the requests are faster than this."
    return Finding(Sli.LATENCY, Code.QUANTILE, reason, " ".join(value.advice), indicator)


def _ratio(value: Quantity, reading: RatioReading, shape: Shape) -> Finding:
    said = measure(shape, {events.function for events in reading.events})
    if isinstance(said, Code):
        return nothing(said)
    kind, scale = said
    indicator = Indicator(
        shape.sli,
        kind,
        scale,
        shape.bad_statuses,
        shape.thresholds,
        labels=value.labels,
        comparisons=value.comparisons,
        whole=shape.good if kind is Measure.BUDGET_LEFT else 1.0,
    )
    indicator = _located(indicator, reading.events)
    if _hides(value.comparisons, min(shape.good, shape.bad), max(shape.good, shape.bad)):
        return replace(nothing(Code.CONDITION), indicator=indicator)
    reason = _availability(shape, kind) if shape.sli is Sli.AVAILABILITY else _latency(shape, kind)
    return Finding(shape.sli, _code(shape, kind), reason, _advice(value, reading), indicator)


def _located(indicator: Indicator, events: list[CountedEvents]) -> Indicator:
    """The indicator with the requests it looks at: which, and over which time."""
    windows = {seconds for e in events for _, seconds in e.stages if seconds}
    return replace(
        indicator,
        scope=tuple(sorted(frozenset().union(*(e.scope for e in events)))),
        windows_s=tuple(sorted(windows)),
        offset_s=events[0].offset[0],
    )


def _code(shape: Shape, kind: Measure) -> Code:
    if kind is Measure.BUDGET_LEFT:
        return Code.BUDGET_LEFT
    if shape.sli is Sli.AVAILABILITY:
        return CODES[kind]
    return Code.APDEX if shape.steps > 2 else Code.BUCKET_SHARE


def _availability(shape: Shape, kind: Measure) -> str:
    good = shape.total - shape.bad_statuses
    what = {
        Measure.GOOD: "the share of requests that went well",
        Measure.BAD: "the share of requests that failed",
        Measure.BUDGET_LEFT: "how much of the error budget is left",
    }[kind]
    sentence = (
        f"Availability: {what}. {_counts(shape.bad_statuses)} as failed, "
        f"{statuses.spoken(good)} as good"
    )
    missing = statuses.ALL - shape.total
    left_out = f"; {statuses.spoken_with(missing, 'is', 'are')} left out" if missing else ""
    return f"{sentence}{left_out}."


def _counts(bad: frozenset[int]) -> str:
    return statuses.spoken_with(bad, "counts", "count")


def _latency(shape: Shape, kind: Measure) -> str:
    seconds = listed(exact(bound) for bound in shape.thresholds)
    if shape.steps > 2:
        return f"Latency: an apdex with the thresholds {seconds} s."
    speed = "slower" if kind is Measure.BAD else "faster"
    sentence = f"Latency: the share of requests that are {speed} than {seconds} s"
    if shape.bad_statuses:
        sentence += f" ({_counts(shape.bad_statuses)} as slow)"
    return f"{sentence}."


def _advice(value: Quantity, reading: RatioReading) -> str:
    own = (ONE_METRIC,) if EventKind.ERRORS in reading.kinds else ()
    return " ".join(dict.fromkeys((*value.advice, *own)))


def _hides(comparisons: tuple[Comparison, ...], low: float, high: float) -> bool:
    return any(not _harmless(comparison, low, high) for comparison in comparisons)


def _harmless(comparison: Comparison, low: float, high: float) -> bool:
    """A comparison that every real value passes, but for the bound itself (and NaN)."""
    bound = comparison.bound
    if bound is None:
        return False
    if comparison.op in {">", ">="}:
        return bound <= low
    if comparison.op in {"<", "<="}:
        return bound >= high
    return comparison.op == "!="
