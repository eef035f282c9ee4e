"""What PromQL's functions do to the normal form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import isinf
from typing import Protocol

from portal.numbers import exact
from portal.promql.context import Context
from portal.promql.events import CountedEvents, EventKind, Flaw, Linear, Reader
from portal.promql.findings import Code
from portal.promql.interpret import sum_code
from portal.promql.nodes import Call, Expr, Selector, Subquery, Text
from portal.promql.reading import RatioReading
from portal.promql.values import Opaque, Quantile, Quantity, Value, constant

KEEPS_SHARE = frozenset(
    {"avg_over_time", "min_over_time", "max_over_time", "last_over_time", "quantile_over_time"}
)
GAUGE = frozenset(
    {"delta", "idelta", "deriv", "predict_linear", "holt_winters", "double_exponential_smoothing"}
)
TREND = "It tells how fast the value changes, or where it may go, not what it is."
CONSTANT = frozenset(
    {
        "time",
        "pi",
        "minute",
        "hour",
        "day_of_week",
        "day_of_month",
        "day_of_year",
        "days_in_month",
        "month",
        "year",
    }
)
ORDER = frozenset({"sort", "sort_desc", "sort_by_label", "sort_by_label_desc"})
ABSENT = frozenset({"absent", "absent_over_time", "present_over_time"})
DEFAULT_STEP_S = 15.0
MAX_RATE_STEP = 0.1
"""Requests per second; a coarser rounding swallows rare failures."""
MAX_FLOOR = 1.0
"""The highest floor (requests, or requests per second) that only guards against 0/0."""
RATE_OF_SUM = "Take the rate first and the sum after it: a restart looks like a jump otherwise."


class Reducer(Protocol):
    """What evaluates a call's arguments: ``portal.promql.evaluate``, which knows the functions."""

    @property
    def context(self) -> Context:
        """The lab that the expression is read for."""

    @property
    def reader(self) -> Reader:
        """Reads selectors."""

    def value(self, expr: Expr) -> Value:
        """The normal form of an expression."""

    def selected(self, selector: Selector) -> Value:
        """The series of a selector, or what the recording rule of that name holds."""

    def mapped(self, value: Value, change: Callable[[CountedEvents], CountedEvents]) -> Value:
        """The value with every event set changed."""


def call(evaluator: Reducer, node: Call) -> Value:
    """The value of a function call."""
    name = node.function
    if name in {"rate", "irate", "increase"}:
        return _rate(evaluator, node)
    if name.endswith("_over_time") and name not in ABSENT:
        return _over_time(evaluator, node)
    if name in ABSENT:
        return Opaque(Code.ABSENCE)
    if name in CONSTANT:
        return Opaque(Code.CONSTANT, f"It is {name}().")
    if name in GAUGE:
        return _trend(evaluator, node)
    handler = HANDLERS.get(name)
    if handler is not None and node.args:
        return handler(evaluator, node)
    inner = _first(evaluator, node)
    if isinstance(inner, Opaque) and inner.code is not Code.RANGE_VECTOR:
        return inner
    return Opaque(Code.DISTORTED, f"It uses {name}.", inner.labels)


def _trend(evaluator: Reducer, node: Call) -> Opaque:
    """A function for gauges: of a counter it is a mistake, of a share another thing."""
    ranged = node.args[0] if node.args else None
    inner = evaluator.value(ranged.expr) if isinstance(ranged, Subquery) else Opaque(Code.CONSTANT)
    if not isinstance(inner, Opaque):
        return Opaque(Code.DISTORTED, TREND, inner.labels)
    return Opaque(Code.GAUGE_FUNCTION, f"It is {node.function}.")


def _first(evaluator: Reducer, node: Call) -> Value:
    values = [evaluator.value(arg) for arg in node.args if not isinstance(arg, Text)]
    return values[0] if values else Opaque(Code.CONSTANT)


def _number(evaluator: Reducer, node: Call, index: int) -> float | None:
    if len(node.args) <= index:
        return None
    value = evaluator.value(node.args[index])
    return value.constant if isinstance(value, Quantity) else None


# Ranges


def _rate(evaluator: Reducer, node: Call) -> Value:
    if not node.args:
        return Opaque(Code.RANGE_VECTOR)
    inner, range_s, too_short = _ranged(evaluator, node.args[0])
    if isinstance(inner, Opaque):
        return inner
    if isinstance(inner, Quantile) or not inner.is_sum:
        return Opaque(Code.DISTORTED, f"It takes the {node.function} of a share.", inner.labels)
    if any(events.stages for events in inner.num.terms):
        return Opaque(Code.DISTORTED, "It takes the rate of a rate.", inner.labels)
    flaw = Flaw(Code.RANGE_TOO_SHORT, f"It is {exact(range_s)} s long.") if too_short else None
    rated = inner.num.mapped(
        (_rated(events, node.function, range_s, flaw), _weight(node.function, weight, range_s))
        for events, weight in inner.num.terms.items()
    )
    if len(inner.labels) < 2 or isinstance(node.args[0], Subquery):
        return replace(inner, num=rated).advised(RATE_OF_SUM)
    return replace(inner, num=rated)


