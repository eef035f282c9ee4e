"""From an alert's expression to the condition under which it has a result."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from portal.promql.context import Context, RecordingRule
from portal.promql.evaluate import evaluate
from portal.promql.findings import Code
from portal.promql.matching import never_meet
from portal.promql.nodes import (
    COMPARISONS,
    FLIPPED,
    Aggregation,
    Binary,
    Call,
    Expr,
    MatchOp,
    Negation,
    Number,
    Selector,
    Subquery,
    Text,
    selectors,
    walk,
)
from portal.promql.parser import ParseError, parse
from portal.promql.values import Opaque, Quantity, Value
from portal.tie.codes import TieCode
from portal.tie.comparisons import (
    compared,
    compared_flows,
    compared_numbers,
    holds,
    of_truth,
    present,
)
from portal.tie.conditions import (
    WHOLE_SERVICE,
    Always,
    Condition,
    ErrorRatio,
    Never,
    Tail,
    Unclear,
    both,
    covers,
    either,
    folded,
)
from portal.tie.parts import RULE_STEP, Parts, folds

MAX_DEPTH = 60
MAX_RULES = 10
_ABSENT = frozenset({"absent", "absent_over_time"})
_APART = "the two sides carry different labels, so Prometheus never finds a pair"


@dataclass
class Conditions:
    """Reads expressions in one context; recording rules are followed, cycles survived."""

    context: Context
    path: tuple[str, ...] = ()
    known: dict[Selector, Condition] = field(default_factory=dict)
    _parts: Parts = field(init=False)

    def __post_init__(self) -> None:
        """Parts are told by the same rules."""
        self._parts = Parts(self.context, self.rules, tree_of)

    def of(self, expr: Expr, depth: int = 0) -> Condition:
        """The condition under which the expression has a result."""
        if depth > MAX_DEPTH:
            return Unclear(TieCode.UNPARSED, "it is nested too deeply to be read")
        match expr:
            case Binary(op=op) if op in COMPARISONS:
                return self._comparison(expr, depth)
            case Binary(op="and"):
                return self._and(expr, depth)
            case Binary(op="or"):
                return either(self.of(expr.left, depth + 1), self.of(expr.right, depth + 1))
            case Binary(op="unless"):
                return self._unless(expr, depth)
            case Binary():
                return self._arithmetic(expr, depth)
            case Aggregation():
                return self.of(expr.expr, depth + 1)
            case Call() if expr.function in _ABSENT:
                return present(expr, self.context)
            case Call() | Subquery() | Negation():
                return self._inside(expr, depth)
            case Selector():
                return self._selector(expr, depth)
            case Number() | Text():
                return Always("it is a constant", needs=frozenset())

    def rules(self, selector: Selector) -> list[RecordingRule]:
        """The recording rules that a selector can mean."""
        given = {m.label: m.value for m in selector.matchers if m.op is MatchOp.EQUAL}
        return [
            rule
            for rule in self.context.rules.get(selector.name or "", ())
            if all(given.get(label, value) == value for label, value in rule.labels.items())
        ]

    def candidates(self, expr: Expr, depth: int = 0) -> int:
        """How many recording rules a name in the expression can mean at most."""
        most = 1
        for selector in selectors(expr) if depth <= MAX_DEPTH else ():
            rules = self.rules(selector)
            first = tree_of(rules[0].expr) if rules else None
            inner = 1 if first is None else self.candidates(first, depth + RULE_STEP)
            most = max(most, len(rules), inner)
        return most

    def _inside(self, expr: Call | Subquery | Negation, depth: int) -> Condition:
        inner: Expr
        if isinstance(expr, Call):
            series = [arg for arg in expr.args if not isinstance(arg, Number | Text)]
            if not series:
                return present(expr, self.context)
            inner = series[-1] if expr.function.endswith("_over_time") else series[0]
            if expr.function == "vector":
                return Always("vector() always has a value", needs=frozenset())
        else:
            inner = expr.expr
        condition = folded(self.of(inner, depth + 1), folds(expr))
        if not isinstance(condition, Always) or isinstance(expr, Subquery):
            return condition
        return present(expr, self.context)

    def _selector(self, selector: Selector, depth: int) -> Condition:
        """A recorded series exists while its rule has a result; each is followed once."""
        selector = replace(selector, range_s=None)
        if selector not in self.known:
            self.known[selector] = self._followed(selector, depth)
        return self.known[selector]

    def _followed(self, selector: Selector, depth: int) -> Condition:
        rules = self.rules(selector)
        if not rules or rules[0].name in self.path or len(self.path) > MAX_RULES:
            return present(selector, self.context)
        tree = tree_of(rules[0].expr)
        if tree is None:
            return present(selector, self.context)
        path = (*self.path, rules[0].name)
        inner = Conditions(self.context, path, self.known).of(tree, depth + 1)
        return present(selector, self.context) if isinstance(inner, Always) else inner

    # Sets

    def _and(self, node: Binary, depth: int) -> Condition:
        left, right = self.of(node.left, depth + 1), self.of(node.right, depth + 1)
        if self._apart(node):
            return Never(f"in its `and` {_APART}")
        return both(left, right)

    def _unless(self, node: Binary, depth: int) -> Condition:
        """Judged by its left side, unless the right side holds whenever the left one does."""
        left, right = self.of(node.left, depth + 1), self.of(node.right, depth + 1)
        if self._apart(node):
            return left
        if node.left == node.right:
            return Never("both sides of `unless` are the same")
        if self._paired(node) and not _has_unless(node.right) and covers(right, left):
            return Never("what stands behind `unless` holds whenever the rest does")
        return left

    def _apart(self, node: Binary) -> bool:
        """Whether no series of one side has a partner on the other."""
        value = evaluate(node, self.context)
        if isinstance(value, Opaque) and value.code is Code.LABELS_NEVER_MATCH:
            return True
        ours, theirs = self._recorded_labels(node.left), self._recorded_labels(node.right)
        names = ours.keys() & theirs.keys() - set(node.matching.ignoring or ())
        if node.matching.on is not None:
            names &= set(node.matching.on)
        return any(ours[name] != theirs[name] for name in names)

    def _recorded_labels(self, expr: Expr) -> Mapping[str, str]:
        """The labels that recording rules set on the series of an expression."""
        match expr:
            case Selector():
                rules = self.rules(expr)
                return rules[0].labels if len(rules) == 1 else {}
            case Aggregation(by=by, without=without):
                inside = self._recorded_labels(expr.expr)
                kept = set(inside) - set(without) if without is not None else set(by or ())
                return {name: value for name, value in inside.items() if name in kept}
            case Binary(op=op) if op in {*COMPARISONS, "and", "unless"}:
                return self._recorded_labels(expr.left)
        return {}

    def _paired(self, node: Binary) -> bool:
        """Whether each series of the left side has a partner, as long as both sides are there."""
        left, right = (evaluate(side, self.context) for side in (node.left, node.right))
        return (
            _has_known_labels(left)
            and _has_known_labels(right)
            and not never_meet(left.labels, right.labels, node.matching)
        )

    # Comparisons

    def _comparison(self, node: Binary, depth: int) -> Condition:
        if node.return_bool:
            return self._turned_into_bool(node, depth)
        number = self._number(node.right)
        if number is not None:
            return self._against(node.left, node.op, number, depth)
        number = self._number(node.left)
        if number is not None:
            return self._against(node.right, FLIPPED[node.op], number, depth)
        return both(
            self.of(node.left, depth + 1),
            self.of(node.right, depth + 1),
            self._two_sided(node),
        )

    def _turned_into_bool(self, node: Binary, depth: int) -> Condition:
        """0 or 1, and either counts, as long as both sides have a value."""
        inside = both(self.of(node.left, depth + 1), self.of(node.right, depth + 1))
        if not isinstance(inside, Always | Unclear):
            return inside
        needs = inside.needs if isinstance(inside, Always) else None
        why = "`bool` turns the comparison into 0 or 1, and either counts as a result"
        return Always(why, needs=needs)

    def _against(self, expr: Expr, op: str, number: float, depth: int) -> Condition:
        """``expr op number``: the filters inside of it, and the comparison itself."""
        shifted = self._shifted(expr, op, number)
        if shifted is not None:
            return self._against(*shifted, depth + 1)
        truth = self._truth(expr, depth)
        if truth is not None:
            return of_truth(truth, op, number)
        counted = _counted(expr, op, number)
        if counted is not None:
            return self.of(counted, depth + 1)
        inside = self.of(expr, depth + 1)
        fixed = self._number(expr)
        if fixed is not None:
            return both(inside, compared_numbers(fixed, op, number))
        clamped = self._clamped(expr, op, number)
        if clamped is not None:
            return both(inside, clamped)
        found = compared(expr, self.context, op, number, self._parts.of(expr))
        return found if _is_implied(inside, found) else both(inside, found)

    def _shifted(self, expr: Expr, op: str, number: float) -> tuple[Expr, str, float] | None:
        """``x - 0.3 > 0`` as ``x > 0.3``; None when nothing is added."""
        if not isinstance(expr, Binary) or expr.op not in {"+", "-"}:
            return None
        left, right = self._number(expr.left), self._number(expr.right)
        if right is not None and left is None:
            return expr.left, op, number - right if expr.op == "+" else number + right
        if left is None or right is not None:
            return None
        if expr.op == "+":
            return expr.right, op, number - left
        return expr.right, FLIPPED[op], left - number

    def _clamped(self, expr: Expr, op: str, number: float) -> Condition | None:
        """A value that is held within bounds may meet a limit always or never."""
        if not isinstance(expr, Call) or expr.function not in {"clamp", "clamp_min", "clamp_max"}:
            return None
        bounds = [self._number(bound) for bound in expr.args[1:]]
        known = [bound for bound in bounds if bound is not None]
        if not known or len(known) < len(bounds):
            return None
        low = known[0] if expr.function != "clamp_max" else -math.inf
        high = known[-1] if expr.function != "clamp_min" else math.inf
        met = {holds(bound, op, number) for bound in (low, high)}
        if op in {"==", "!="} or len(met) > 1:
            return None
        if met == {True}:
            return Always(f"{expr.function} holds it where the limit is met all the time")
        return Never(f"{expr.function} keeps it away from the limit")

    def _two_sided(self, node: Binary) -> Condition:
        """``bad > 0.01 * total`` says the same as ``bad / total > 0.01``."""
        for over, under, op in (
            (node.left, node.right, node.op),
            (node.right, node.left, FLIPPED[node.op]),
        ):
            found = compared_flows(over, under, node.matching, self.context, op)
            if isinstance(found, Never) and op in {"==", ">=", "<="}:
                continue  # without traffic both sides are 0, and equal
            if found is not None:
                return found
        return Unclear(
            TieCode.NOT_AN_SLI, "it compares two values that both change, not an SLI with a limit"
        )

    def _number(self, expr: Expr) -> float | None:
        """The number that an expression is whatever happens."""
        if isinstance(expr, Number):
            return expr.value
        value = evaluate(expr, self.context)
        number = value.constant if isinstance(value, Quantity) else None
        known = number is not None and not math.isnan(number) and self._is_fixed(expr)
        return number if known else None

    def _is_fixed(self, expr: Expr, depth: int = 0) -> bool:
        """Whether no series takes part in it, but for recorded constants."""
        if depth > MAX_DEPTH:
            return False
        for selector in selectors(expr):
            trees = [tree_of(rule.expr) for rule in self.rules(selector)]
            if not trees or not all(t and self._is_fixed(t, depth + RULE_STEP) for t in trees):
                return False
        return True

    def _arithmetic(self, node: Binary, depth: int) -> Condition:
        inside = both(self.of(node.left, depth + 1), self.of(node.right, depth + 1))
        return present(node, self.context) if isinstance(inside, Always) else inside

    # Comparisons that were turned into 0 and 1

    def _truth(self, expr: Expr, depth: int) -> list[Condition] | None:
        """The conditions that an expression adds up as 0 or 1 each; None when it doesn't."""
        match expr:
            case Binary(op=op) if op in COMPARISONS and expr.return_bool:
                plain = self._comparison(replace(expr, return_bool=False), depth + 1)
                return [plain]
            case Binary(op="*" | "+"):
                left, right = self._truth(expr.left, depth + 1), self._truth(expr.right, depth + 1)
                if left is None or right is None:
                    return None
                return left + right if expr.op == "+" else [both(*left, *right)]
            case Aggregation(op="max" | "min"):
                return self._truth(expr.expr, depth + 1)
            case Aggregation(op="sum" | "avg") if self._is_alone(expr.expr):
                return self._truth(expr.expr, depth + 1)
            case Subquery():
                return _folded(self._truth(expr.expr, depth + 1), expr)
            case Call(function="max_over_time" | "min_over_time" | "last_over_time"):
                return _folded(self._truth(expr.args[0], depth + 1), expr)
            case Selector():
                rules = self.rules(expr)
                tree = tree_of(rules[0].expr) if rules and depth < MAX_DEPTH else None
                return None if tree is None else self._truth(tree, depth + RULE_STEP)
        return None

    def _is_alone(self, expr: Expr) -> bool:
        """Whether it is one series of the service, so that a sum of it is the same number."""
        return evaluate(expr, self.context).labels <= WHOLE_SERVICE


