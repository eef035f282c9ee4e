"""One comparison: an SLI with a limit, or why it is none."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from portal.numbers import exact, number
from portal.promql import statuses
from portal.promql.context import Context
from portal.promql.evaluate import BUSIEST, evaluate
from portal.promql.events import CountedEvents, EventKind, Linear
from portal.promql.findings import ADVICE, REASONS, Code
from portal.promql.functions import TREND
from portal.promql.interpret import interpret
from portal.promql.nodes import FLIPPED, Binary, Call, Expr, Matching, Selector, Text, walk
from portal.promql.reading import RatioReading, Shape
from portal.promql.values import Opaque, Quantile, Quantity, Value
from portal.tie.codes import TieCode
from portal.tie.conditions import (
    EPSILON,
    WHOLE_SERVICE,
    Always,
    Condition,
    ErrorRatio,
    EventSource,
    Never,
    Tail,
    Unclear,
    both,
    counts_all,
    either,
    negated,
    settled,
)
from portal.trial.retelling import CLOCK, NOW

UNDIVIDED = EventSource()
BY_DATE = (
    "it looks at the clock alone, so it fires at some times of day or on some dates, whatever the "
    "service does"
)
NO_LIMIT = "nothing in it is compared with a limit, so it fires on any result, 0 too"
_COUNTS = frozenset(
    {EventKind.REQUESTS, EventKind.COUNT, EventKind.BUCKET, EventKind.SECONDS, EventKind.NATIVE}
)


def present(expr: Expr, context: Context) -> Condition:
    """A value without a comparison: does it exist all the time?"""
    value = evaluate(expr, context)
    match value:
        case Opaque(code=Code.CONSTANT) if value.detail and not isinstance(expr, Text):
            return Always(NO_LIMIT, needs=frozenset(), bare=True)
        case Opaque():
            return _opaque(value)
        case Quantity() if value.constant is not None:
            return Always("it is a constant", needs=frozenset())
    events = frozenset(_events(value))
    flawed = _flawed(events)
    if flawed is not None:
        return flawed
    if all(event.kind in _COUNTS for event in events):
        return Always(NO_LIMIT, guard=True, needs=events, bare=True)
    if _are_up(events):
        return Always(NO_LIMIT, guard=True, bare=True)
    return Unclear(TieCode.NOT_AN_SLI, interpret(value).reason)


def compared(
    expr: Expr, context: Context, op: str, limit: float, parts: EventSource = UNDIVIDED
) -> Condition:
    """``expr op limit`` as a condition on an SLI, if it is one.

    ``parts`` tells how the SLI was split and put together again on the way.
    """
    if (clock := _clock(expr)) is not None:
        return clock
    value = evaluate(expr, context)
    same = _the_same(expr, value, context)
    if same is None:
        found = _beyond_buckets(value, op, limit, context) or _compared(value, op, limit)
    else:
        found = compared_numbers(same, op, limit)
    if isinstance(found, ErrorRatio | Tail):
        return replace(found, source=found.source.joined(parts))
    return replace(found, needs=None) if isinstance(found, Always) and parts.folds else found


def _clock(expr: Expr) -> Condition | None:
    """What a comparison of the clock alone says; the trial knows whether it holds at any time."""
    called = {node.function for node in walk(expr) if isinstance(node, Call)}
    if any(isinstance(node, Selector) for node in walk(expr)) or not called & (CLOCK | NOW):
        return None
    if called & CLOCK or _is_folded(expr):
        return Unclear(TieCode.NOT_AN_SLI, BY_DATE)
    return Always("it compares the time, which only goes on, whatever the service does")


def _is_folded(expr: Expr) -> bool:
    """Whether the time is brought back to a day or a week: it comes again."""
    return any(isinstance(node, Binary) and node.op == "%" for node in walk(expr))


def _beyond_buckets(value: Value, op: str, limit: float, context: Context) -> Never | None:
    """A quantile that lies in the last bucket is told as the bucket's lower bound."""
    bounds = [float(bound) for bound in context.buckets if bound != "+Inf"]
    if not isinstance(value, Quantile) or not 0 <= value.phi <= 1 or not bounds:
        return None
    greatest = max(bounds) * value.factor
    if value.factor <= 0 or not (op == ">" and limit >= greatest):
        return None
    return Never(
        f"a quantile is never above the last finite bucket, {exact(max(bounds))} s: what takes "
        "longer counts as just that"
    )


def compared_flows(
    part: Expr, whole: Expr, matching: Matching, context: Context, op: str
) -> Condition | None:
    """``part op whole`` as a condition on ``part / whole``; None when that is no SLI."""
    sides = [evaluate(side, context) for side in (part, whole)]
    if not all(isinstance(side, Quantity) and side.is_sum for side in sides):
        return None
    value = evaluate(Binary("/", part, whole, matching), context)
    found = _compared(value, op, 1.0)
    return None if isinstance(found, Unclear) else found