def _rated(
    events: CountedEvents, function: str, range_s: float, flaw: Flaw | None
) -> CountedEvents:
    stage = ("irate", 0.0) if function == "irate" else ("rate", range_s)
    return replace(events.staged(*stage, function), flaw=events.flaw or flaw)


def _weight(function: str, weight: float, range_s: float) -> float:
    """``increase`` is the rate times the range: in one unit both can be told apart and compared."""
    return weight * range_s if function == "increase" else weight


def _ranged(evaluator: Reducer, arg: Expr) -> tuple[Value, float, bool]:
    """The value in a range, the range in seconds, and whether it is too short for a rate."""
    if isinstance(arg, Selector) and arg.range_s is not None:
        value = evaluator.selected(replace(arg, range_s=None))
        return value, arg.range_s, arg.range_s < 2 * evaluator.context.scrape_interval_s
    if isinstance(arg, Subquery):
        step = arg.step_s or DEFAULT_STEP_S
        value = evaluator.value(arg.expr)
        shift = (arg.offset_s, arg.at)
        moved = evaluator.mapped(value, lambda events: _shifted(events, shift))
        return moved, arg.range_s, arg.range_s < 2 * step
    return Opaque(Code.RANGE_VECTOR), 0.0, False


def _shifted(events: CountedEvents, shift: tuple[float, str | None]) -> CountedEvents:
    return replace(events, offset=(events.offset[0] + shift[0], shift[1] or events.offset[1]))


def _over_time(evaluator: Reducer, node: Call) -> Value:
    inner, range_s, _ = _ranged(evaluator, node.args[-1])
    name = node.function
    if isinstance(inner, Opaque):
        return inner
    if isinstance(inner, Quantity) and inner.constant is not None:
        return inner
    if isinstance(inner, Quantity) and inner.is_sum:
        return _sum_over_time(name, inner, range_s)
    if name in KEEPS_SHARE:
        return inner
    if name == "sum_over_time":
        return Opaque(Code.SUM_OF_RATIOS, labels=inner.labels)
    return Opaque(Code.DISTORTED, f"It uses {name}.", inner.labels)


def _sum_over_time(name: str, inner: Quantity, range_s: float) -> Value:
    if name == "last_over_time":
        return inner
    raw = any(not events.stages for events in inner.num.terms)
    if raw or name not in {"avg_over_time", "sum_over_time"}:
        return Opaque(sum_code(inner), labels=inner.labels)
    staged = ((e.staged(name, range_s), w) for e, w in inner.num.terms.items())
    return replace(inner, num=inner.num.mapped(staged))


# Histograms


def _quantile(evaluator: Reducer, node: Call) -> Value:
    if len(node.args) != 2:
        return Opaque(Code.QUANTILE_INPUT)
    phi, inner = _number(evaluator, node, 0), evaluator.value(node.args[1])
    if isinstance(inner, Opaque):
        return inner
    if phi is None or not 0 < phi < 1:
        seen = "is not a number" if phi is None else f"is {exact(phi)}"
        return Opaque(Code.QUANTILE_OUT_OF_RANGE, f"Here it {seen}.")
    if isinstance(inner, Quantile) or not inner.is_sum:
        return Opaque(Code.QUANTILE_INPUT)
    return _quantile_of(phi, inner)


def _quantile_of(phi: float, inner: Quantity) -> Value:
    kinds = {events.kind for events in inner.num.terms}
    if not kinds <= {EventKind.BUCKET, EventKind.NATIVE}:
        other = kinds & {EventKind.OTHER, EventKind.ERRORS}
        return Opaque(sum_code(inner) if other else Code.QUANTILE_INPUT)
    if any(comparison.bound is None for comparison in inner.comparisons):
        return Opaque(Code.CONDITION)
    if len({(e.scope, e.stages, e.offset) for e in inner.num.terms}) > 1:
        return Opaque(Code.DIFFERENT_EVENTS)
    events = next(iter(inner.num.terms))
    if not events.stages:
        return Opaque(Code.RAW_BUCKETS, "Nothing takes their rate.")
    if events.kind is EventKind.BUCKET and "le" not in inner.labels:
        return Opaque(Code.QUANTILE_WITHOUT_LE)
    whole = "+Inf" in events.le and len(events.le) > 1
    if events.kind is EventKind.BUCKET and not whole and events.flaw is None:
        return Opaque(Code.QUANTILE_INPUT, "Some of the buckets are left out.")
    return Quantile(phi, events, labels=inner.labels - {"le"}, advice=inner.advice)


