"""How an SLI was split and put together again on its way to a comparison: by path, over time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

from portal.promql.context import Context, RecordingRule
from portal.promql.evaluate import evaluate
from portal.promql.nodes import Aggregation, Binary, Call, Expr, Negation, Selector, Subquery
from portal.promql.values import Quantity
from portal.tie.conditions import EventSource

MAX_DEPTH = 60
RULE_STEP = 8
"""How much deeper a recording rule counts: rules that name each other twice grow fast."""
Rules = Callable[[Selector], list[RecordingRule]]
Parse = Callable[[str], Expr | None]


@dataclass(frozen=True)
class Parts:
    """Tells the parts of a ratio; ``rules`` finds what a recorded series is made of."""

    context: Context
    rules: Rules
    parse: Parse

    def of(self, expr: Expr, depth: int = 0) -> EventSource:
        """The labels by which a ratio is split, and what ``max`` or an average makes of that."""
        if depth > MAX_DEPTH:
            return EventSource()
        match expr:
            case Aggregation():
                return self._aggregation(expr).joined(self.of(expr.expr, depth + 1))
            case Binary():
                return self.of(expr.left, depth + 1).joined(self.of(expr.right, depth + 1))
            case Call(args=args):
                found = (self.of(arg, depth + 1) for arg in args)
                return reduce(EventSource.joined, found, EventSource(folds=folds(expr)))
            case Subquery() | Negation():
                return EventSource(folds=folds(expr)).joined(self.of(expr.expr, depth + 1))
            case Selector():
                rules = self.rules(expr)
                tree = self.parse(rules[0].expr) if rules else None
                return EventSource() if tree is None else self.of(tree, depth + RULE_STEP)
        return EventSource()

    def _aggregation(self, node: Aggregation) -> EventSource:
        value = evaluate(node.expr, self.context)
        if not isinstance(value, Quantity) or value.is_sum or not value.labels:
            return EventSource()
        return EventSource(split=value.labels, folds=folds(node))


def folds(expr: Expr) -> tuple[str, ...]:
    """What makes one value of several here, if anything does."""
    match expr:
        case Aggregation():
            return (f"{expr.op} by {expr.by} without {expr.without}",)
        case Subquery():
            return (f"[{expr.range_s}:{expr.step_s}] {expr.offset_s} {expr.at}",)
        case Call(function=function) if function.endswith("_over_time"):
            return (function,)
    return ()