def _compared(value: Value, op: str, limit: float) -> Condition:
    match value:
        case Opaque():
            return _opaque(value)
        case Quantile():
            return _tail(value, op, limit)
    if value.constant is not None:
        return Unclear(TieCode.NOT_AN_SLI, "what it compares does not follow the requests")
    flawed = _flawed(_events(value))
    if value.is_sum:
        return flawed or _sum(value, op, limit)
    outcome = RatioReading(value).outcome
    if isinstance(outcome, Opaque):
        return flawed or _odds(value, outcome, op, limit) or _opaque(outcome)
    return flawed or _ratio(value, outcome, op, limit)


def _odds(value: Quantity, outcome: Opaque, op: str, limit: float) -> Condition | None:
    """``bad / good > k`` says the same as ``bad / (bad + good) > k / (1 + k)``."""
    if outcome.code is not Code.NOT_PART_OF_TOTAL or value.num.const or value.den.const:
        return None
    above, below = (max(map(abs, side.terms.values())) for side in (value.num, value.den))
    num, odds = value.num.times(1 / above), limit * below / above
    whole = replace(value, num=num, den=num.plus(value.den.times(1 / below)))
    shape = RatioReading(whole).outcome
    if isinstance(shape, Opaque) or not 0 <= odds < math.inf:
        return None
    return _ratio(whole, shape, op, odds / (1 + odds))


def _ratio(value: Quantity, shape: Shape, op: str, limit: float) -> Condition:
    """A line over the error ratio: ``good + (bad - good) × ratio op limit``, solved for it."""
    if shape.steps > 2:
        return Unclear(TieCode.NOT_AN_SLI, "an apdex has two thresholds, an SLO one")
    slope = shape.bad - shape.good
    ratio_limit = (limit - shape.good) / slope
    turned = op if slope > 0 else FLIPPED[op]
    return settled(ErrorRatio(shape, _source(value), turned, _snapped(ratio_limit)))


def _tail(value: Quantile, op: str, limit: float) -> Condition:
    flawed = _flawed([value.events])
    if flawed is not None:
        return flawed
    seconds = limit / value.factor
    if seconds <= EPSILON:
        if op in {">", ">=", "!="}:
            needs = frozenset({value.events})
            return Always("every request takes longer than that", needs=needs)
        return Never("no request is that fast")
    if op == "!=":
        return Always("a measured time is hardly ever exactly that")
    source = EventSource(frozenset({value.events}), value.labels)
    return Tail(value.phi, source, op, seconds)


def _sum(value: Quantity, op: str, limit: float) -> Condition:
    """Requests/s without a total: no SLI, though they are never below 0."""
    mixed = [weight for weight in value.num.terms.values() if weight < 0]
    if mixed or value.num.const < 0:
        return _difference(value, op, limit)
    if limit < -EPSILON or (abs(limit) <= EPSILON and op in {">=", "<"}):
        if op in {">", ">=", "!="}:
            needs = frozenset(value.num.terms)
            return Always("a count of requests is never below 0", needs=needs)
        return Never("a count of requests is never below 0")
    if abs(limit) <= EPSILON and op in {">", "!="} and _sees_good_requests(value):
        whole = all(counts_all(event) for event in value.num.terms)
        why = "every request counts, the good ones too"
        return Always(why, guard=True, needs=frozenset(value.num.terms) if whole else None)
    return _well(value, op, limit) or Unclear(TieCode.NOT_AN_SLI, interpret(value).reason)


def _well(value: Quantity, op: str, limit: float) -> Always | None:
    """A comparison that holds while targets are up and no request fails."""
    unit = 1.0 if _are_up(value.num.terms) else 0.0
    if not unit and not all(_fails(event) for event in value.num.terms):
        return None
    number = (unit * sum(value.num.terms.values()) + value.num.const) / value.den.const
    if not isinstance(compared_numbers(number, op, limit), Always):
        return None
    return Always("`up` is 1 then" if unit else "no request fails then")


def _are_up(events: Iterable[CountedEvents]) -> bool:
    return all(
        event.metric == "up" and {matcher.label for matcher in event.scope} <= WHOLE_SERVICE
        for event in events
    )


def _fails(event: CountedEvents) -> bool:
    return bool(event.stages) and event.statuses <= statuses.SERVER_ERRORS


def _difference(value: Quantity, op: str, limit: float) -> Condition:
    """``bad - 0.01 * total > 0`` says the same as ``bad / total > 0.01``."""
    wholes = [event for event in value.num.terms if counts_all(event)]
    if wholes and abs(limit) <= EPSILON and not value.num.const:
        ratio = replace(value, num=value.num.times(1 / value.den.const), den=Linear({wholes[0]: 1}))
        found = _compared(ratio, op, 0.0)
        if not isinstance(found, Unclear):
            return found
    return Unclear(TieCode.NOT_AN_SLI, "it compares counts of requests, not a share of them")


