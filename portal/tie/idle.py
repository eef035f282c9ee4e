"""What an expression is worth while nobody sends a request.

Counters stand still then, so every rate is 0 and every ratio of rates 0/0, which is NaN. In
PromQL a comparison with NaN fails; in Grafana's expressions NaN goes on and counts as true.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass

from portal.promql.context import Context
from portal.promql.nodes import (
    COMPARISONS,
    Aggregation,
    Binary,
    Call,
    Expr,
    Negation,
    Number,
    Selector,
    Subquery,
)
from portal.shop import DURATIONS, REQUESTS
from portal.tie.expressions import MAX_DEPTH, Conditions, tree_of
from portal.tie.parts import RULE_STEP

Idle = float | None
"""A number (NaN too), or None for "no result at all"."""
Arithmetic = Callable[[float, float], float]
_OPERATIONS: dict[str, Arithmetic] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}
_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
_COUNTERS = (REQUESTS, DURATIONS)
_RATES = frozenset({"rate", "irate", "increase"})
_SAME = frozenset(
    {"abs", "scalar", "vector", "round", "ceil", "floor", "label_replace", "label_join"}
    | {"sort", "sort_desc", "avg_over_time", "min_over_time", "max_over_time", "last_over_time"}
)


class UnknownValueError(Exception):
    """Nobody can say what the expression is worth without traffic."""


@dataclass(frozen=True)
class IdleReader:
    """Computes values without traffic; recording rules are followed."""

    context: Context

    def of(self, expr: Expr, depth: int = 0) -> Idle:
        """The value of an expression; raises ``UnknownValueError``."""
        if depth > MAX_DEPTH:
            raise UnknownValueError
        match expr:
            case Number():
                return expr.value
            case Selector():
                return self._selector(expr, depth)
            case Subquery():
                return self.of(expr.expr, depth + 1)
            case Negation():
                inner = self.of(expr.expr, depth + 1)
                return None if inner is None else -inner
            case Aggregation():
                return self._aggregation(expr, depth)
            case Call():
                return self._call(expr, depth)
            case Binary():
                return self._binary(expr, depth)
        raise UnknownValueError

    def _selector(self, selector: Selector, depth: int) -> Idle:
        rules = Conditions(self.context).rules(selector)
        tree = tree_of(rules[0].expr) if rules else None
        if tree is None:
            raise UnknownValueError
        return self.of(tree, depth + RULE_STEP)

    def _aggregation(self, node: Aggregation, depth: int) -> Idle:
        inner = self.of(node.expr, depth + 1)
        if node.op in {"count", "group"}:
            return None if inner is None else 1.0
        if node.op in {"sum", "max", "min", "avg", "topk", "bottomk"}:
            return inner
        raise UnknownValueError

    def _call(self, call: Call, depth: int) -> Idle:
        if call.function in _RATES:
            return _standing_still(call)
        if call.function == "histogram_quantile":
            return self._quantile(call, depth)
        if call.function in {"clamp", "clamp_min", "clamp_max"}:
            return _clamped(call.function, [self.of(arg, depth + 1) for arg in call.args])
        if call.function in _SAME and call.args:
            return self.of(call.args[0], depth + 1)
        raise UnknownValueError

    def _quantile(self, call: Call, depth: int) -> Idle:
        phi = self.of(call.args[0], depth + 1)
        if phi is None or not 0 <= phi <= 1:
            raise UnknownValueError
        return None if self.of(call.args[-1], depth + 1) is None else math.nan

    def _binary(self, node: Binary, depth: int) -> Idle:
        left = self.of(node.left, depth + 1)
        if node.op in {"and", "or", "unless"}:
            return self._set(node, left, depth)
        right = self.of(node.right, depth + 1)
        if left is None or right is None:
            return None
        if node.op not in COMPARISONS:
            return computed(node.op, left, right)
        holds = _COMPARE[node.op](left, right)
        if node.return_bool:
            return float(holds)
        return left if holds else None

    def _set(self, node: Binary, left: Idle, depth: int) -> Idle:
        if node.op == "or":
            return self.of(node.right, depth + 1) if left is None else left
        if left is None:
            return None
        there = self.of(node.right, depth + 1) is not None
        return left if there is (node.op == "and") else None


def idle_value(expr: Expr, context: Context) -> Idle:
    """What the expression returns without traffic; raises ``UnknownValueError``."""
    return IdleReader(context).of(expr)


def computed(op: str, left: float, right: float) -> float:
    """IEEE arithmetic as Prometheus and Grafana do it: 0/0 is NaN, 1/0 infinite."""
    if op == "/":
        if right:
            return left / right
        return math.nan if not left or math.isnan(left) else math.copysign(math.inf, left)
    if op in _OPERATIONS:
        return _OPERATIONS[op](left, right)
    raise UnknownValueError


def _standing_still(call: Call) -> Idle:
    """The rate of a counter that nothing increments; the lab's counters exist from the start."""
    arg = call.args[0] if call.args else None
    if isinstance(arg, Selector) and (arg.name or "").startswith(_COUNTERS):
        return 0.0
    raise UnknownValueError


def _clamped(function: str, values: list[Idle]) -> Idle:
    value, *bounds = values
    if value is None or None in bounds or math.isnan(value):
        return value
    known = [bound for bound in bounds if bound is not None]
    low = known[0] if function != "clamp_max" else -math.inf
    high = known[-1] if function != "clamp_min" else math.inf
    return min(max(value, low), high)
