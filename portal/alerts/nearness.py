"""How far an alert is from firing: what its expression compares now, beside the limit."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

from portal.clients.errors import ClientError
from portal.durations import duration
from portal.numbers import number, percent
from portal.promql.context import Context, RecordingRule, by_name
from portal.promql.evaluate import evaluate
from portal.promql.nodes import (
    COMPARISONS,
    FLIPPED,
    Aggregation,
    Binary,
    Call,
    Expr,
    Negation,
    Number,
    Selector,
    selectors,
)
from portal.promql.notation import written
from portal.promql.parser import ParseError, parse
from portal.promql.values import Quantity
from portal.rulefolder.rules import LoadedRule, LoadedState
from portal.services import Services
from portal.tie.analysis import contexts
from portal.tie.conditions import ErrorRatio, Tail
from portal.tie.expressions import Conditions, tree_of

MAX_COMPARISONS = 6
MAX_RULES = 5
EVALUATED = (LoadedState.INACTIVE, LoadedState.PENDING, LoadedState.FIRING)
NEEDS = {
    ">": "more than {}",
    ">=": "{} or more",
    "<": "less than {}",
    "<=": "{} or less",
    "==": "exactly {}",
    "!=": "another value than {}",
}


class ValueUnit(StrEnum):
    """What the compared number is."""

    SHARE = "share"
    SECONDS = "seconds"
    NUMBER = "number"


@dataclass(frozen=True)
class Nearness:
    """One comparison of an alert. ``value`` is None while there is nothing to compare.

    ``over_s``: the range that the value looks back over, in seconds; None where there are several.
    """

    value: float | None
    op: str
    limit: float
    unit: ValueUnit
    over_s: float | None = None

    @property
    def words(self) -> str:
        """``last 1 min: 13.3 % now, needs more than 14.4 %``."""
        over = f"last {duration(self.over_s)}: " if self.over_s else ""
        now = "no value" if self.value is None else self._said(self.value)
        return f"{over}{now} now, needs {NEEDS[self.op].format(self._said(self.limit))}"

    def _said(self, value: float) -> str:
        if self.unit is ValueUnit.SHARE:
            return percent(value)
        return f"{number(value)}{' s' if self.unit is ValueUnit.SECONDS else ''}"


RuleKey = tuple[str, str, str, str]


@dataclass(frozen=True)
class Outlook:
    """How near the alerts that are loaded are to firing."""

    known: Mapping[RuleKey, tuple[Nearness, ...]] = field(default_factory=dict)

    def of(self, rule: LoadedRule) -> tuple[Nearness, ...]:
        """Each limit in the rule's expression; none where nobody asked, or it can't be told."""
        return self.known.get(_key(rule), ())


def _key(rule: LoadedRule) -> RuleKey:
    return rule.file, rule.group, rule.name, rule.query


def outlook(
    services: Services, rules: Sequence[LoadedRule], records: Sequence[RecordingRule]
) -> Outlook:
    """How near each of the rules is that is evaluated; never raises."""
    evaluated = [rule for rule in rules if rule.state in EVALUATED]
    ask = [partial(nearness, services, rule.query, records) for rule in evaluated]
    found = services.learners_prometheus.side_by_side(ask)
    return Outlook(dict(zip(map(_key, evaluated), found, strict=True)))


def nearness(
    services: Services, query: str, records: Sequence[RecordingRule] = ()
) -> tuple[Nearness, ...]:
    """Each limit in an alert's expression with the present value before it; never raises.

    Empty where that can't be told. ``records`` are the recording rules that it may read.
    """
    ask = services.readings.get
    shared_s = services.limits.reading.alerts_s
    return ask(("nearness", query), shared_s, lambda: tuple(_found(services, query, records)))


def _found(services: Services, query: str, records: Sequence[RecordingRule]) -> Iterator[Nearness]:
    try:
        tree = parse(query)
        context = contexts(tree, by_name(records))[0]
        compared = [one for one in _comparisons(tree) if not _is_guard(one)]
        for one in compared[:MAX_COMPARISONS]:
            yield from _near(services, one, context)
    except (ParseError, ClientError, ValueError):
        return


def _comparisons(expr: Expr) -> Iterator[Binary]:
    """The comparisons that decide, each without those inside it."""
    match expr:
        case Binary(op=op, return_bool=False) if op in COMPARISONS:
            yield expr
        case Binary(op="unless"):
            yield from _comparisons(expr.left)
        case Binary():
            yield from _comparisons(expr.left)
            yield from _comparisons(expr.right)
        case Aggregation() | Negation():
            yield from _comparisons(expr.expr)
        case Call():
            for arg in expr.args:
                yield from _comparisons(arg)


def _is_guard(comparison: Binary) -> bool:
    """``requests > 0``: whether there is traffic at all."""
    return comparison.op in {">", "!="} and comparison.right == Number(0.0)


def _near(services: Services, comparison: Binary, context: Context) -> Iterator[Nearness]:
    measured, op, limit = comparison.left, comparison.op, comparison.right
    if not any(selectors(measured)):
        measured, op, limit = limit, FLIPPED[op], measured
    known = _constant(limit, context)
    if known is None:
        known = _number(services, limit, op)
    if known is not None:
        spans = {span for one in selectors(measured) for span in _spans(one, context)}
        yield Nearness(
            value=_number(services, measured, op, known),
            op=op,
            limit=known,
            unit=_unit(comparison, known, context),
            over_s=spans.pop() if len(spans) == 1 else None,
        )


def _constant(expr: Expr, context: Context) -> float | None:
    value = evaluate(expr, context)
    return value.constant if isinstance(value, Quantity) else None


def _number(services: Services, expr: Expr, op: str, limit: float | None = None) -> float | None:
    """The value now, of several the one nearest to the limit; None where there is no number."""
    found = [row.value for row in services.learners_prometheus.query(written(expr))]
    numbers = [value for value in found if math.isfinite(value)]
    if op == "==" and limit is not None:
        return min(numbers, key=lambda value: abs(value - limit), default=None)
    return (min if op in {"<", "<="} else max)(numbers, default=None)


def _unit(comparison: Binary, limit: float, context: Context) -> ValueUnit:
    """A share or a time, where the number stands in the expression as it was measured."""
    match Conditions(context).of(comparison):
        case ErrorRatio(limit=bad) if any(math.isclose(limit, one) for one in (bad, 1 - bad)):
            return ValueUnit.SHARE
        case Tail(limit=seconds) if math.isclose(limit, seconds):
            return ValueUnit.SECONDS
    return ValueUnit.NUMBER


def _spans(selector: Selector, context: Context, depth: int = 0) -> Iterator[float]:
    """The ranges that a selector looks back over; recording rules are followed."""
    if selector.range_s is not None:
        yield selector.range_s
        return
    for rule in Conditions(context).rules(selector)[:1]:
        tree = tree_of(rule.expr)
        if tree is not None and depth < MAX_RULES:
            for one in selectors(tree):
                yield from _spans(one, context, depth + 1)