def _fraction(evaluator: Reducer, node: Call) -> Value:
    """``histogram_fraction(0, threshold, rate(native))`` is a bucket share, and so is its rest."""
    low, high = _number(evaluator, node, 0), _number(evaluator, node, 1)
    inner = evaluator.value(node.args[-1])
    if not isinstance(inner, Quantity) or not inner.is_sum or low is None or high is None:
        return inner if isinstance(inner, Opaque) else Opaque(Code.QUANTILE_INPUT)
    events = next(iter(inner.num.terms))
    if events.kind is not EventKind.NATIVE or not events.stages:
        return Opaque(Code.BETWEEN_THRESHOLDS if events.stages else Code.QUANTILE_INPUT)
    total = Linear({replace(events, kind=EventKind.COUNT): 1.0})
    if low <= 0 and isinf(high) and high > 0:
        return Opaque(Code.ALWAYS_THE_SAME)
    if low <= 0 < high:
        return replace(inner, num=_below(events, high), den=total)
    if low > 0 and isinf(high) and high > 0:
        return replace(inner, num=total.plus(_below(events, low), -1.0), den=total)
    return Opaque(Code.BETWEEN_THRESHOLDS)


def _below(events: CountedEvents, bound: float) -> Linear:
    """The requests of a native histogram that take no longer than the bound."""
    return Linear({replace(events, kind=EventKind.BUCKET, le=(repr(bound),)): 1.0})


def _native(kind: EventKind) -> Callable[[Reducer, Call], Value]:
    def handle(evaluator: Reducer, node: Call) -> Value:
        inner = evaluator.value(node.args[-1])
        if not isinstance(inner, Quantity) or not inner.is_sum:
            return inner if isinstance(inner, Opaque) else Opaque(Code.QUANTILE_INPUT)
        terms = ((replace(e, kind=kind), w) for e, w in inner.num.terms.items())
        return replace(inner, num=inner.num.mapped(terms))

    return handle


# Everything that leaves a share what it is


def _same(evaluator: Reducer, node: Call) -> Value:
    return evaluator.value(node.args[0])


def _relabelled(evaluator: Reducer, node: Call) -> Value:
    inner = evaluator.value(node.args[0])
    if isinstance(inner, Quantity) and len(node.args) > 1 and isinstance(node.args[1], Text):
        return replace(inner, labels=inner.labels | {evaluator.reader.label(node.args[1].value)})
    return inner


def _scalar(evaluator: Reducer, node: Call) -> Value:
    inner = evaluator.value(node.args[0])
    if isinstance(inner, Quantity):
        return replace(inner, labels=frozenset(), scalar=True)
    return inner


def _vector(evaluator: Reducer, node: Call) -> Value:
    inner = evaluator.value(node.args[0])
    return replace(inner, scalar=False) if isinstance(inner, Quantity) else inner


def _rounded(evaluator: Reducer, node: Call) -> Value:
    inner = evaluator.value(node.args[0])
    step = _number(evaluator, node, 1) if len(node.args) > 1 else 1.0
    if isinstance(inner, Opaque) or step is None:
        return inner
    if isinstance(inner, Quantity) and inner.is_sum and step > MAX_RATE_STEP:
        rates = any(e.function != "increase" and e.stages for e in inner.num.terms)
        return Opaque(Code.ROUNDED_AWAY, f"The step is {exact(step)}.") if rates else inner
    if isinstance(inner, Quantity) and (inner.constant is not None or inner.is_sum):
        return inner
    full = inner.factor if isinstance(inner, Quantile) else _full_scale(inner)
    if full is not None and step > 0.25 * full:
        return Opaque(Code.ROUNDED_AWAY, f"The step is {exact(step)}.", inner.labels)
    return inner


def _full_scale(value: Quantity) -> float | None:
    shape = RatioReading(value).shape()
    return None if shape is None else abs(shape.good - shape.bad)


def _clamped(evaluator: Reducer, node: Call) -> Value:
    inner = evaluator.value(node.args[0])
    if not isinstance(inner, Quantity) or inner.constant is not None:
        return inner
    low, high = -float("inf"), float("inf")
    if node.function in {"clamp", "clamp_min"}:
        low = _or(_number(evaluator, node, 1), low)
    if node.function in {"clamp", "clamp_max"}:
        high = _or(_number(evaluator, node, len(node.args) - 1), high)
    if inner.is_sum:
        bent = low > MAX_FLOOR or high < float("inf")
        return Opaque(Code.DISTORTED, f"It uses {node.function}.", inner.labels) if bent else inner
    full = _full_scale(inner)
    if full is not None and (low >= full or high <= 0 or low >= high):
        return constant(low if low >= full else high, scalar=False)
    return inner


def _or(number: float | None, otherwise: float) -> float:
    return otherwise if number is None else number


HANDLERS: dict[str, Callable[[Reducer, Call], Value]] = {
    "histogram_quantile": _quantile,
    "histogram_fraction": _fraction,
    "histogram_count": _native(EventKind.COUNT),
    "histogram_sum": _native(EventKind.SECONDS),
    "histogram_avg": lambda _evaluator, _node: Opaque(Code.AVERAGE_LATENCY),
    "label_replace": _relabelled,
    "label_join": _relabelled,
    "scalar": _scalar,
    "vector": _vector,
    "round": _rounded,
    "floor": _rounded,
    "ceil": _rounded,
    "clamp": _clamped,
    "clamp_min": _clamped,
    "clamp_max": _clamped,
    "abs": _same,
    **dict.fromkeys(ORDER, _same),
}