def _has_known_labels(value: Value) -> bool:
    return not isinstance(value, Opaque) or value.code is Code.CONDITION


def _is_implied(inside: Condition, found: Condition) -> bool:
    """Whether the parts of a compared value are there whenever the comparison holds."""
    if isinstance(found, ErrorRatio | Tail) and isinstance(inside, Always):
        return inside.needs is not None and inside.needs <= found.source.events
    return isinstance(inside, Unclear)


def _folded(arms: list[Condition] | None, expr: Expr) -> list[Condition] | None:
    return arms and [folded(arm, folds(expr)) for arm in arms]


def tree_of(expr: str) -> Expr | None:
    """The syntax tree, or None when the parser can't read it."""
    try:
        return parse(expr)
    except ParseError:
        return None


def _has_unless(expr: Expr) -> bool:
    """Whether an `unless` may take away what the rest of the expression promises."""
    return any(isinstance(node, Binary) and node.op == "unless" for node in walk(expr))


def _counted(expr: Expr, op: str, number: float) -> Expr | None:
    """``count(ratio > 0.1) > 0`` holds as soon as there is anything to count."""
    if not (isinstance(expr, Aggregation) and expr.op in {"count", "group"}):
        return None
    enough = all(holds(count, op, number) for count in (1, 2, 1000))
    return expr.expr if enough and not holds(0, op, number) else None