def _sees_good_requests(value: Quantity) -> bool:
    return any(200 in event.statuses and event.kind in _COUNTS for event in value.num.terms)


def compared_numbers(value: float, op: str, limit: float) -> Condition:
    """A comparison that is decided beforehand."""
    equal = abs(value - limit) <= EPSILON
    holds = {
        ">": value > limit and not equal,
        ">=": value > limit or equal,
        "<": value < limit and not equal,
        "<=": value < limit or equal,
        "==": equal,
        "!=": not equal,
    }[op]
    if holds:
        why = f"it compares a constant: {number(value, 6)} {op} {number(limit, 6)}"
        return Always(why, needs=frozenset())
    return Never(f"it compares a constant: {number(value, 6)} is never {op} {number(limit, 6)}")


def of_truth(arms: list[Condition], op: str, number: float) -> Condition:
    """What ``(a > bool x) + (b > bool y) op number`` asks of the comparisons added up."""
    enough = [count for count in range(len(arms) + 1) if holds(count, op, number)]
    if not enough:
        return Never("a comparison with `bool` is 0 or 1, and neither meets the limit")
    if len(enough) > len(arms):
        return Always("a comparison with `bool` is 0 or 1, and both meet the limit")
    if enough == list(range(1, len(arms) + 1)):
        return either(*arms)
    if enough == [len(arms)]:
        return both(*arms)
    if enough == [0] and len(arms) == 1 and (opposite := negated(arms[0])) is not None:
        return opposite
    return Unclear(TieCode.NOT_AN_SLI, "it counts how many comparisons hold")


def holds(value: float, op: str, limit: float) -> bool:
    """Whether ``value op limit`` is true."""
    return {
        ">": value > limit,
        ">=": value >= limit,
        "<": value < limit,
        "<=": value <= limit,
        "==": value == limit,
        "!=": value != limit,
    }[op]


def _the_same(expr: Expr, value: Value, context: Context) -> float | None:
    """The number that ``all / all`` is: the same requests over the same time on both sides."""
    if not (isinstance(expr, Binary) and expr.op == "/" and isinstance(value, Quantity)):
        return None
    sides = [evaluate(side, context) for side in (expr.left, expr.right)]
    if not all(isinstance(side, Quantity) and side.is_sum for side in sides):
        return None
    num, den = value.num, value.den
    if set(num.terms) != set(den.terms) or num.const or den.const or not num.terms:
        return None
    quotients = [weight / den.terms[event] for event, weight in num.terms.items()]
    return quotients[0] if max(quotients) - min(quotients) <= EPSILON else None


def _opaque(value: Opaque) -> Condition:
    if value.code is Code.LABELS_NEVER_MATCH:
        return Never(_sentence(value))
    if value.code is Code.THRESHOLD_NO_BUCKET:
        return Unclear(TieCode.OTHER_THRESHOLD, _sentence(value))
    if value.code is Code.INVERTED_RATIO:
        return Unclear(TieCode.INVERTED, _sentence(value))
    if value.code is Code.CONSTANT and not value.detail:
        return Always("it is a constant")
    return Unclear(TieCode.NOT_AN_SLI, _sentence(value), _is_firm(value))


def _is_firm(value: Opaque) -> bool:
    """Whether it depends on what is the same on all days that alerts are tried on.

    That is how many series there are, how requests are spread over them, and that nothing changes.
    """
    if value.code is Code.UNRELATED:
        return value.detail == BUSIEST
    return value.code is Code.SERIES_AVERAGED or value.detail == TREND


def _sentence(value: Opaque) -> str:
    parts = (REASONS.get(value.code, ""), value.detail, ADVICE.get(value.code, ""))
    return " ".join(part for part in parts if part)


def _flawed(events: Iterable[CountedEvents]) -> Unclear | None:
    """A selector that finds nothing, or a range that is too short, spoils the whole value."""
    for event in events:
        if event.flaw is not None:
            found = _opaque(Opaque(event.flaw.code, event.flaw.detail))
            return found if isinstance(found, Unclear) else None
    return None


def _events(value: Quantity | Quantile) -> Iterable[CountedEvents]:
    if isinstance(value, Quantile):
        return [value.events]
    return [*value.num.terms, *value.den.terms]


def _source(value: Quantity) -> EventSource:
    return EventSource(frozenset(_events(value)), value.labels)


def _snapped(limit: float) -> float:
    """The limit without float dust around 0 and 1."""
    for whole in (0.0, 1.0):
        if abs(limit - whole) <= EPSILON:
            return whole
    return limit
