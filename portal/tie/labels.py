"""Which labels the series of an expression carry, as far as it can be told without a server.

Two sides of ``and`` that can't carry the same labels never meet. Source: Prometheus'
documentation, "Operators", "Vector matching".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from portal.promql.context import RecordingRule
from portal.promql.nodes import (
    Aggregation,
    Binary,
    Call,
    Expr,
    Matching,
    MatchOp,
    Negation,
    Number,
    Selector,
    Subquery,
    Text,
)

SURE = frozenset({"job", "instance", "method", "path", "le"})
"""Labels that a series of the lab carries with a value whenever it carries them at all."""
MAX_DEPTH = 40
RULE_STEP = 8
"""How much deeper a recording rule counts: rules that name each other twice grow fast."""
_NO_LABELS = frozenset({"vector", "scalar", "time"})
_NUMBERS = frozenset({"scalar", "time", "pi"})
_RELABELLING = frozenset({"label_replace", "label_join", "absent", "absent_over_time"})
Rules = Callable[[Selector], list[RecordingRule]]
Parse = Callable[[str], Expr | None]


@dataclass(frozen=True)
class LabelSet:
    """Known labels with their value (None: some value); ``open``: there may be more."""

    known: Mapping[str, str | None] = field(default_factory=dict)
    open: bool = False

    def only(self, names: tuple[str, ...]) -> LabelSet:
        """What ``by (names)`` leaves."""
        kept = {n: self.known.get(n) for n in names if n in self.known or self.open}
        return LabelSet(kept)

    def without(self, names: tuple[str, ...]) -> LabelSet:
        """What ``without (names)`` leaves."""
        return LabelSet({n: v for n, v in self.known.items() if n not in names}, self.open)

    def lacks(self, name: str) -> bool:
        """Whether no series can carry the label."""
        return not self.open and name not in self.known


ANY = LabelSet(open=True)


def _of_target(metric: str) -> dict[str, str | None]:
    """The labels that every scraped series gets from its target; a recorded one may lack them."""
    scraped = ":" not in metric and not metric.startswith("ALERTS")
    return dict.fromkeys(("job", "instance")) if scraped else {}


def never_meet(left: LabelSet, right: LabelSet, matching: Matching) -> bool:
    """Whether no series of one side can have a partner on the other."""
    names = set(left.known) | set(right.known)
    if matching.on is not None:
        names &= set(matching.on)
    names -= set(matching.ignoring or ())
    return any(_conflict(left, right, name) for name in names)


def surely_meet(left: LabelSet, right: LabelSet, matching: Matching) -> bool:
    """Whether each series of one side has a partner, as long as the other side has them all."""
    names = set(left.known) | set(right.known)
    if matching.on is not None:
        names = set(matching.on)
    elif left.open or right.open:
        return False
    names -= set(matching.ignoring or ())
    return all(_alike(left, right, name) for name in names)


def _alike(left: LabelSet, right: LabelSet, name: str) -> bool:
    if name in left.known and name in right.known:
        return left.known[name] == right.known[name]
    return left.lacks(name) and right.lacks(name)


def _conflict(left: LabelSet, right: LabelSet, name: str) -> bool:
    ours, theirs = left.known.get(name), right.known.get(name)
    if left.lacks(name) or right.lacks(name):
        return bool(ours or theirs) or name in SURE
    return ours is not None and theirs is not None and ours != theirs


@dataclass(frozen=True)
class Labeller:
    """Tells the labels of an expression; ``rules`` finds what a recorded series is made of."""

    rules: Rules
    parse: Parse

    def of(self, expr: Expr, depth: int = 0) -> LabelSet:
        """The labels of an expression's series."""
        if depth > MAX_DEPTH:
            return ANY
        match expr:
            case Number() | Text():
                return LabelSet()
            case Selector():
                return self._selector(expr, depth)
            case Subquery() | Negation():
                return self.of(expr.expr, depth + 1)
            case Call():
                return self._call(expr, depth)
            case Aggregation():
                return self._aggregation(expr, depth)
            case Binary():
                return self._binary(expr, depth)

    def _selector(self, selector: Selector, depth: int) -> LabelSet:
        given = {
            m.label: m.value
            for m in selector.matchers
            if m.op is MatchOp.EQUAL and m.label != "__name__"
        }
        rules = self.rules(selector)
        if not rules:
            return LabelSet({**_of_target(selector.name or ":"), **given}, open=True)
        if len(rules) > 1 or (tree := self.parse(rules[0].expr)) is None:
            return ANY
        inner = self.of(tree, depth + RULE_STEP)
        return LabelSet({**inner.known, **given, **rules[0].labels}, inner.open)

    def _call(self, call: Call, depth: int) -> LabelSet:
        if call.function in _NO_LABELS:
            return LabelSet()
        if call.function in _RELABELLING or not call.args:
            return ANY
        series = [arg for arg in call.args if not isinstance(arg, Number | Text)]
        labels = self.of(series[0], depth + 1) if series else LabelSet()
        return labels.without(("le",)) if call.function == "histogram_quantile" else labels

    def _aggregation(self, node: Aggregation, depth: int) -> LabelSet:
        inner = self.of(node.expr, depth + 1)
        if node.op in {"topk", "bottomk"}:
            return inner
        if node.op == "count_values":
            return ANY
        if node.without is not None:
            return inner.without(node.without)
        return inner.only(node.by or ())

    def _binary(self, node: Binary, depth: int) -> LabelSet:
        left, right = self.of(node.left, depth + 1), self.of(node.right, depth + 1)
        if node.op in {"and", "unless"}:
            return left
        if node.matching.include:
            return ANY
        if node.op == "or":
            return left if left == right else ANY
        if is_number(node.left):
            return right
        if is_number(node.right) or node.matching.many == "left":
            return left
        if node.matching.many == "right":
            return right
        if node.matching.on is not None:
            return left.only(node.matching.on)
        return left.without(node.matching.ignoring or ())


def is_number(expr: Expr) -> bool:
    """Whether it is a number and no series: it has no labels that could match or not."""
    match expr:
        case Number():
            return True
        case Call(function=function):
            return function in _NUMBERS
        case Negation():
            return is_number(expr.expr)
        case Binary():
            return is_number(expr.left) and is_number(expr.right)
    return False
